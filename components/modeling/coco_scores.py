"""COCO's average precision of masks, from plain lists, of all objects or of some kinds of them.

*AP* is the mean over the overlap thresholds .50, .55, ... .95 of the area under the
precision-recall curve; *AP50* takes the first threshold alone.
"""

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from components.domain import Rle

LOWEST_SCORE = 0.05
"""Detections below it cannot change average precision in a way that matters, but cost time."""

NOT_MEASURED = -1
"""pycocotools' mark where there is no object to find."""

ANYTHING = "object"
"""Label of everything when labels do not count."""


@dataclass(frozen=True, slots=True, eq=False)
class TrueObject:
    """An object that is in a picture.

    Attributes:
        picture: Number of the picture.
        label: Its name.
        rle: Its visible pixels.
    """

    picture: int
    label: str
    rle: Rle


@dataclass(frozen=True, slots=True, eq=False)
class FoundObject:
    """An object that a model says is in a picture; see `TrueObject`.

    Attributes:
        picture: Number of the picture.
        label: Its name.
        rle: Its pixels.
        score: Confidence 0..1.
    """

    picture: int
    label: str
    rle: Rle
    score: float


@dataclass(frozen=True, slots=True)
class Precision:
    """Average precision.

    Attributes:
        ap: Mean over the thresholds.
        ap50: At overlap .50.
    """

    ap: float
    ap50: float


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """What decides which objects count: a number for each.

    Attributes:
        truth: Of the objects there are.
        found: Of the objects a model names: a false alarm outside the range does not count against
            it. NaN lies in every range.
    """

    truth: Sequence[float]
    found: Sequence[float]


Range = tuple[float, float]
"""From the first up to, but without, the second."""

EVERYTHING: Range = (0.0, 1e12)


def precision_by_label(
    truth: Sequence[TrueObject], found: Sequence[FoundObject], pictures: int
) -> dict[str, Precision]:
    """Return the average precision of every label that is in the truth.

    Args:
        truth: All objects there are.
        found: All objects a model names; labels that are not in the truth are left out.
        pictures: How many pictures there are, numbered from 0.
    """
    alike = Measured(np.zeros(len(truth)).tolist(), np.zeros(len(found)).tolist())
    return precision_by_range(truth, found, pictures, alike, [EVERYTHING])[0]


def precision_by_range(
    truth: Sequence[TrueObject],
    found: Sequence[FoundObject],
    pictures: int,
    measured: Measured,
    ranges: Sequence[Range],
) -> list[dict[str, Precision]]:
    """Return for each range the average precision of every label that has an object in it.

    As COCO does it for sizes: an object outside the range, and what finds it, count neither way.

    Args:
        truth: All objects there are.
        found: All objects a model names; labels that are not in the truth are left out.
        pictures: How many pictures there are, numbered from 0.
        measured: A number of each object.
        ranges: Of these numbers.
    """
    labels = sorted({item.label for item in truth})
    if not labels:
        return [{} for _ in ranges]
    numbers = {label: number for number, label in enumerate(labels, start=1)}
    known = [
        (item, value)
        for item, value in zip(found, measured.found, strict=True)
        if item.label in numbers
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        scores = COCOeval(
            _dataset(truth, measured.truth, numbers, pictures),
            _dataset([item for item, _ in known], [value for _, value in known], numbers, pictures),
            "segm",
        )
        scores.params.areaRng = [[low, np.nextafter(high, low)] for low, high in ranges]
        scores.params.areaRngLbl = [str(number) for number in range(len(ranges))]
        scores.evaluate()
        scores.accumulate()
    # Axes: overlap threshold, recall, label, range, detections a picture (-1 most).
    table = scores.eval["precision"][..., -1]
    return [
        {
            label: Precision(_mean(cut[:, :, number - 1]), _mean(cut[0, :, number - 1]))
            for label, number in numbers.items()
            if (cut[:, :, number - 1] > NOT_MEASURED).any()
        }
        for cut in np.moveaxis(table, 3, 0)
    ]


def without_labels(
    truth: Sequence[TrueObject], found: Sequence[FoundObject]
) -> tuple[list[TrueObject], list[FoundObject]]:
    """Return the same objects, all with one label: only the masks count."""
    return (
        [TrueObject(item.picture, ANYTHING, item.rle) for item in truth],
        [FoundObject(item.picture, ANYTHING, item.rle, item.score) for item in found],
    )


def precision_without_labels(
    truth: Sequence[TrueObject], found: Sequence[FoundObject], pictures: int
) -> Precision:
    """Return the average precision when only the masks count; 0 if there is no object.

    Args:
        truth: All objects there are.
        found: All objects a model names.
        pictures: How many pictures there are, numbered from 0.
    """
    same = precision_by_label(*without_labels(truth, found), pictures)
    return same.get(ANYTHING, Precision(0.0, 0.0))


def mean_precision(by_label: dict[str, Precision]) -> Precision:
    """Return the mean over labels; 0 if there are none."""
    if not by_label:
        return Precision(0.0, 0.0)
    return Precision(
        float(np.mean([p.ap for p in by_label.values()])),
        float(np.mean([p.ap50 for p in by_label.values()])),
    )


def _mean(precision: Any) -> float:
    """Return the mean of what was measured."""
    measured = precision[precision > NOT_MEASURED]
    return float(measured.mean()) if measured.size else 0.0


def _dataset(
    objects: Sequence[TrueObject | FoundObject],
    values: Sequence[float],
    numbers: dict[str, int],
    pictures: int,
) -> COCO:
    dataset = COCO()
    annotations = [
        {
            "id": number,
            "image_id": item.picture,
            "category_id": numbers[item.label],
            "segmentation": item.rle,
            # What pycocotools takes for the area is what it looks for in the ranges.
            "area": value,
            "bbox": coco_mask.toBbox(item.rle).tolist(),
            "iscrowd": 0,
            "score": item.score if isinstance(item, FoundObject) else 1.0,
        }
        for number, (item, value) in enumerate(zip(objects, values, strict=True), start=1)
    ]
    sizes = {item.picture: item.rle["size"] for item in objects}
    dataset.dataset = {
        "images": [
            dict(zip(("height", "width"), sizes.get(number, (0, 0)), strict=True), id=number)
            for number in range(pictures)
        ],
        "categories": [{"id": number, "name": label} for label, number in numbers.items()],
        "annotations": annotations,
    }
    dataset.createIndex()
    return dataset
