"""Boundaries of hatches that no curve repeats: contours that only a hatch draws.

A hatch that shares a boundary with the drawn contours says what is material; its other boundaries
are contours too, as far as they keep clear of all curves. A hatch that shares none may be a mark or
a shade: it is left out and told.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sorted:
    """The boundaries of all hatches, sorted by what the curves say to them.

    Attributes:
        taken: For each hatch the boundaries that are contours.
        unclear: For each hatch the boundaries that no curve repeats and that are no contours.
    """

    taken: list[list[Points]]
    unclear: list[list[Points]]


def sorted_boundaries(
    hatches: Sequence[Sequence[Points]], curves: Sequence[Points], tolerance: float, alone: bool
) -> Sorted:
    """Sort the boundaries of hatches.

    Args:
        hatches: For each hatch its boundaries, shape (N, 2), the first point repeated at the end.
        curves: All curves of the drawing, shape (N, 2), one or more.
        tolerance: Boundaries nearer to the curves than this repeat them, in drawing units.
        alone: Whether the curves close nothing, so that hatches alone can be the part.
    """
    drawn = _Drawn(curves, tolerance)
    result = Sorted([[] for _ in hatches], [[] for _ in hatches])
    for hatch, taken, unclear in zip(hatches, result.taken, result.unclear, strict=True):
        new = [boundary for boundary in hatch if not drawn.repeats(boundary)]
        for boundary in new:
            clear = len(new) < len(hatch) and not drawn.meets(boundary)
            (taken if alone or clear else unclear).append(boundary)
    # What a taken boundary repeats is explained: a second hatch that fills the same hole.
    known = [boundary for taken in result.taken for boundary in taken]
    if known:
        again = _Drawn(known, tolerance)
        for unclear in result.unclear:
            unclear[:] = [boundary for boundary in unclear if not again.repeats(boundary)]
    return result


class _Drawn:
    """All curves, to be asked what lies on them."""

    def __init__(self, curves: Sequence[Points], tolerance: float) -> None:
        """Index the curves."""
        self._tree = shapely.STRtree([shapely.LineString(curve) for curve in curves])
        self._tolerance = tolerance

    def repeats(self, boundary: Points) -> bool:
        """Return whether every vertex and every middle of an edge lies on a curve."""
        places = np.vstack([boundary, (boundary[1:] + boundary[:-1]) / 2])
        points = np.asarray(shapely.points(places))
        near, _ = self._tree.query(points, predicate="dwithin", distance=self._tolerance)
        return len(np.unique(near)) == len(places)

    def meets(self, boundary: Points) -> bool:
        """Return whether a curve comes nearer to the boundary than the tolerance."""
        line = shapely.LineString(boundary)
        return bool(len(self._tree.query(line, predicate="dwithin", distance=self._tolerance)))
