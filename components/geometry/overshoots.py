"""Ends of open chains that run past a corner, or stop short of a line, made to meet.

      |        |          overshoot: both ends run        |           undershoot: an end stops
    --+--------+--        past their crossing and      ---|   |       beside the run of a line;
      |        |          are cut off there               |   +---    it is led on to the line

The strokes of a letter cross as well. So an end is only cut by a small share of what it belongs to.
"""

import numpy as np
import shapely
from numpy.typing import NDArray

Points = NDArray[np.float64]
Place = tuple[float, float, float]
"""Size of a fault and its x and y, in drawing units."""

SHARE = 0.1
"""No more than this share of a chain, or of the side of the face it bounds, may be an overshoot."""

LEAST_SINE = 0.1
"""Lines that meet at a smaller angle (6 degrees) overlap rather than cross."""


def length_of(curve: Points) -> float:
    """Return the length of an open curve."""
    return float(np.hypot(*np.diff(curve, axis=0).T).sum())


def trimmed_ends(
    chains: list[Points], limit: float, noise: float, tolerance: float
) -> tuple[list[Points], list[Place]]:
    """Return the chains with crossing ends cut at the crossing, and what was cut.

    Two ends are cut if they cross each other, and no other end, within the limit.

    Args:
        chains: Open chains, each of shape (N, 2).
        limit: Longest end that may be cut off, in drawing units.
        noise: Shorter ends are left: they are rounding, and joined as gaps are.
        tolerance: Ends this near to a line lie on it.

    Returns:
        Chains in the same order; of each crossing the longer of the two cut ends and the place.
    """
    if not chains:
        return chains, []
    tails = [_tail(end, limit) for chain in chains for end in (chain, chain[::-1])]
    lines = np.array([shapely.LineString(tail) for tail in tails], dtype=np.object_)
    first, second = shapely.STRtree(lines).query(lines, predicate="dwithin", distance=tolerance)
    pairs = np.column_stack([first, second])[first < second]
    lonely = np.bincount(pairs.ravel(), minlength=len(lines)) == 1
    cuts: dict[int, tuple[float, Points]] = {}
    places: list[Place] = []
    for i, j in pairs[lonely[pairs].all(axis=1)].tolist():
        corner = _crossing(tails[i], tails[j], tolerance)
        if corner is None:
            continue
        sizes = [float(shapely.line_locate_point(lines[k], shapely.Point(corner))) for k in (i, j)]
        if max(sizes) > noise:
            cuts[i], cuts[j] = (sizes[0], corner), (sizes[1], corner)
            places.append((max(sizes), float(corner[0]), float(corner[1])))
    return [_cut(chain, cuts.get(2 * n), cuts.get(2 * n + 1)) for n, chain in enumerate(chains)], (
        places
    )


def _tail(chain: Points, limit: float) -> Points:
    """Return the beginning of a chain that may be an overshoot."""
    steps = np.hypot(*np.diff(chain, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    reach = min(limit, SHARE * float(along[-1]))
    last = [np.interp(reach, along, chain[:, axis]) for axis in (0, 1)]
    return np.vstack([chain[along < reach], last]) if reach > 0 else chain[[0, 0]]


def _crossing(one: Points, other: Points, tolerance: float) -> Points | None:
    """Return where two tails cross, or where one ends on the other; None if they overlap."""
    along, across = one[-1] - one[0], other[-1] - other[0]
    turn = abs(along[0] * across[1] - along[1] * across[0])
    if turn < LEAST_SINE * np.hypot(*along) * np.hypot(*across):
        return None
    lines = shapely.LineString(one), shapely.LineString(other)
    met = shapely.intersection(*lines)
    if isinstance(met, shapely.Point) and not met.is_empty:
        return np.array([met.x, met.y])
    nearest = shapely.shortest_line(*lines)
    return np.mean(nearest.coords, axis=0) if nearest.length <= tolerance else None


def _cut(
    chain: Points, start: tuple[float, Points] | None, end: tuple[float, Points] | None
) -> Points:
    """Return a chain without the given length at its start and its end, ending at the points."""
    if start is None and end is None:
        return chain
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(chain, axis=0).T))])
    first, head = start or (0.0, chain[0])
    last, tail = end or (0.0, chain[-1])
    inner = chain[(along > first) & (along < along[-1] - last)]
    inner = inner[1 if start is None and (inner[:1] == chain[0]).all() else 0 :]
    return np.vstack([head, inner, tail])


def led_on(
    chains: list[Points], limit: float, tolerance: float
) -> tuple[list[Points], list[Place]]:
    """Return the chains with ends that stop short of another chain led on to it, and the gaps.

    An end that is led on crosses the line by the tolerance, so that rounding cannot part them.

    Args:
        chains: Open chains, each of shape (N, 2).
        limit: Widest gap between an end and the run of another chain, in drawing units.
        tolerance: Smaller gaps are rounding and not told.
    """
    lines = np.array([shapely.LineString(chain) for chain in chains], dtype=np.object_)
    ends = np.array([point for chain in chains for point in (chain[0], chain[-1])])
    points = np.asarray(shapely.points(ends))
    end, target = shapely.STRtree(lines).query(points, predicate="dwithin", distance=limit)
    other = end // 2 != target
    end, target = end[other], target[other]
    distance = shapely.distance(points[end], lines[target])
    moved = [chain.copy() for chain in chains]
    places: list[Place] = []
    seen: set[int] = set()
    for index in np.argsort(distance, kind="stable").tolist():
        which = int(end[index])
        if which in seen:
            continue
        seen.add(which)
        if (ends[[2 * target[index], 2 * target[index] + 1]] == ends[which]).all(axis=1).any():
            continue
        chain = moved[which // 2]
        oriented = chain if which % 2 == 0 else chain[::-1]
        met = _meeting(oriented, lines[target[index]], float(distance[index]))
        beyond = met - oriented[0] if distance[index] > 0 else oriented[0] - oriented[1]
        size = float(np.hypot(*(met - oriented[0])))
        new_end = met + beyond / max(float(np.hypot(*beyond)), 1e-300) * tolerance
        longer = np.vstack([new_end, oriented])
        moved[which // 2] = longer if which % 2 == 0 else longer[::-1]
        if size > tolerance:
            places.append((size, float(met[0]), float(met[1])))
    return moved, places


def _meeting(chain: Points, line: shapely.LineString, distance: float) -> Points:
    """Return where the start of a chain meets a line: straight on if that is near, or beside it."""
    onward = chain[0] - chain[1]
    ray = onward / max(float(np.hypot(*onward)), 1e-300) * 1.5 * distance
    met = shapely.intersection(shapely.LineString([chain[0], chain[0] + ray]), line)
    if isinstance(met, shapely.Point) and not met.is_empty:
        return np.array([met.x, met.y])
    nearest = shapely.shortest_line(shapely.Point(chain[0]), line)
    return np.array(nearest.coords[-1])
