"""Compares what a COCO or YOLO file says of a picture with the manifest's objects.

The files need not number their records as the manifest does: records and objects are paired so
that the IoUs add up to the most. A record with a wrong outline so still meets its object, and
is not counted as one missing and one too many.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask
from scipy.optimize import linear_sum_assignment

from components.domain import OTHER_LABEL, Rle, Sample
from components.geometry.masks import mask_from_rle


@dataclass(frozen=True, slots=True)
class Record:
    """One object as a COCO or YOLO file describes it.

    Attributes:
        label: Name of its class.
        mask: Its outline as pixels, of the picture's size.
        xyxy_px: Its box by pixel edges; None where the format has none.
    """

    label: str
    mask: Rle
    xyxy_px: tuple[float, float, float, float] | None


@dataclass(frozen=True, slots=True)
class Export:
    """What a COCO or YOLO file says of one picture.

    Attributes:
        lists_image: Whether the file has the picture, with the right size.
        records: Its objects.
    """

    lists_image: bool
    records: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class Pairing:
    """Which record describes which object.

    Attributes:
        records: One for each object; None if it has no record.
        ious: One for each object; 0 if it has no record, None if the format does not list it.
        extra: Number of records that describe no object.
    """

    records: tuple[Record | None, ...]
    ious: tuple[float | None, ...]
    extra: int


def pair(objects: Sequence[Rle], records: Sequence[Record]) -> Pairing:
    """Pair each object of a picture with the record that describes it.

    Args:
        objects: The manifest's masks.
        records: Of the same picture, in any order; masks of the same size.

    Examples:
        >>> from components.geometry.masks import rle_from_mask
        >>> left, right = np.zeros((2, 4, 8), dtype=np.uint8)
        >>> left[:, :3], right[:, 5:] = 1, 1
        >>> rles = [rle_from_mask(left), rle_from_mask(right)]
        >>> pair(rles, [Record("bolt", rles[1], None)]).ious
        (0.0, 1.0)
    """
    found: list[Record | None] = [None] * len(objects)
    ious: list[float | None] = [0.0] * len(objects)
    if objects and records:
        table = iou_table(objects, [record.mask for record in records])
        for row, column in zip(*linear_sum_assignment(table, maximize=True), strict=True):
            found[row] = records[column]
            ious[row] = float(table[row, column])
    extra = len(records) - sum(record is not None for record in found)
    return Pairing(tuple(found), tuple(ious), extra)


def pair_records(sample: Sample, export: Export | None) -> Pairing | None:
    """Pair the objects of a sample with the records of a COCO or YOLO file, if it has them.

    The formats list parts only; other objects have neither record nor IoU.
    """
    if export is None or not export.lists_image:
        return None
    places = [n for n, thing in enumerate(sample.annotations) if thing.label != OTHER_LABEL]
    parts = pair([sample.annotations[place].visible for place in places], export.records)
    records: list[Record | None] = [None] * len(sample.annotations)
    ious: list[float | None] = [None] * len(sample.annotations)
    for place, record, iou in zip(places, parts.records, parts.ious, strict=True):
        records[place], ious[place] = record, iou
    return Pairing(tuple(records), tuple(ious), parts.extra)


def without_seams(objects: Sequence[Rle], pairing: Pairing) -> Pairing:
    """Return a pairing whose IoUs do not count lines one pixel wide outside the objects.

    A YOLO polygon is one ring: seams join its regions and holes, and filling paints them. On a
    thin part cut into pieces they may be as many pixels as the part.

    Args:
        objects: The manifest's masks.
        pairing: Of the same objects.
    """
    ious = [
        _seamless_iou(mask_from_rle(rle), mask_from_rle(record.mask))
        if record is not None and iou is not None and 0 < iou < 1
        else iou
        for rle, record, iou in zip(objects, pairing.records, pairing.ious, strict=True)
    ]
    return Pairing(pairing.records, tuple(ious), pairing.extra)


def _seamless_iou(wanted: NDArray[np.bool_], filled: NDArray[np.bool_]) -> float:
    """Return the IoU of two masks; excess that is one pixel wide does not count."""
    # Padded, because OpenCV's erosion takes what is beyond the picture's edge for filled.
    excess = np.pad((filled & ~wanted).astype(np.uint8), 1)
    thick = cv2.morphologyEx(excess, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    both = np.count_nonzero(filled & wanted)
    return both / (np.count_nonzero(wanted) + np.count_nonzero(thick))


def iou_table(left: Sequence[Rle], right: Sequence[Rle]) -> NDArray[np.float64]:
    """Return the IoU of each mask on the left with each on the right, shape (L, R), float64."""
    crowd = [False] * len(right)
    table = np.asarray(coco_mask.iou(list(left), list(right), crowd), dtype=np.float64)
    return table.clip(min=0.0)  # -1 stands for masks of different sizes


def rle_area(rle: Rle) -> int:
    """Return the number of pixels inside a mask."""
    return int(coco_mask.area(rle))


def box_error(xyxy_px: Sequence[float] | None, wanted_px: Sequence[float] | None) -> float | None:
    """Return the largest distance between edges of two boxes in pixels; None without both.

    Examples:
        >>> box_error((1, 1, 5, 5), (1, 2, 5, 8))
        3.0
    """
    if xyxy_px is None or wanted_px is None:
        return None
    return float(np.abs(np.subtract(xyxy_px, wanted_px)).max())
