"""Open curves that were drawn twice, exactly or with the jitter of a conversion."""

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

Points = NDArray[np.float64]

LONG = 20.0
"""Curves this many times longer than the tolerance for doubles cannot be neighbours on a ring."""


def _fingerprints(curves: Sequence[Points]) -> Points:
    """Return start, end, middle and length of each curve, shape (N, 7).

    All curves are measured at once: files of ten thousand lines are common.
    """
    points = np.concatenate(curves)
    last = np.cumsum([len(curve) for curve in curves]) - 1
    first = np.concatenate([[0], last[:-1] + 1])
    steps = np.hypot(*np.diff(points, axis=0, prepend=points[:1]).T)
    steps[first] = 0.0
    along = np.cumsum(steps)
    length = np.add.reduceat(steps, first)
    half = along[first] + length / 2
    # The vertex at or after the middle; a curve without length is its own middle.
    after = np.clip(np.searchsorted(along, half), np.minimum(first + 1, last), last)
    share = (along[after] - half) / np.where(steps[after] > 0, steps[after], 1.0)
    middle = points[after] + np.clip(share, 0.0, 1.0)[:, None] * (points[after - 1] - points[after])
    return np.column_stack([points[first], points[last], middle, length])


def without_doubles(curves: Sequence[Points], exact: float, near: float) -> list[Points]:
    """Return the curves without those that repeat an earlier one, in any direction.

    Two curves are equal if their ends, their middle and their length are: two half circles with
    the same ends are not.

    Args:
        curves: Points of each, shape (N, 2).
        exact: Tolerance for all curves.
        near: Wider one, for curves much longer than it: no point of one may be farther from the
            other.
    """
    if len(curves) < 2:
        return list(curves)
    prints = _fingerprints(curves)
    repeated = {j for _, j in _alike(prints, exact)}
    # Short pieces are left out: neighbours on a ring would look like doubles.
    long = np.flatnonzero(prints[:, 6] > LONG * near)
    # Of seven numbers each may be off by the tolerance, the length by twice as much.
    for a, b in _alike(prints[long], 4.0 * near):
        i, j = int(long[a]), int(long[b])
        if i not in repeated and j not in repeated and _apart(curves[i], curves[j]) <= near:
            repeated.add(j)
    return [curve for index, curve in enumerate(curves) if index not in repeated]


def _alike(prints: Points, tolerance: float) -> list[tuple[int, int]]:
    """Return the pairs of curves, the earlier first, alike in one direction or the other."""
    # Both directions: sorting the ends would tear apart those that differ in the last digit.
    both = np.vstack([prints, prints[:, [2, 3, 0, 1, 4, 5, 6]]])
    if not len(both):
        return []
    pairs = cKDTree(both).query_pairs(tolerance, output_type="ndarray") % len(prints)
    first, second = np.unique(np.sort(pairs, axis=1), axis=0).T
    apart = first != second
    return list(zip(first[apart].tolist(), second[apart].tolist(), strict=True))


def _apart(one: Points, other: Points) -> float:
    """Return how far two curves are from each other at most, by their vertices."""
    lines = shapely.LineString(one), shapely.LineString(other)
    return float(shapely.hausdorff_distance(*lines))
