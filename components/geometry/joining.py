"""Curves -> closed rings: doubles removed, loose ends joined, whiskers dropped.

      tight tolerance      wider, step by step        what is left over
    +-----------+         +---------- -+            ---+-------+---  overshoots: cut at crossings
    |           |  exact  |            | gap           |       |     whiskers, bend and centre
    +-----------+         +------------+               +-------+     lines: dropped, told

Chains found at one tolerance count as one curve at the next, so a wide tolerance only ever meets
the loose ends of whole chains and cannot eat short segments.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from ezdxf import edgeminer
from ezdxf.math import Vec3
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from components.geometry.doubles import without_doubles
from components.geometry.overshoots import Place, length_of, trimmed_ends

Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class JoinSettings:
    """Tolerances in drawing units.

    Attributes:
        start: First tolerance for joining ends.
        limit: Last one.
        factor: From one to the next.
        double: Long curves nearer to each other than this are one drawn twice.
        overshoot: Longest end past a crossing that is cut off.
        noise: Gaps and ends up to this are rounding.
    """

    start: float
    limit: float
    factor: float
    double: float
    overshoot: float
    noise: float

    def steps(self) -> list[float]:
        """Return the tolerances from the tightest to the widest."""
        steps = [self.start]
        while steps[-1] < self.limit:
            steps.append(min(steps[-1] * self.factor, self.limit))
        return steps


@dataclass(slots=True)
class Joined:
    """What joining gave; places and sizes in drawing units.

    Attributes:
        rings: Closed curves, shape (N, 2), the first point not repeated.
        loose: Open chains that closed nothing, shape (N, 2).
        gaps: Size, x and y of every joint wider than the first tolerance.
        overshoots: Size, x and y of every crossing whose ends were cut off.
        doubles: Number of curves that were drawn twice.
    """

    rings: list[Points] = field(default_factory=list)
    loose: list[Points] = field(default_factory=list)
    gaps: list[Place] = field(default_factory=list)
    overshoots: list[Place] = field(default_factory=list)
    doubles: int = 0


def joined(curves: Sequence[Points], settings: JoinSettings) -> Joined:
    """Join curves into rings.

    Args:
        curves: Points of each, shape (N, 2), N >= 2.
        settings: Tolerances.
    """
    result = Joined()
    unique = without_doubles(curves, settings.start, settings.double)
    result.doubles = len(curves) - len(unique)
    open_chains = _sorted_out(unique, settings.start, result)
    open_chains = welded(open_chains, settings.start, result)
    # A loop with a whisker at one corner is a chain that ends where it began.
    open_chains = _sorted_out(open_chains, settings.start, result)
    open_chains, result.overshoots = trimmed_ends(
        open_chains, settings.overshoot, settings.noise, settings.start
    )
    if result.overshoots:
        open_chains = welded(open_chains, settings.start, result)
    for tolerance in settings.steps()[1:]:
        if not open_chains:
            break
        open_chains = mined(open_chains, tolerance, settings.start, result)
    result.loose = open_chains
    return result


def _sorted_out(curves: Sequence[Points], tolerance: float, result: Joined) -> list[Points]:
    """Put closed curves into the result, return the open ones."""
    open_chains = []
    for curve in curves:
        if len(curve) > 2 and _distance(curve[-1], curve[0]) <= tolerance:
            result.rings.append(curve[:-1])
        else:
            open_chains.append(curve)
    return open_chains


def welded(curves: list[Points], tolerance: float, result: Joined) -> list[Points]:
    """Join ends that meet exactly, where just two meet; rings go into the result.

    This is the bulk of the work in a big drawing, so it is done on all ends at once.
    """
    if not curves:
        return []
    ends = np.array([point for curve in curves for point in (curve[0], curve[-1])])
    nodes = _clusters(ends, tolerance)
    degree = np.bincount(nodes)
    by_node: dict[int, list[int]] = {}
    for end, node in enumerate(nodes.tolist()):
        if degree[node] == 2:
            by_node.setdefault(node, []).append(end)
    partner: dict[int, int] = {}
    for a, b in by_node.values():
        partner[a], partner[b] = b, a
    return _followed(curves, partner, result)


def joined_ends(ends: Points, tolerance: float) -> NDArray[np.int64]:
    """Return a number per curve, equal for curves that hang together.

    Args:
        ends: Start and end of each curve in turn, shape (2 N, 2).
        tolerance: Ends this near to each other hang together.
    """
    nodes = _clusters(ends, tolerance)
    links = coo_array(
        (np.ones(len(ends) // 2), (nodes[0::2], nodes[1::2])), (int(nodes.max()) + 1,) * 2
    )
    return np.asarray(connected_components(links, directed=False)[1][nodes[0::2]], dtype=np.int64)


def _clusters(points: Points, tolerance: float) -> NDArray[np.int64]:
    """Return a number per point, equal for points within the tolerance of one another."""
    pairs = cKDTree(points).query_pairs(tolerance, output_type="ndarray")
    links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), (len(points),) * 2)
    return np.asarray(connected_components(links, directed=False)[1], dtype=np.int64)


def _followed(curves: list[Points], partner: dict[int, int], result: Joined) -> list[Points]:
    """Walk from end to end; end 2 i is the start of curve i, 2 i + 1 its end."""
    used = [False] * len(curves)
    chains = []
    loose_starts = [end for end in range(2 * len(curves)) if end not in partner]
    for first in [*loose_starts, *range(0, 2 * len(curves), 2)]:
        if used[first // 2]:
            continue
        pieces, end = [], first
        while end is not None and not used[end // 2]:
            used[end // 2] = True
            curve = curves[end // 2]
            pieces.append(curve if end % 2 == 0 else curve[::-1])
            end = partner.get(end ^ 1)
        chain = np.vstack([pieces[0], *(piece[1:] for piece in pieces[1:])])
        if end is None:
            chains.append(chain)
        else:
            result.rings.append(chain[:-1])
    return chains


def mined(chains: list[Points], tolerance: float, start: float, result: Joined) -> list[Points]:
    """Join the loose ends of chains within a tolerance; return the chains still open.

    Chains that would vanish within the tolerance take no part in it.
    """
    still_open: list[Points] = []
    pieces: list[Points] = []
    for chain, near in zip(chains, _near_another_end(chains, tolerance), strict=True):
        is_long = near and length_of(chain) > 4.0 * tolerance
        (pieces if is_long else still_open).append(chain)
    for found in simple_chains(pieces, tolerance):
        still_open += _join(found, tolerance, start, result)
    return still_open


def simple_chains(pieces: list[Points], tolerance: float) -> list[list[Points]]:
    """Return pieces in runs, each in order and direction, without a branch in a run.

    `edgeminer.find_all_simple_chains` begins at an edge that a set happens to give: sizes and
    places of gaps would differ from run to run. Here each run begins at its first piece.
    """
    runs: list[list[Points]] = []
    edges = []
    for piece in pieces:
        if _distance(piece[0], piece[-1]) <= tolerance:
            # edgeminer would find it twice, as its own neighbour.
            runs.append([piece])
        else:
            start, end = Vec3(piece[0]), Vec3(piece[-1])
            edges.append(edgeminer.make_edge(start, end, length_of(piece), payload=piece))
    if not edges:
        return runs
    deposit = edgeminer.Deposit(edges, gap_tol=tolerance)
    known: set[edgeminer.Edge] = set()
    for edge in edges:
        if edge not in known:
            run = edgeminer.find_simple_chain(deposit, edge)
            known.update(run)
            runs.append([e.payload[::-1] if e.is_reverse else e.payload for e in run])
    return runs


def _near_another_end(chains: list[Points], tolerance: float) -> NDArray[np.bool_]:
    """Return for each chain whether an end of it is within the tolerance of any other end."""
    ends = np.array([point for chain in chains for point in (chain[0], chain[-1])])
    near = np.zeros(len(chains), dtype=np.bool_)
    near[cKDTree(ends).query_pairs(tolerance, output_type="ndarray").ravel() // 2] = True
    return near


def _join(pieces: list[Points], tolerance: float, start: float, result: Joined) -> list[Points]:
    """Join pieces end to end; a ring goes into the result, an open chain is returned."""
    closes = _distance(pieces[-1][-1], pieces[0][0]) <= tolerance
    pieces = [piece.copy() for piece in pieces]
    joints = list(pairwise(pieces)) + ([(pieces[-1], pieces[0])] if closes else [])
    result.gaps += [gap for gap in (_close(*joint) for joint in joints) if gap[0] > start]
    chain = np.vstack([pieces[0], *(piece[1:] for piece in pieces[1:])])
    if closes:
        result.rings.append(chain[:-1])
        return []
    return [chain]


def _close(before: Points, after: Points) -> Place:
    """Move the end of one piece and the start of the next to their middle, in place.

    Left where they are, ends that overlap would make the ring cross itself.

    Returns:
        Size of the gap and its middle.
    """
    size = _distance(before[-1], after[0])
    middle = (before[-1] + after[0]) / 2
    before[-1] = after[0] = _corner(before, after, middle, size)
    return size, float(middle[0]), float(middle[1])


def _corner(before: Points, after: Points, middle: Points, size: float) -> Points:
    """Return where two ends should meet: where their lines cross, if that is near, or midway.

    ----+--      --- |           ---- ----
        |            |  -> ---+        -> midway
        |            |        |
    """
    along, onward = before[-1] - before[-2], after[1] - after[0]
    turn = along[0] * onward[1] - along[1] * onward[0]
    if abs(turn) < 0.1 * np.hypot(*along) * np.hypot(*onward):
        return middle
    across = after[0] - before[-1]
    step = (across[0] * onward[1] - across[1] * onward[0]) / turn
    corner: Points = before[-1] + step * along
    return corner if _distance(corner, middle) <= 1.5 * size else middle


def _distance(a: Points, b: Points) -> float:
    """Return the distance of two points."""
    return math.hypot(a[0] - b[0], a[1] - b[1])
