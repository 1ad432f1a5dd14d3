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
    """Return start, end, middle and length of each curve, shape (N, 7)."""
    rows = []
    for curve in curves:
        start, end = curve[0], curve[-1]
        along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(curve, axis=0).T))])
        half = [np.interp(along[-1] / 2, along, curve[:, axis]) for axis in (0, 1)]
        rows.append([*start, *end, *half, along[-1]])
    return np.array(rows, dtype=np.float64).reshape(-1, 7)


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
