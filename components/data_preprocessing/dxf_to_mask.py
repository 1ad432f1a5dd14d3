"""From contours in pixels to masks, holes cut out.

Polygons are filled on a grid finer than the picture's and averaged down, which gives *coverage*:
how much of a pixel lies inside, 0..255. OpenCV's fill takes in every fine pixel that an edge
touches and so grows a shape by half a fine pixel on each side; `INSIDE` makes up for it.
"""

import math
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

Starts = tuple[int, ...]

_FRACTION_BITS = 5
_UNIT = 1 << _FRACTION_BITS
_FAR = 1 << 24
"""Half a million pixels in fractions: no vertex lies beyond."""


@dataclass(frozen=True, slots=True, eq=False)
class Rings:
    """An outline and its holes in the picture, in one array: moving them costs one operation.

    Attributes:
        xy_px: All vertices, shape (N, 2), float64; all x before all y in memory is quickest.
        starts: Where each ring begins; the outline is the first.
    """

    xy_px: NDArray[np.float64]
    starts: Starts

    @property
    def outline(self) -> NDArray[np.float64]:
        """Vertices of the outline, shape (M, 2)."""
        return self.xy_px[: self.starts[1]] if len(self.starts) > 1 else self.xy_px

    def at(self, xy_px: NDArray[np.float64]) -> "Rings":
        """Return the same rings with other vertices, as many of them, shape (N, 2)."""
        return Rings(xy_px, self.starts)


def rings_of(contours: Sequence[NDArray[np.float64]]) -> Rings:
    """Return rings of separate arrays of vertices, each (N, 2) in px, the outline first."""
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
    _fill_at(mask, _fractions(rings, scale), rings.starts, origin_px, scale)


def fill_swept(
    mask: NDArray[np.uint8],
    base: Rings,
    top: Rings,
    origin_px: tuple[int, int] = (0, 0),
    scale: float = FINE,
    step_px: float = 1.5,
) -> None:
    """Fill the area that rings sweep from base to top, the top itself left out.

    Args:
        mask: See `fill`.
        base: Rings at the beginning.
        top: The same rings at the end.
        origin_px: See `fill`.
        scale: See `fill`.
        step_px: Longest step of the rings; 1.5 px keeps the notches between steps below a pixel.
    """
    start = _fractions(base, scale)
    way = _fractions(top, scale) - start
    steps = max(1, math.ceil(float(np.abs(way).max()) / (step_px * scale * _UNIT)))
    for step in range(steps):
        _fill_at(mask, start + way * (step / steps), base.starts, origin_px, scale)


def _fractions(rings: Rings, scale: float) -> NDArray[np.float64]:
    """Return vertices in fractions of a pixel of a mask that begins at (-0.5, -0.5).

    A half is added, so that cutting off the rest rounds; and `_FAR`, so that nothing is negative.
    """
    # (x + 0.5) * scale - 0.5 pixels.
    unit = scale * _UNIT
    xy = rings.xy_px * unit
    xy += 0.5 * (unit - _UNIT + 1.0) + _FAR
    return xy


def _fill_at(
    mask: NDArray[np.uint8],
    fractions: NDArray[np.float64],
    starts: Starts,
    origin_px: tuple[int, int],
    scale: float,
) -> None:
    xy = fractions.astype(np.int32, order="C")
    if len(starts) == 1:
        pieces = [xy]
    else:
        pieces = [xy[start:end] for start, end in zip(starts, (*starts[1:], len(xy)), strict=True)]
    unit, (left, top) = scale * _UNIT, origin_px
    # OpenCV takes the displacement in fractions, too: there it costs nothing.
    offset = -int(left * unit) - _FAR, -int(top * unit) - _FAR
    cv2.fillPoly(mask, pieces, 255, shift=_FRACTION_BITS, offset=offset)


def averaged(fine: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return coverage, shape (H, W), of a mask of shape (FINE * H, FINE * W)."""
    size = fine.shape[1] // FINE, fine.shape[0] // FINE
    return np.asarray(cv2.resize(fine, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def ungrown(coverage: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return what `averaged` gives without the growth of the fill: paint of each pixel, 0..255."""
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
