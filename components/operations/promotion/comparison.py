"""Two models on the same pictures: the answers that would be served, drawing by drawing.

*Drawings in common* have one name and, vertex for vertex, one shape in both models. Only they are
compared, so that a new drawing neither helps nor hurts whoever knows it.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from components.dataset.exports import coco_paths
from components.domain import Detection, Rle
from components.errors import ModelError
from components.files import file_sha256
from components.geometry.masks import mask_from_rle, mask_iou
from components.geometry.parts_file import part_record, read_parts
from components.home import Home
from components.inspection.inspector import Inspector
from components.inspection.opening import open_inspector
from components.modeling.bundle_files import GOLDEN_FOLDER, PARTS_NAME, TRUTH_NAME
from components.modeling.card_figures import PartFigures
from components.modeling.evaluate import evaluate_split, read_rgb
from components.modeling.registry import ModelVersion
from components.progress import Progress
from components.settings.inspection import InspectionSettings

SAME_PLACE_IOU = 0.5
"""Overlap from which a mask is about an object, as in COCO's AP50."""


@dataclass(frozen=True, slots=True)
class PartComparison:
    """One drawing that both models know.

    Attributes:
        name: Of the drawing.
        new_ap: Average precision of its masks by the new model, 0..1.
        champion_ap: By the champion.
        objects: How many there are in the test pictures.
    """

    name: str
    new_ap: float
    champion_ap: float
    objects: int


@dataclass(frozen=True, slots=True)
class Hits:
    """Objects of golden pictures that were found under their names.

    Attributes:
        found: By the one model.
        objects: How many there are.
    """

    found: int
    objects: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """A new model beside the champion.

    Attributes:
        parts: The drawings in common.
        new_golden: Of the champion's golden pictures, by the new model; None if their truth was not
            recorded.
        champion_golden: By the champion.
    """

    parts: tuple[PartComparison, ...]
    new_golden: Hits | None = field(default=None)
    champion_golden: Hits | None = field(default=None)

    @property
    def new_map(self) -> float:
        """Mean over the drawings in common, new model."""
        return sum(part.new_ap for part in self.parts) / len(self.parts)

    @property
    def champion_map(self) -> float:
        """Mean over the drawings in common, champion."""
        return sum(part.champion_ap for part in self.parts) / len(self.parts)


def compare(
    home: Home, new: ModelVersion, champion: ModelVersion, progress: Progress
) -> Comparison | None:
    """Return how a new model does beside the champion; None if they have no drawing in common.

    Both answer the test split that lies in the home folder now, with the settings of now. Figures
    that the new model's card tells of the very same truth are taken from there.

    Args:
        home: Whose test pictures and settings are used.
        new: The model that wants to become the champion.
        champion: The one that serves.
        progress: Told after each picture.

    Raises:
        DatasetError: If there are no test pictures.
        ModelError: If a bundle is damaged.
    """
    shared = drawings_in_common(new.path, champion.path)
    if not shared:
        return None
    settings = InspectionSettings.load(home.configs)
    new_inspector = open_inspector(new.path, settings)
    old_inspector = open_inspector(champion.path, settings)
    new_parts = _recorded(home, new) or _figures(home, new_inspector, progress)
    old_parts = _figures(home, old_inspector, progress)
    rows = [
        PartComparison(name, new_parts[name].ap, old_parts[name].ap, new_parts[name].objects)
        for name in shared
        # A part may be missing from a small test split.
        if name in new_parts and name in old_parts
    ]
    if not rows:
        return None
    truth = champion.path / GOLDEN_FOLDER / TRUTH_NAME
    if not truth.is_file():
        return Comparison(tuple(rows))
    new_hits, old_hits = (
        golden_hits(truth, each, shared) for each in (new_inspector, old_inspector)
    )
    return Comparison(tuple(rows), new_hits, old_hits)


def drawings_in_common(one: Path, other: Path) -> list[str]:
    """Return the names of the drawings that two bundles have in common, sorted."""
    first, second = (
        {part.name: part_record(part) for part in read_parts(bundle / PARTS_NAME)}
        for bundle in (one, other)
    )
    return sorted(name for name, record in first.items() if second.get(name) == record)


def golden_hits(truth: Path, inspector: Inspector, names: Iterable[str]) -> Hits:
    """Return how many objects of golden pictures a model finds under their names.

    Args:
        truth: File beside the pictures that says what is in them.
        inspector: The model.
        names: Drawings that count.

    Raises:
        ModelError: If the file is damaged.
    """
    try:
        content = json.loads(truth.read_bytes())
        pictures = {
            truth.with_name(name): [(each["label"], _rle(each["segmentation"])) for each in objects]
            for name, objects in content.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(
            f"{truth}: cannot be read as the truth of golden pictures ({error}); roll back or "
            "export the model again"
        ) from error
    wanted, found, objects = set(names), 0, 0
    for picture, known in pictures.items():
        answers = inspector.predict(read_rgb(picture)).detections
        named = [(label, rle) for label, rle in known if label in wanted]
        objects += len(named)
        found += sum(_is_found(label, rle, answers) for label, rle in named)
    return Hits(found, objects)


def _rle(record: dict[str, object]) -> Rle:
    height, width = record["size"] if isinstance(record["size"], list) else (0, 0)
    return Rle(size=[int(height), int(width)], counts=str(record["counts"]))


def _is_found(label: str, rle: Rle, answers: Iterable[Detection]) -> bool:
    mask = mask_from_rle(rle)
    return any(
        answer.guess[0] == label and mask_iou(answer.mask, mask) >= SAME_PLACE_IOU
        for answer in answers
    )


def _recorded(home: Home, version: ModelVersion) -> dict[str, PartFigures] | None:
    """Return the card's figures if they are of today's test split."""
    test = version.card.test
    coco = coco_paths(home, "test")[0]
    if test is None or not coco.is_file() or test.coco_sha256 != file_sha256(coco):
        return None
    return test.parts


def _figures(home: Home, inspector: Inspector, progress: Progress) -> dict[str, PartFigures]:
    evaluation = evaluate_split(home, inspector, "test", progress)
    return {
        name: PartFigures(ap=each.ap, ap50=each.ap50, objects=each.objects)
        for name, each in evaluation.per_class.items()
    }
