"""Contours made ready for drawing: few vertices, yet enough to bend with the lens."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from components.data_preprocessing.view import View
from components.domain import Part
from components.geometry.transforms import Matrix, transformed

Ring = NDArray[np.float64]

_TOLERANCE = 0.0006
"""Greatest distance of a simplified edge from the drawing, over the part's longer side: 0.2 px of a
part that fills a picture 320 wide."""

_LONGEST = 0.12
"""Longest edge over the part's longer side: the lens bends longer ones visibly."""


@lru_cache(maxsize=4096)
def drawable_rings(part: Part) -> tuple[Ring, ...]:
    """Return outline and holes in mm with as few vertices as drawing needs."""
    longer = max(part.size_mm)
    contours = [part.outline, *part.holes]
    return tuple(_drawable(contour.xy_mm, longer) for contour in contours)


def _drawable(xy_mm: Ring, longer_mm: float) -> Ring:
    closed = np.ascontiguousarray(xy_mm[:, None], dtype=np.float32)
    ring = cv2.approxPolyDP(closed, _TOLERANCE * longer_mm, True)[:, 0].astype(np.float64)
    if len(ring) < 3:
        return xy_mm
    following = np.roll(ring, -1, axis=0)
    lengths = np.linalg.norm(following - ring, axis=1)
    counts = np.maximum(1, np.ceil(lengths / (_LONGEST * longer_mm))).astype(int)
    pieces = [
        start + (end - start) * (np.arange(count)[:, None] / count)
        for start, end, count in zip(ring, following, counts, strict=True)
    ]
    return np.vstack(pieces)


def picture_rings(part: Part, view: View, matrix: Matrix) -> list[Ring]:
    """Return outline and holes in pixels; `matrix` maps the drawing to undistorted pixels."""
    rings = drawable_rings(part)
    every = view.pixels(np.vstack(rings), matrix)
    return np.split(every, np.cumsum([len(ring) for ring in rings])[:-1])


def bent_homography(part: Part, view: View, matrix: Matrix) -> Matrix:
    """Return the homography nearest to `matrix` followed by the lens, over the part's outline."""
    if view.distortion == 0.0:
        return matrix
    outline = drawable_rings(part)[0]
    outline = outline[:: max(1, len(outline) // 40)]
    if len(outline) < 4:
        return matrix
    bent = view.bent(transformed(outline, matrix))
    fitted, _ = cv2.findHomography(outline, bent, 0)
    return matrix if fitted is None else np.asarray(fitted, dtype=np.float64)
