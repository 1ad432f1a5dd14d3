"""COCO's average precision of masks, from plain lists.

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


def precision_by_label(
    truth: Sequence[TrueObject], found: Sequence[FoundObject], pictures: int
) -> dict[str, Precision]:
    """Return the average precision of every label that is in the truth.

    Args:
        truth: All objects there are.
        found: All objects a model names; labels that are not in the truth are left out.
        pictures: How many pictures there are, numbered from 0.
    """
    labels = sorted({item.label for item in truth})
    if not labels:
        return {}
    numbers = {label: number for number, label in enumerate(labels, start=1)}
    with contextlib.redirect_stdout(io.StringIO()):
        scores = COCOeval(
            _dataset(truth, numbers, pictures),
            _dataset([item for item in found if item.label in numbers], numbers, pictures),
            "segm",
        )
        scores.evaluate()
        scores.accumulate()
    # Axes: overlap threshold, recall, label, size range (0 all), detections a picture (-1 most).
    table = scores.eval["precision"][:, :, :, 0, -1]
    return {
        label: Precision(_mean(table[:, :, number - 1]), _mean(table[0, :, number - 1]))
        for label, number in numbers.items()
    }


def precision_without_labels(
    truth: Sequence[TrueObject], found: Sequence[FoundObject], pictures: int
) -> Precision:
    """Return the average precision when only the masks count; 0 if there is no object.

    Args:
        truth: All objects there are.
        found: All objects a model names.
        pictures: How many pictures there are, numbered from 0.
    """
    name = "object"
    same_truth = [TrueObject(item.picture, name, item.rle) for item in truth]
    same_found = [FoundObject(item.picture, name, item.rle, item.score) for item in found]
    return precision_by_label(same_truth, same_found, pictures).get(name, Precision(0.0, 0.0))


def mean_precision(by_label: dict[str, Precision]) -> Precision:
    """Return the mean over labels; 0 if there are none."""
    if not by_label:
        return Precision(0.0, 0.0)
    return Precision(
        float(np.mean([p.ap for p in by_label.values()])),
        float(np.mean([p.ap50 for p in by_label.values()])),
    )


def _mean(precision: Any) -> float:
    """Return the mean of what was measured; pycocotools marks the rest by -1."""
    measured = precision[precision > -1]
    return float(measured.mean()) if measured.size else 0.0


def _dataset(
    objects: Sequence[TrueObject | FoundObject],
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
            "area": float(coco_mask.area(item.rle)),
            "bbox": coco_mask.toBbox(item.rle).tolist(),
            "iscrowd": 0,
            "score": item.score if isinstance(item, FoundObject) else 1.0,
        }
        for number, item in enumerate(objects, start=1)
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
