"""Which chains that stayed open may be left out, and which mean that a contour is lost.

Bend lines, centre marks and whiskers are straight; leaving them out does no harm. A contour that
was not found would turn a hole into a part, or leave a hole out. So an open chain is *lost*, and
the drawing refused with the place, if it is not straight and

* its ends are nearer to each other than half its length, and the straight line between them closes
  it without a crossing: three sides of a square (1/3), three quarters of a circle (0.30);
* or pieces of it close with gaps up to ten times the limit, together under a quarter of its length;
* or both ends lie on one contour: a notch drawn over an edge that was not taken away;
* or it lies around a contour, or beside the parts and is as big as a tenth of the biggest one.

A right angle (0.71), half a circle (0.64) and a zigzag are none of these: left out, with a warning.
"""

from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from components.geometry.drawing import PlacedError
from components.geometry.joining import simple_chains
from components.geometry.overshoots import length_of

Points = NDArray[np.float64]

STRAIGHT = 0.05
"""A chain whose hull is smaller than this share of its squared extent is a line."""

NEARLY_CLOSED = 0.5
"""A chain whose ends are nearer than this share of its length encloses something."""

WIDE = 10.0
"""Pieces of one contour are looked for over gaps of so many times the widest that is joined."""

OPEN_SHARE = 0.25
"""The gaps of a contour in pieces are shorter together than this share of it."""

BESIDE = 0.1
"""An open shape beside the parts as big as this share of the biggest one is a lost part."""

AROUND = 1.3
"""Loose lines that spread over this many times the parts' area are an outline in pieces, if they
are half as long as the way round them: marks at the corners are not."""


def check_loose(chains: list[Points], rings: list[Points], limit: float, mm: float) -> None:
    """Refuse a drawing whose open chains mean that a contour is lost.

    Args:
        chains: Open chains, each of shape (N, 2), in drawing units.
        rings: Closed rings, one or more.
        limit: Widest gap that is joined, in drawing units.
        mm: Length of a drawing unit.

    Raises:
        PlacedError: Naming the place where the contour ends and how far it is from closing.
    """
    if not chains:
        return
    polygons = np.array([shapely.Polygon(ring) for ring in rings], dtype=np.object_)
    whole = shapely.MultiPolygon(list(polygons)).convex_hull
    _check_spread(chains, whole, mm, limit)
    _check_pieces(chains, mm, limit)
    _check_notches(chains, polygons, limit)
    biggest = float(shapely.area(polygons).max())
    for chain in chains:
        hull = shapely.LineString(chain).convex_hull
        if is_line(chain):
            continue
        around = bool(shapely.contains(hull, polygons).any())
        apart = not shapely.contains(polygons, hull.representative_point()).any()
        if around or _nearly_closed(chain) or (apart and hull.area > BESIDE * biggest):
            raise open_contour(chain, mm, limit, "; or put what is not cut on its own layer")


def open_contour(chain: Points, mm: float, limit: float, hint: str = "") -> PlacedError:
    """Return the fault of one open contour, with a hint at the end of the sentence."""
    gap = float(np.hypot(*(chain[0] - chain[-1]))) * mm
    # A tolerance of centimetres would join what does not belong together: no advice to give.
    wider = f" or raise gap_limit_mm (now {limit * mm:.3g})" if gap <= WIDE * limit * mm else ""
    return PlacedError(
        f"open contour: it ends at {{place}}, {gap:.4g} mm from its start; close it{wider}{hint}",
        (float(chain[-1][0]), float(chain[-1][1])),
    )


def is_line(chain: Points) -> bool:
    """Return whether a chain is nearly straight."""
    hull = shapely.LineString(chain).convex_hull
    return bool(hull.area <= STRAIGHT * extent_of(chain) ** 2)


def extent_of(chain: Points) -> float:
    """Return the diagonal of a chain's box."""
    return float(np.hypot(*(chain.max(axis=0) - chain.min(axis=0))))


def _nearly_closed(chain: Points) -> bool:
    """Return whether a straight line from end to end would make a contour of a chain."""
    gap = float(np.hypot(*(chain[0] - chain[-1])))
    short = gap < NEARLY_CLOSED * length_of(chain)
    return short and bool(shapely.Polygon(chain).is_valid)


def _check_pieces(chains: list[Points], mm: float, limit: float) -> None:
    """Refuse a contour in several pieces.

    Raises:
        PlacedError: Naming the widest gap.
    """
    for pieces in _closing(chains, WIDE * limit):
        if len(pieces) < 2 or all(is_line(piece) for piece in pieces):
            continue
        joints = [(a[-1], b[0]) for a, b in [*pairwise(pieces), (pieces[-1], pieces[0])]]
        gaps = [float(np.hypot(*(b - a))) for a, b in joints]
        if sum(gaps) < OPEN_SHARE * sum(map(length_of, pieces)):
            widest = int(np.argmax(gaps))
            x, y = map(float, np.mean(joints[widest], axis=0))
            raise PlacedError(
                f"open contour in {len(pieces)} pieces: the widest gap is {gaps[widest] * mm:.4g} "
                f"mm at {{place}}; close it or raise gap_limit_mm (now {limit * mm:.3g})",
                (x, y),
            )


def _check_notches(chains: list[Points], polygons: NDArray[np.object_], limit: float) -> None:
    """Refuse bent chains that lead from one place of a contour to another.

    Raises:
        PlacedError: Naming the place where the first one begins.
    """
    edges = shapely.get_exterior_ring(polygons)
    for chain in chains:
        starts, ends = (shapely.dwithin(edges, shapely.Point(chain[end]), limit) for end in (0, -1))
        if (starts & ends).any() and not is_line(chain):
            raise PlacedError(
                "ambiguous: an open line begins and ends on the same contour, at {place}; a "
                "notch, or parts with a common cut? trim the edge it replaces, draw the parts "
                "apart, or put it on its own layer if it is not cut",
                (float(chain[0][0]), float(chain[0][1])),
            )


def _closing(chains: list[Points], tolerance: float) -> list[list[Points]]:
    """Return the pieces, in order and direction, of rings that close within a tolerance."""
    long = [chain for chain in chains if length_of(chain) > 4.0 * tolerance]
    return [
        run
        for run in simple_chains(long, tolerance)
        if len(run) > 1 and np.hypot(*(run[-1][-1] - run[0][0])) <= tolerance
    ]


def _check_spread(chains: list[Points], whole: BaseGeometry, mm: float, limit: float) -> None:
    """Refuse loose chains that lie all around the rings.

    Raises:
        PlacedError: Naming the end of the longest one.
    """
    spread = shapely.union_all([shapely.LineString(c).convex_hull for c in chains]).convex_hull
    is_long = 2 * sum(map(length_of, chains)) > spread.length
    if is_long and spread.area > AROUND * whole.area and shapely.contains(spread, whole):
        raise open_contour(max(chains, key=extent_of), mm, limit)
