"""Rectangles of the picture in which solids are drawn, and the area that moving rings sweep."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from components.data_preprocessing.dxf_to_mask import Rings, fill
from components.data_preprocessing.view import View

Mask = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of the picture.

    Attributes:
        left: First column.
        top: First row.
        right: One past the last column.
        bottom: One past the last row.
    """

    left: int
    top: int
    right: int
    bottom: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.bottom - self.top, self.right - self.left

    def of(self, array: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the view of an array of the picture's size."""
        return array[self.top : self.bottom, self.left : self.right]


def window_round(points_px: NDArray[np.float64], view: View, margin_px: float) -> Window | None:
    """Return the part of the frame round some points, None if they lie outside."""
    (x0, y0), (x1, y1) = points_px.min(axis=0).tolist(), points_px.max(axis=0).tolist()
    left, top = max(0, math.floor(x0 - margin_px)), max(0, math.floor(y0 - margin_px))
    right = min(view.width_px, math.ceil(x1 + margin_px) + 1)
    bottom = min(view.height_px, math.ceil(y1 + margin_px) + 1)
    return Window(left, top, right, bottom) if left < right and top < bottom else None


def swept(
    mask: Mask, base: Rings, top: Rings, window: Window, scale: float, step_px: float = 1.5
) -> None:
    """Fill the area that rings sweep from base to top, the top itself left out.

    Args:
        mask: Filled in place; it covers the window.
        base: Rings at the beginning.
        top: The same rings at the end.
        window: Where the mask lies.
        scale: Pixels of the mask per pixel of the picture.
        step_px: Longest step of the rings; 1.5 px keeps the notches between steps below a pixel.
    """
    way = top.xy_px - base.xy_px
    steps = max(1, int(np.ceil(np.abs(way).max() / step_px)))
    for step in range(steps):
        rings = base.at(base.xy_px + way * (step / steps))
        fill(mask, rings, (window.left, window.top), scale)


def smeared(mask: Mask, way_px: NDArray[np.float64]) -> Mask:
    """Return the area that a mask sweeps when it moves along a straight way.

    Each step doubles the way that is covered, so that long ways cost little more than short ones.

    Args:
        mask: Shape (h, w), non-zero inside; what leaves it is lost.
        way_px: Displacement (x, y) in the mask's pixels; it is followed to half a pixel.
    """
    steps = math.ceil(float(np.abs(way_px).max()))
    covered = 0
    while covered < steps:
        more = min(covered + 1, steps - covered)
        x, y = (way_px * (more / steps)).round().astype(int).tolist()
        mask = _united(mask, x, y)
        covered += more
    return mask


def _united(mask: Mask, x: int, y: int) -> Mask:
    """Return the union of a mask and its copy moved by whole pixels."""
    rows, columns = mask.shape
    if abs(x) >= columns or abs(y) >= rows:
        return mask
    result = mask.copy()
    to = result[max(0, y) : rows + min(0, y), max(0, x) : columns + min(0, x)]
    moved = mask[max(0, -y) : rows + min(0, -y), max(0, -x) : columns + min(0, -x)]
    cv2.max(to, moved, dst=to)
    return result
