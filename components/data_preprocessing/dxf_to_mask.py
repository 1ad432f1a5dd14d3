"""From contours in pixels to masks, holes cut out.

Polygons are filled on a grid finer than the picture's and averaged down, which gives *coverage*:
how much of a pixel lies inside, 0..255. OpenCV's fill takes in every fine pixel that an edge
touches and so grows a shape by half a fine pixel on each side; `INSIDE` makes up for it.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from components.domain import Part, Pose
from components.geometry.transforms import part_in_picture

FINE = 2
"""Fine pixels per pixel and axis: two is four times cheaper than four and, with `INSIDE`,
0.04 px from the truth on circles of 8 to 40 px radius."""

INSIDE = 192
"""Coverage from which on a pixel counts as inside, for `FINE` = 2: half a pixel plus the growth of
a quarter of a pixel."""

_FRACTION_BITS = 5


def fill(
    mask: NDArray[np.uint8],
    rings_px: Sequence[NDArray[np.float64]],
    origin_px: tuple[int, int] = (0, 0),
    scale: float = FINE,
) -> None:
    """Fill one region, even-odd, with 255 into a mask that is `scale` times finer.

    Args:
        mask: Shape (H, W), changed in place; its top left corner is the picture's corner
            (origin - 0.5).
        rings_px: Outline and holes, each of shape (N, 2), (x, y) in pixels of the picture.
        origin_px: Column and row of the picture at which the mask begins.
        scale: Pixels of the mask per pixel of the picture.
    """
    shift = np.array([0.5 - origin_px[0], 0.5 - origin_px[1]])
    unit = 1 << _FRACTION_BITS
    rings = [np.rint((((ring + shift) * scale) - 0.5) * unit).astype(np.int32) for ring in rings_px]
    cv2.fillPoly(mask, rings, 255, shift=_FRACTION_BITS)


def averaged(fine: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return coverage, shape (H, W), of a mask of shape (FINE * H, FINE * W)."""
    size = fine.shape[1] // FINE, fine.shape[0] // FINE
    return np.asarray(cv2.resize(fine, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def part_mask(part: Part, pose: Pose, height_px: int, width_px: int) -> NDArray[np.uint8]:
    """Return the flat part's mask in a picture.

    Args:
        part: What to draw.
        pose: Where it lies.
        height_px: Height of the picture.
        width_px: Width of the picture.

    Returns:
        Shape (height_px, width_px), 255 inside the outline and outside the holes, else 0.
    """
    outline, holes = part_in_picture(part, pose)
    fine = np.zeros((height_px * FINE, width_px * FINE), dtype=np.uint8)
    fill(fine, [outline, *holes])
    return np.where(averaged(fine) >= INSIDE, np.uint8(255), np.uint8(0))
