"""Loose curves that cross or overlap -> rings, by cutting them where they meet (shapely).

Only short overshoots may be cut off. Lines that run on - centre lines, bend lines - are left out
first, because a grid of them would make rings that nobody drew.
"""

from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray

from components.geometry.drawing import PlacedError
from components.geometry.overshoots import SHARE, Place, led_on

Points = NDArray[np.float64]

MAX_CHAINS = 2000
"""Noding more loose chains than this takes too long; they are then left loose."""

WHOLE = 0.999
"""A chain of which this share dangles is no overshoot but a line that belongs to no ring."""


@dataclass(frozen=True, slots=True)
class NodingLimits:
    """Lengths in drawing units.

    Attributes:
        start: Shorter leftovers and gaps are rounding.
        gap: Widest gap between an end and a line; leftovers as short as this may always be cut.
        overshoot: Longest end that may be cut off.
    """

    start: float
    gap: float
    overshoot: float


@dataclass(frozen=True, slots=True)
class Noded:
    """What noding gave.

    Attributes:
        rings: Closed curves, shape (N, 2).
        loose: Chains that take no part in a ring.
        overshoots: Length and place of every end that was cut off.
        gaps: Size and place of every end that stopped short of a line and was led on.
    """

    rings: list[Points] = field(default_factory=list)
    loose: list[Points] = field(default_factory=list)
    overshoots: list[Place] = field(default_factory=list)
    gaps: list[Place] = field(default_factory=list)


def noded(chains: list[Points], limits: NodingLimits) -> Noded:
    """Return the rings that loose chains make when they are cut where they meet.

    Args:
        chains: Open chains, each of shape (N, 2).
        limits: What may be cut off or led on.

    Raises:
        PlacedError: If two rings share an edge: then it is open which of them are parts.
    """
    active = [chain for chain in chains if len(chain) > 1]
    loose: list[Points] = []
    if not active or len(active) > MAX_CHAINS:
        return Noded(loose=list(chains))
    while active:
        longer, gaps = led_on(active, limits.gap, limits.start)
        faces, leftovers = _faces(longer, limits.start)
        stray = _stray(longer, leftovers, faces, limits)
        if not stray:
            if len(faces) > 1:
                _check_shared_edges(faces)
            return _result(faces, leftovers, gaps, loose, limits.start)
        loose += [chain for index, chain in enumerate(active) if index in stray]
        active = [chain for index, chain in enumerate(active) if index not in stray]
    return Noded(loose=loose)


def longest_overshoot(chains: list[Points], gap: float, start: float) -> Place | None:
    """Return the longest end that keeps crossing chains from making a ring, for the reason told.

    Args:
        chains: Open chains of which no ring could be made.
        gap: See `NodingLimits`.
        start: See `NodingLimits`.
    """
    active = [chain for chain in chains if len(chain) > 1]
    if not active or len(active) > MAX_CHAINS:
        return None
    faces, leftovers = _faces(led_on(active, gap, start)[0], start)
    if not faces:
        return None
    biggest = max(faces, key=lambda face: float(face.area))
    # What is longer than the ring itself is no overshoot but another line.
    side = _side(biggest)
    ends = [line for line in leftovers if line.length < side and line.distance(biggest) <= start]
    return max((_place(line, [biggest]) for line in ends), default=None)


def _faces(
    chains: list[Points], start: float
) -> tuple[list[shapely.Polygon], list[shapely.LineString]]:
    """Return the faces that chains make, and the lines that bound none.

    Points are rounded to a tenth of the start tolerance: lines that overlap in a turned drawing
    lie beside each other in their last digits and would not be merged.
    """
    lines = shapely.union_all([shapely.LineString(chain) for chain in chains], grid_size=start / 10)
    faces, cuts, dangles, _ = shapely.polygonize_full([lines])
    polygons = [face for face in faces.geoms if isinstance(face, shapely.Polygon)]
    left = [line for line in (*cuts.geoms, *dangles.geoms) if isinstance(line, shapely.LineString)]
    return polygons, left


def _side(polygon: shapely.Polygon) -> float:
    """Return the longer side of a polygon's box."""
    low_x, low_y, high_x, high_y = polygon.bounds
    return float(max(high_x - low_x, high_y - low_y))


def _stray(
    chains: list[Points],
    leftovers: list[shapely.LineString],
    faces: list[shapely.Polygon],
    limits: NodingLimits,
) -> set[int]:
    """Return the chains that run on beyond their ring by more than an overshoot, or bound none."""
    lines = [shapely.LineString(chain) for chain in chains]
    tree, tree_of_faces = shapely.STRtree(lines), shapely.STRtree(faces)
    stray = set()
    left = np.zeros(len(chains))
    for piece in leftovers:
        owner = int(tree.nearest(piece.interpolate(0.5, normalized=True)))
        left[owner] += piece.length
        allowed = limits.gap
        if faces:
            side = _side(faces[int(tree_of_faces.nearest(piece))])
            allowed = max(allowed, min(limits.overshoot, SHARE * side))
        # Ends that were led on are longer by the start tolerance.
        if piece.length > allowed + 2 * limits.start:
            stray.add(owner)
    whole = left >= WHOLE * np.array([line.length for line in lines])
    return stray | set(np.flatnonzero(whole).tolist())


def _result(
    faces: list[shapely.Polygon],
    leftovers: list[shapely.LineString],
    gaps: list[Place],
    loose: list[Points],
    start: float,
) -> Noded:
    """Return the rings, and the faults that lie on them."""
    rings = [np.array(face.exterior.coords)[:-1] for face in faces]
    cut = [_place(line, faces) for line in leftovers if line.length > 2 * start]
    edges = shapely.MultiLineString([face.exterior for face in faces])
    on_edge = [gap for gap in gaps if edges.distance(shapely.Point(gap[1:])) <= 2 * start]
    return Noded(rings, loose, cut, on_edge)


def _place(line: shapely.LineString, faces: list[shapely.Polygon]) -> Place:
    """Return the length of a leftover and where it leaves the ring."""
    edge = faces[int(shapely.STRtree(faces).nearest(line))].exterior
    x, y = shapely.shortest_line(edge, line).coords[0]
    return float(line.length), float(x), float(y)


def _check_shared_edges(polygons: list[shapely.Polygon]) -> None:
    """Refuse rings side by side.

    Raises:
        PlacedError: Naming a place on the shared edge.
    """
    tree = shapely.STRtree(polygons)
    first, second = tree.query(polygons, predicate="intersects")
    for i, j in zip(first.tolist(), second.tolist(), strict=True):
        if i < j:
            shared = polygons[i].boundary.intersection(polygons[j].boundary)
            if shared.length > 0:
                x, y = shared.interpolate(0.5, normalized=True).coords[0]
                raise PlacedError(
                    "ambiguous: two contours share an edge at {place}; a bend line or two parts "
                    "with a common cut? put it on its own layer or draw the parts apart",
                    (x, y),
                )
