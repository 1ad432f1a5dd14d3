"""From contours in pixels to masks, holes cut out.

Polygons are filled on a grid finer than the picture's and averaged down, which gives *coverage*:
how much of a pixel lies inside, 0..255. OpenCV's fill takes in every fine pixel that an edge
touches and so grows a shape by half a fine pixel on each side; `INSIDE` makes up for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from components.domain import Part, Pose
from components.geometry.transforms import part_in_picture

FINE = 2
"""Fine pixels per pixel and axis: two is four times cheaper than four and, with `INSIDE`,
0.08 px from the truth on circles of 8 to 40 px radius."""

INSIDE = 192
"""Coverage from which on a pixel counts as inside, for `FINE` = 2: half a pixel plus the growth of
a quarter of a pixel."""

_TRUE_COVERAGE = np.rint(255.0 * (np.arange(256) / 255.0) ** 3).astype(np.uint8)
"""Coverage without the growth: of edges at any angle the cubes add up to the area within 0.03 px of
the outline, where the plain averages are 0.23 px too wide."""

_FRACTION_BITS = 5
_UNIT = 1 << _FRACTION_BITS


@dataclass(frozen=True, slots=True, eq=False)
class Rings:
    """An outline and its holes in the picture, in one array: moving them costs one operation.

    Attributes:
        xy_px: All vertices, shape (N, 2), float64.
        starts: Where each ring begins; the outline is the first.
    """

    xy_px: NDArray[np.float64]
    starts: tuple[int, ...]

    @property
    def outline(self) -> NDArray[np.float64]:
        """Vertices of the outline, shape (M, 2)."""
        return self.xy_px[: self.starts[1]] if len(self.starts) > 1 else self.xy_px

    def at(self, xy_px: NDArray[np.float64]) -> "Rings":
        """Return the same rings with other vertices."""
        return Rings(xy_px, self.starts)


def rings_of(contours: Sequence[NDArray[np.float64]]) -> Rings:
    """Return rings of separate arrays, the outline first."""
    ends = np.cumsum([len(ring) for ring in contours])
    return Rings(np.vstack(contours), (0, *ends[:-1].tolist()))


def fill(
    mask: NDArray[np.uint8],
    rings: Rings,
    origin_px: tuple[int, int] = (0, 0),
    scale: float = FINE,
) -> None:
    """Fill one region, even-odd, with 255 into a mask that is `scale` times finer.

    Args:
        mask: Shape (H, W), changed in place; its top left corner is the picture's corner
            (origin - 0.5).
        rings: Outline and holes.
        origin_px: Column and row of the picture at which the mask begins.
        scale: Pixels of the mask per pixel of the picture.
    """
    # (x + 0.5 - origin) * scale - 0.5, in fractions of a pixel of the mask; a further half rounds.
    unit, (left, top) = scale * _UNIT, origin_px
    half = 0.5 * (unit - _UNIT + 1.0)
    shifted = rings.xy_px * unit + (half - left * unit, half - top * unit)
    xy = np.floor(shifted, out=shifted).astype(np.int32)
    if len(rings.starts) == 1:
        pieces = [xy]
    else:
        ends = (*rings.starts[1:], len(xy))
        pieces = [xy[start:end] for start, end in zip(rings.starts, ends, strict=True)]
    cv2.fillPoly(mask, pieces, 255, shift=_FRACTION_BITS)


def averaged(fine: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return coverage, shape (H, W), of a mask of shape (FINE * H, FINE * W)."""
    size = fine.shape[1] // FINE, fine.shape[0] // FINE
    return np.asarray(cv2.resize(fine, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def ungrown(coverage: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return what `averaged` gives without the growth of the fill: how much paint a pixel gets."""
    return np.asarray(cv2.LUT(coverage, _TRUE_COVERAGE), dtype=np.uint8)


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
    fill(fine, rings_of([outline, *holes]))
    return np.where(averaged(fine) >= INSIDE, np.uint8(255), np.uint8(0))
