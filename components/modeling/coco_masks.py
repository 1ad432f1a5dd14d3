"""The segmentation of a COCO annotation -> compressed run lengths, whoever wrote the file.

pycocotools trusts what it is given: run lengths that do not fill the picture are read beyond their
end, and a polygon's point far outside the picture takes all memory. So they are checked before.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from pycocotools import mask as coco_mask

from components.domain import Rle
from components.errors import DatasetError

FARTHEST = 10
"""Points of polygons may lie outside the picture by so many of its long sides."""

_LEAST_NUMBERS = 6
"""x and y of three points."""


def mask_of(annotation: dict[str, Any], width: int, height: int) -> Rle:
    """Return an annotation's mask.

    Args:
        annotation: As the file has it.
        width: Of its picture, px.
        height: Of its picture, px.

    Raises:
        DatasetError: If it has none, as in files of boxes alone, or one that cannot be read.
    """
    segmentation = annotation.get("segmentation")
    name = f"annotation {annotation.get('id', '(without id)')}"
    if not segmentation:
        raise DatasetError(
            f"{name}: has no mask, its segmentation is {segmentation!r}; give every object "
            "polygons or run lengths, a box alone says too little"
        )
    try:
        if isinstance(segmentation, list):
            return _of_polygons(segmentation, width, height)
        size = [int(side) for side in segmentation["size"]]
        runs = _runs(segmentation["counts"])
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise DatasetError(
            f"{name}: its segmentation is neither polygons of three or more points nor run lengths "
            f"({type(error).__name__}: {error})"
        ) from error
    if size != [height, width]:
        raise DatasetError(
            f"{name}: its mask is of {size} (height, width), its picture of {[height, width]}"
        )
    if sum(runs) != height * width:
        raise DatasetError(
            f"{name}: its run lengths are of {sum(runs)} px, its picture has {height * width}"
        )
    return _packed({"size": size, "counts": runs}, width, height)


def _of_polygons(polygons: Sequence[Any], width: int, height: int) -> Rle:
    farthest = FARTHEST * max(width, height)
    for polygon in polygons:
        numbers = np.asarray(polygon, np.float64)
        if numbers.ndim != 1 or len(numbers) < _LEAST_NUMBERS or len(numbers) % 2:
            raise ValueError(f"a polygon of shape {numbers.shape}, not x, y, x, y, x, y ...")
        # A comparison with NaN is false.
        if not (np.abs(numbers) <= farthest).all():
            raise ValueError(f"a point of a polygon is no number or beyond {farthest} px")
    return _packed(coco_mask.frPyObjects(polygons, height, width), width, height)


def _runs(counts: Any) -> list[int]:
    """Return run lengths that a file packs into a text or lists as they are."""
    packed = isinstance(counts, str)
    runs = run_lengths(counts) if packed else [int(count) for count in counts]
    if not packed and runs != list(counts):
        raise ValueError("run lengths that are no whole numbers")
    if min(runs, default=0) < 0:
        raise ValueError("a run length below 0")
    return runs


def _packed(found: Any, width: int, height: int) -> Rle:
    """Return run lengths, or the union of several, as pycocotools packs them."""
    if isinstance(found, list):
        packed = coco_mask.merge(found)
    else:
        packed = coco_mask.frPyObjects(found, height, width)
    return Rle(size=[height, width], counts=packed["counts"].decode())


def run_lengths(counts: str) -> list[int]:
    """Return the run lengths that a compressed text stands for.

    A number is written in groups of five bits, lowest first; a sixth bit says that another group
    follows. From the third on, each is the difference to the one before the last.

    Args:
        counts: Characters from "0" on, 64 of them.

    Raises:
        ValueError: If it holds another character or ends within a number.

    Examples:
        >>> run_lengths("32")
        [3, 2]

    References:
        rleFrString in maskApi.c of https://github.com/cocodataset/cocoapi.
    """
    runs: list[int] = []
    value, shift = 0, 0
    for place, character in enumerate(counts):
        bits = ord(character) - 48
        if not 0 <= bits < 64:
            raise ValueError(f"run lengths with {character!r} at place {place}")
        value |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            continue
        if bits & 16:
            value -= 1 << shift
        runs.append(value + (runs[-2] if len(runs) > 2 else 0))
        value, shift = 0, 0
    if shift:
        raise ValueError("run lengths that end within a number")
    return runs
