"""The figures of an evaluation."""

from dataclasses import asdict, dataclass
from typing import Any

from components.modeling.groups import GroupFigures
from components.modeling.reliability import Reliability

NOTHING = "(nothing)"
"""Row of the confusion matrix for detections where no object is, column for missed objects."""


@dataclass(frozen=True, slots=True)
class LabelFigures:
    """Figures of one drawing.

    Attributes:
        ap: Average precision of its masks, 0..1.
        ap50: At overlap .50.
        iou: Overlap of all its pixels in all pictures, 0..1.
        objects: How many there are.
    """

    ap: float
    ap50: float
    iou: float
    objects: int


@dataclass(frozen=True, slots=True)
class Confusion:
    """Which label was taken for which, at the model's own score threshold.

    Attributes:
        labels: Of rows and columns; the last two are `unknown` and nothing.
        counts: Row: the truth, column: the model's answer.
    """

    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class PictureFigures:
    """How well one picture was answered, at the model's own score threshold.

    Attributes:
        number: Of the picture in the COCO file, from 0.
        file: Its name.
        quality: Sum of the overlaps of rightly named objects over their number and half of the
            missed and invented ones (panoptic quality), 0..1; 1 for an empty picture left empty.
        objects: How many there are.
        missed: Objects that nothing overlaps by half.
        misnamed: Objects found under another label or as unknown.
        invented: Detections that overlap no object by half.
    """

    number: int
    file: str
    quality: float
    objects: int
    missed: int
    misnamed: int
    invented: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All figures of one evaluation.

    Attributes:
        pictures: How many.
        objects: How many.
        map: Mean over the labels of COCO mask AP.
        map50: The same at overlap .50.
        agnostic_map: COCO mask AP when labels do not count.
        agnostic_map50: The same at overlap .50.
        miou: Mean of the overlaps of part and of background pixels.
        part_iou: Overlap of part pixels.
        per_class: Figures of each label in the truth.
        by_size: Figures by the size of the objects.
        by_visibility: By how much of them shows; empty if the truth does not say.
        by_contrast: By how much they stand out.
        confusion: Which label was taken for which.
        reliability: What the scores mean. A detection is right if label and place are.
        worst: The pictures of the lowest quality, worst first.
        timing_ms: Median wall time of each step per picture.
        not_known: Labels of the truth that the model does not know; they count as missed.
    """

    pictures: int
    objects: int
    map: float
    map50: float
    agnostic_map: float
    agnostic_map50: float
    miou: float
    part_iou: float
    per_class: dict[str, LabelFigures]
    by_size: tuple[GroupFigures, ...]
    by_visibility: tuple[GroupFigures, ...]
    by_contrast: tuple[GroupFigures, ...]
    confusion: Confusion
    reliability: Reliability
    worst: tuple[PictureFigures, ...]
    timing_ms: dict[str, float]
    not_known: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the figures as plain JSON values."""
        return asdict(self)
