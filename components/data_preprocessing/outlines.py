"""Contours made ready for drawing: few vertices, yet enough to bend with the lens."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from components.data_preprocessing.dxf_to_mask import Rings
from components.data_preprocessing.view import View
from components.domain import Part
from components.geometry.transforms import Matrix, transformed

Points = NDArray[np.float64]

_TOLERANCE = 0.0006
"""Greatest distance of a simplified edge from the drawing, over the part's longer side: 0.2 px of a
part that fills a picture 320 wide."""

_LONGEST = 0.12
"""Longest edge over the part's longer side: the lens bends longer ones visibly."""


_CORNERS = 0.35 * np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
"""Places of a part, over its sides, at which its homography agrees with the bent picture."""


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """A part's rings as drawing needs them.

    Attributes:
        xy1_mm: All vertices with a third coordinate of 1, shape (N, 3).
        starts: Where each ring begins, the outline first.
        size_mm: Width and height of the outline's box.
    """

    xy1_mm: Points
    starts: tuple[int, ...]
    size_mm: tuple[float, float]


@lru_cache(maxsize=8192)
def longer_mm(part: Part) -> float:
    """Return a part's longer side: scenes ask for it again and again."""
    return max(part.size_mm)


@lru_cache(maxsize=4096)
def shape_of(part: Part) -> Shape:
    """Return outline and holes in mm with as few vertices as drawing needs."""
    longer = longer_mm(part)
    rings = [_drawable(contour.xy_mm, longer) for contour in (part.outline, *part.holes)]
    ends = np.cumsum([len(ring) for ring in rings])
    every = np.vstack(rings)
    return Shape(
        np.column_stack([every, np.ones(len(every))]), (0, *ends[:-1].tolist()), part.size_mm
    )


def _drawable(xy_mm: Points, longer_mm: float) -> Points:
    closed = np.ascontiguousarray(xy_mm[:, None], dtype=np.float32)
    ring = cv2.approxPolyDP(closed, _TOLERANCE * longer_mm, True)[:, 0].astype(np.float64)
    if len(ring) < 3:
        return xy_mm
    following = np.roll(ring, -1, axis=0)
    lengths = np.linalg.norm(following - ring, axis=1)
    counts = np.maximum(1, np.ceil(lengths / (_LONGEST * longer_mm))).astype(int)
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
    shape = shape_of(part)
    count = len(shape.xy1_mm)
    both = np.empty((2 * count, 3))
    np.matmul(shape.xy1_mm, (view.plane(z_mm) @ part_to_table).T, out=both[:count])
    # A step along z moves all homogeneous points alike.
    np.add(both[:count], view.projection[:, 2] * thickness_mm, out=both[count:])
    xy = view.bent(both[:, :2] / both[:, 2:])
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
    corners = _CORNERS * shape_of(part).size_mm
    bent = view.bent(transformed(corners, matrix))
    fitted = cv2.getPerspectiveTransform(corners.astype(np.float32), bent.astype(np.float32))
    return np.asarray(fitted, dtype=np.float64)
