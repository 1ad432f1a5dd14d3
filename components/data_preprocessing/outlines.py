"""Contours made ready for drawing: few vertices, yet enough to bend with the lens."""

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from components.data_preprocessing.dxf_to_mask import Rings, Starts, rings_of
from components.data_preprocessing.view import View
from components.domain import Part
from components.geometry.transforms import Matrix

Points = NDArray[np.float64]

_TOLERANCE = 0.0006
"""Greatest distance of a simplified edge from the drawing, over the part's longer side; twice that
at each coarser level."""

_TOLERANCE_PX = 0.2
"""The same in the picture: it decides the level."""

_LONGEST = 0.12
"""Longest edge over the part's longer side, half as much again at each coarser level: the lens
bends longer ones visibly, though less in the small parts that coarse levels are for."""

COARSEST = 3
"""Level of a shape that has a third of the vertices: parts of at most 40 px."""

_CORNERS = 0.35 * np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
"""Places of a part, over its sides, at which its homography agrees with the bent picture."""


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """A part's rings as drawing needs them.

    Attributes:
        xy1_mm: All vertices with a third coordinate of 1, shape (3, N).
        starts: Where each ring begins, the outline first.
    """

    xy1_mm: Points
    starts: Starts


@lru_cache(maxsize=8192)
def size_of(part: Part) -> tuple[float, float]:
    """Return a part's width and height in mm: scenes ask for it again and again."""
    return part.size_mm


def longer_mm(part: Part) -> float:
    """Return a part's longer side."""
    return max(size_of(part))


@lru_cache(maxsize=16384)
def shape_of(part: Part, level: int = 0) -> Shape:
    """Return outline and holes in mm with as few vertices as drawing needs.

    Args:
        part: What to draw.
        level: From 0, for parts that fill a picture, to `COARSEST`, for small ones.
    """
    longer = longer_mm(part)
    tolerance, longest = _TOLERANCE * 2.0**level * longer, _LONGEST * 1.5**level * longer
    rings = rings_of(
        [
            _divided(_simplified(contour.xy_mm, tolerance), longest)
            for contour in (part.outline, *part.holes)
        ]
    )
    xy1 = np.vstack([rings.xy_px.T, np.ones(len(rings.xy_px))])
    return Shape(xy1, rings.starts)


def _level(longer_px: float) -> int:
    """Return the coarsest level at which a part's edges are near enough to the drawing.

    Examples:
        >>> [_level(px) for px in (20.0, 60.0, 100.0, 300.0, 900.0)]
        [3, 2, 1, 0, 0]
    """
    room = _TOLERANCE_PX / (_TOLERANCE * max(longer_px, 1e-9))
    return min(max(int(math.log2(room)), 0), COARSEST)


def _simplified(xy_mm: Points, tolerance_mm: float) -> Points:
    """Return a ring with fewer vertices, or itself if too few would be left."""
    closed = np.ascontiguousarray(xy_mm[:, None], dtype=np.float32)
    ring = cv2.approxPolyDP(closed, tolerance_mm, True)[:, 0].astype(np.float64)
    return ring if len(ring) >= 3 else xy_mm


def _divided(ring: Points, longest_mm: float) -> Points:
    """Return a ring whose edges are no longer than `longest_mm`."""
    following = np.roll(ring, -1, axis=0)
    lengths = np.linalg.norm(following - ring, axis=1)
    counts = np.maximum(1, np.ceil(lengths / longest_mm)).astype(int)
    # Step n of an edge's `count` lies n / count of the way along it.
    steps = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    ways = np.repeat(following - ring, counts, axis=0)
    ways *= (steps / np.repeat(counts, counts))[:, None]
    return np.add(np.repeat(ring, counts, axis=0), ways)


def base_and_top(
    part: Part, part_to_table: Matrix, z_mm: float, thickness_mm: float, view: View
) -> tuple[Rings, Rings]:
    """Return where the rings of a solid's lower and upper side fall in the picture.

    Args:
        part: The solid's shape.
        part_to_table: Map of the drawing to the table, shape (3, 3), both with y up.
        z_mm: Height of the lower side.
        thickness_mm: Height of the upper side over it.
        view: The camera.
    """
    scale = view.px_per_mm * math.hypot(part_to_table[0, 0], part_to_table[1, 0])
    shape = shape_of(part, _level(longer_mm(part) * scale))
    count = shape.xy1_mm.shape[1]
    both = np.empty((3, 2 * count))
    np.matmul(view.plane(z_mm) @ part_to_table, shape.xy1_mm, out=both[:, :count])
    # A step along z moves all homogeneous points alike.
    np.add(both[:, :count], view.projection[:, 2:3] * thickness_mm, out=both[:, count:])
    xy = view.bent((both[:2] / both[2]).T)
    return Rings(xy[:count], shape.starts), Rings(xy[count:], shape.starts)


def bent_homography(part: Part, view: View, matrix: Matrix) -> Matrix:
    """Return a homography for `matrix` followed by the lens: exact at four inner points.

    Args:
        part: Says how far the homography must hold.
        view: The camera.
        matrix: Map of the drawing to undistorted pixels, shape (3, 3).
    """
    if view.distortion == 0.0:
        return matrix
    # Between the middle and the corners of the part's box, where the error on both sides is least.
    corners = _CORNERS * size_of(part)
    # Not by `transformed`: these points never lie on the horizon, and its guard costs more.
    places = corners @ matrix[:, :2].T + matrix[:, 2]
    bent = view.bent(places[:, :2] / places[:, 2:])
    fitted = cv2.getPerspectiveTransform(corners.astype(np.float32), bent.astype(np.float32))
    return np.asarray(fitted, dtype=np.float64)
