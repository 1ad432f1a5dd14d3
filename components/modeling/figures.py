"""The figures of an evaluation, and how they are added up picture by picture."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.domain import UNKNOWN_LABEL, Detection
from components.geometry.masks import mask_from_rle, mask_iou, rle_from_mask
from components.modeling.coco_scores import (
    FoundObject,
    TrueObject,
    mean_precision,
    precision_by_label,
    precision_without_labels,
)
from components.modeling.coco_truth import CocoPicture

NOTHING = "(nothing)"
"""Row of the confusion matrix for detections where no object is, column for missed objects."""

MATCH_IOU = 0.5
"""A detection with less overlap is not about that object."""


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
        confusion: Which label was taken for which.
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
    confusion: Confusion
    timing_ms: dict[str, float]
    not_known: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the figures as plain JSON values."""
        return asdict(self)


class Tally:
    """Adds up pictures.

    Args:
        true_labels: In the truth.
        known_labels: The model's.
        score_threshold: Of the confusion matrix and the pixel overlaps.
    """

    def __init__(
        self, true_labels: set[str], known_labels: Sequence[str], score_threshold: float
    ) -> None:
        """Start with nothing."""
        self._threshold = score_threshold
        self._true_labels, self._known = true_labels, set(known_labels)
        names = sorted(true_labels | set(known_labels) - {UNKNOWN_LABEL})
        self._names = (*names, UNKNOWN_LABEL, NOTHING)
        self._place = {name: number for number, name in enumerate(self._names)}
        self._counts = np.zeros((len(self._names), len(self._names)), np.int64)
        self._pixels = np.zeros((len(self._names), len(self._names)), np.int64)
        self._truth: list[TrueObject] = []
        self._found: list[FoundObject] = []
        self._timings: list[dict[str, float]] = []
        self._pictures = 0

    def add(
        self,
        picture: CocoPicture,
        detections: Sequence[Detection],
        timing_ms: dict[str, float],
    ) -> None:
        """Add one picture and the model's answer."""
        number = self._pictures
        self._pictures += 1
        self._timings.append(timing_ms)
        self._truth += [TrueObject(number, item.label, item.rle) for item in picture.objects]
        self._found += [
            FoundObject(number, d.label, rle_from_mask(d.mask), d.score)
            for d in detections
            if d.label != UNKNOWN_LABEL
        ]
        sure = [d for d in detections if d.score >= self._threshold]
        truth = [(item.label, mask_from_rle(item.rle)) for item in picture.objects]
        self._match(truth, sure)
        self._count_pixels(truth, sure, (picture.height_px, picture.width_px))

    def _match(
        self, truth: Sequence[tuple[str, NDArray[np.bool_]]], detections: Sequence[Detection]
    ) -> None:
        """Pair each detection, best first, with the free object it overlaps most."""
        free = dict(enumerate(truth))
        for detection in detections:
            overlaps = {key: mask_iou(mask, detection.mask) for key, (_, mask) in free.items()}
            best = max(overlaps, key=overlaps.__getitem__, default=None)
            row = NOTHING
            if best is not None and overlaps[best] >= MATCH_IOU:
                row = free.pop(best)[0]
            self._counts[self._place[row], self._place[detection.label]] += 1
        for label, _ in free.values():
            self._counts[self._place[label], self._place[NOTHING]] += 1

    def _count_pixels(
        self,
        truth: Sequence[tuple[str, NDArray[np.bool_]]],
        detections: Sequence[Detection],
        hw: tuple[int, int],
    ) -> None:
        nothing = self._place[NOTHING]
        true_map, found_map = np.full(hw, nothing), np.full(hw, nothing)
        for label, mask in truth:
            true_map[mask] = self._place[label]
        for detection in reversed(detections):
            if detection.label != UNKNOWN_LABEL:
                found_map[detection.mask] = self._place[detection.label]
        pairs = true_map * len(self._names) + found_map
        count = np.bincount(pairs.ravel(), minlength=self._pixels.size)
        self._pixels += count.reshape(self._pixels.shape)

    def evaluation(self) -> Evaluation:
        """Return the figures of all that was added."""
        by_label = precision_by_label(self._truth, self._found, self._pictures)
        mean = mean_precision(by_label)
        agnostic = precision_without_labels(self._truth, self._found, self._pictures)
        part_iou, background_iou = self._part_iou()
        per_class = {
            label: LabelFigures(
                precision.ap,
                precision.ap50,
                self._label_iou(label),
                sum(item.label == label for item in self._truth),
            )
            for label, precision in by_label.items()
        }
        return Evaluation(
            pictures=self._pictures,
            objects=len(self._truth),
            map=mean.ap,
            map50=mean.ap50,
            agnostic_map=agnostic.ap,
            agnostic_map50=agnostic.ap50,
            miou=(part_iou + background_iou) / 2.0,
            part_iou=part_iou,
            per_class=per_class,
            confusion=Confusion(self._names, tuple(map(tuple, self._counts.tolist()))),
            timing_ms={
                step: float(np.median([t[step] for t in self._timings]))
                for step in self._timings[0]
            },
            not_known=tuple(sorted(self._true_labels - self._known)),
        )

    def _part_iou(self) -> tuple[float, float]:
        total, nothing = self._pixels.sum(), self._place[NOTHING]
        neither = self._pixels[nothing, nothing]
        missed, invented = self._pixels[:, nothing].sum(), self._pixels[nothing].sum()
        both = total - missed - invented + neither
        parts, backgrounds = total - neither, missed + invented - neither
        return _ratio(both, parts), _ratio(neither, backgrounds)

    def _label_iou(self, label: str) -> float:
        place = self._place[label]
        both = self._pixels[place, place]
        return _ratio(both, self._pixels[place].sum() + self._pixels[:, place].sum() - both)


def _ratio(part: np.int64, whole: np.int64) -> float:
    """Return part / whole, 1 where there is nothing to get wrong."""
    return float(part / whole) if whole else 1.0
