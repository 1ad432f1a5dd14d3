"""Loose curves that cross or overlap -> rings, by cutting them where they meet (shapely).

Only short overshoots may be cut off. Lines that run on - centre lines, bend lines - are left out
first, because a grid of them would make rings that nobody drew.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from components.geometry.drawing import PlacedError

Points = NDArray[np.float64]

MAX_CHAINS = 2000
"""Noding more loose chains than this takes too long; they are then left loose."""


@dataclass(frozen=True, slots=True)
class Noded:
    """What noding gave.

    Attributes:
        rings: Closed curves, shape (N, 2).
        loose: Chains that take no part in a ring.
        trimmed: Number of overshooting ends that were cut off.
    """

    rings: list[Points]
    loose: list[Points]
    trimmed: int


def noded(chains: list[Points], overshoot: float) -> Noded:
    """Return the rings that loose chains make when they are cut where they meet.

    Args:
        chains: Open chains, each of shape (N, 2).
        overshoot: Longest end that may be cut off.

    Raises:
        PlacedError: If two rings share an edge: then it is open which of them are parts.
    """
    active = [chain for chain in chains if len(chain) > 1]
    loose: list[Points] = []
    if not active or len(active) > MAX_CHAINS:
        return Noded([], list(chains), 0)
    while active:
        lines = shapely.union_all([shapely.LineString(chain) for chain in active])
        faces, cuts, dangles, _ = shapely.polygonize_full([lines])
        polygons = [face for face in faces.geoms if isinstance(face, shapely.Polygon)]
        stray = _stray(active, [*cuts.geoms, *dangles.geoms], overshoot)
        if not stray:
            rings = [np.array(p.exterior.coords)[:-1] for p in polygons]
            if len(rings) > 1:
                _check_shared_edges(polygons)
            return Noded(rings, loose, len(dangles.geoms))
        loose += [chain for index, chain in enumerate(active) if index in stray]
        active = [chain for index, chain in enumerate(active) if index not in stray]
    return Noded([], loose, 0)


def _stray(chains: list[Points], leftovers: list[shapely.LineString], overshoot: float) -> set[int]:
    """Return which chains a leftover longer than an overshoot belongs to."""
    tree = shapely.STRtree([shapely.LineString(chain) for chain in chains])
    stray = set()
    for piece in leftovers:
        if piece.length > overshoot:
            stray.add(int(tree.nearest(piece.interpolate(0.5, normalized=True))))
    return stray


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
