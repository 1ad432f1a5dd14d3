"""Masks, boxes, run lengths and polygons of the same pixels.

A box is given by pixel edges: a mask of the single pixel (column 3, row 5) has the box
(3, 5, 4, 6). A polygon is given by pixel centres, as OpenCV finds contours.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from components.domain import Rle


@dataclass(frozen=True, slots=True, eq=False)
class Polygon:
    """One connected region of a mask.

    Attributes:
        outline_px: Vertices (x, y), shape (N, 2), int32.
        holes_px: Vertices of each hole, shape (M, 2), int32.
    """

    outline_px: NDArray[np.int32]
    holes_px: tuple[NDArray[np.int32], ...]


def rle_from_mask(mask: NDArray[np.bool_] | NDArray[np.uint8]) -> Rle:
    """Return the COCO run-length encoding of a mask of shape (H, W), non-zero inside."""
    encoded = coco_mask.encode(np.asfortranarray(mask, dtype=np.uint8))
    return Rle(size=[int(side) for side in encoded["size"]], counts=encoded["counts"].decode())


def mask_from_rle(rle: Rle) -> NDArray[np.bool_]:
    """Return the mask, shape (H, W), bool, of a COCO run-length encoding."""
    decoded = coco_mask.decode({"size": rle["size"], "counts": rle["counts"].encode()})
    return np.ascontiguousarray(decoded, dtype=np.bool_)


def xyxy_from_mask(mask: NDArray[np.bool_] | NDArray[np.uint8]) -> tuple[float, ...] | None:
    """Return the box (x0, y0, x1, y1) round the non-zero pixels, None if there are none."""
    x, y, width, height = cv2.boundingRect(np.ascontiguousarray(mask, dtype=np.uint8))
    if width == 0:
        return None
    return float(x), float(y), float(x + width), float(y + height)


def polygons_from_mask(
    mask: NDArray[np.bool_] | NDArray[np.uint8], tolerance_px: float = 0.0
) -> list[Polygon]:
    """Return the regions of a mask as polygons with holes, biggest first.

    Args:
        mask: Shape (H, W), non-zero inside.
        tolerance_px: Largest distance a simplified edge may stray from the pixel contour;
            0 keeps every corner.
    """
    contours, hierarchy = cv2.findContours(
        np.ascontiguousarray(mask, dtype=np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE
    )
    if hierarchy is None:
        return []
    rings = [
        cv2.approxPolyDP(ring, tolerance_px, True)[:, 0] if tolerance_px > 0 else ring[:, 0]
        for ring in contours
    ]
    polygons = []
    for number, (_, _, child, parent) in enumerate(hierarchy[0]):
        if parent >= 0 or len(rings[number]) < 3:
            continue
        holes = []
        while child >= 0:
            if len(rings[child]) >= 3:
                holes.append(np.asarray(rings[child], dtype=np.int32))
            child = hierarchy[0][child][0]
        polygons.append(Polygon(np.asarray(rings[number], dtype=np.int32), tuple(holes)))
    return sorted(polygons, key=lambda p: -cv2.contourArea(p.outline_px))
