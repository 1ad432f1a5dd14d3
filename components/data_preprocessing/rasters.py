"""Rectangles of the picture in which solids are drawn, areas that are swept, and soft edges."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from components.data_preprocessing.view import View

Mask = NDArray[np.uint8]


class Box(NamedTuple):
    """What some points reach, in pixels; plain numbers, as arrays of four cost more.

    Attributes:
        left: Least x.
        top: Least y.
        right: Greatest x.
        bottom: Greatest y.
    """

    left: float
    top: float
    right: float
    bottom: float

    def moved(self, x: float, y: float) -> "Box":
        """Return the box displaced."""
        return Box(self.left + x, self.top + y, self.right + x, self.bottom + y)

    def united(self, other: "Box") -> "Box":
        """Return the least box round both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


def box_of(points_px: NDArray[np.float64]) -> Box:
    """Return the box of points, shape (N, 2)."""
    left, top = np.minimum.reduce(points_px).tolist()
    right, bottom = np.maximum.reduce(points_px).tolist()
    return Box(left, top, right, bottom)


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
        """Return the view of an array whose first two sides, (H, W), are the picture's."""
        return array[self.top : self.bottom, self.left : self.right]


def window_round(box: Box, view: View, margin_px: float) -> Window | None:
    """Return the part of the frame round a box, None if it lies outside."""
    left = max(0, math.floor(box.left - margin_px))
    top = max(0, math.floor(box.top - margin_px))
    right = min(view.width_px, math.ceil(box.right + margin_px) + 1)
    bottom = min(view.height_px, math.ceil(box.bottom + margin_px) + 1)
    return Window(left, top, right, bottom) if left < right and top < bottom else None


def smeared(mask: Mask, x_px: float, y_px: float) -> Mask:
    """Return the area that a mask sweeps when it moves along a straight way.

    Each step doubles the way that is covered, so that long ways cost little more than short ones.

    Args:
        mask: Shape (h, w), non-zero inside; what leaves it is lost.
        x_px: Displacement to the right in the mask's pixels; it is followed to half a pixel.
        y_px: Displacement downwards.
    """
    steps = math.ceil(max(abs(x_px), abs(y_px)))
    covered = 0
    while covered < steps:
        more = min(covered + 1, steps - covered)
        mask = _united(mask, round(x_px * more / steps), round(y_px * more / steps))
        covered += more
    return mask


def moved_pair(mask: Mask, x: int, y: int) -> tuple[Mask, Mask]:
    """Return views of a mask and of its copy moved by (x, y), where they overlap.

    Args:
        mask: Shape (h, w).
        x: Whole pixels to the right, fewer than the mask has.
        y: Whole pixels downwards, likewise.
    """
    rows, columns = mask.shape
    here = mask[max(0, y) : rows + min(0, y), max(0, x) : columns + min(0, x)]
    moved = mask[max(0, -y) : rows + min(0, -y), max(0, -x) : columns + min(0, -x)]
    return here, moved


def _united(mask: Mask, x: int, y: int) -> Mask:
    """Return the union of a mask and its copy moved by whole pixels."""
    if abs(x) >= mask.shape[1] or abs(y) >= mask.shape[0]:
        return mask
    result = mask.copy()
    here, _ = moved_pair(result, x, y)
    cv2.max(here, moved_pair(mask, x, y)[1], dst=here)
    return result


def softened(mask: Mask, sigma_px: float) -> Mask:
    """Return a mask or picture with soft edges, its border drawn out.

    Box filters stand for the Gaussian: they cost the same at any width. A box of w pixels has the
    variance (w^2 - 1) / 12. Below 0.8 px it is one box of 3 pixels, mixed with the sharp picture.

    Args:
        mask: Shape (h, w) or (h, w, 3).
        sigma_px: Standard deviation of the softness; boxes follow it to about a fifth.
    """
    if sigma_px < 0.8:
        blurred = cv2.blur(mask, (3, 3), borderType=cv2.BORDER_REPLICATE)
        share = 1.5 * sigma_px**2
        cv2.addWeighted(mask, 1.0 - share, blurred, share, 0.0, dst=blurred)
        return np.asarray(blurred, dtype=np.uint8)
    # Widths are odd: the second box may be the next larger one, which halves the steps.
    radii = round((6.0 * sigma_px**2 + 1.0) ** 0.5 - 1.0)
    for radius in (radii // 2, radii - radii // 2):
        if radius:
            size = 2 * radius + 1, 2 * radius + 1
            mask = np.asarray(cv2.blur(mask, size, borderType=cv2.BORDER_REPLICATE), np.uint8)
    return mask
