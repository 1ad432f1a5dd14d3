"""Which chains that stayed open may be left out, and which mean that a contour is lost.

Bend lines, centre marks and whiskers are nearly straight or far from closing; leaving them out
does no harm. An open chain that would enclose something is a contour that was not found: without
it a hole would be taken for a part, or a part would lack a hole.
"""

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from components.geometry.drawing import PlacedError

Points = NDArray[np.float64]

STRAIGHT = 0.05
"""A chain narrower than this share of its length is a line."""

NEARLY_CLOSED = 0.1
"""A chain whose ends are nearer than this share of its length was meant to be closed."""

BESIDE = 0.1
"""An open shape beside the parts as big as this share of the biggest one is a lost part."""

AROUND = 1.3
"""Loose lines that spread over this many times the parts' area are an outline in pieces."""


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
    inside_points = shapely.point_on_surface(polygons)
    biggest = float(shapely.area(polygons).max())
    for chain in chains:
        hull = shapely.LineString(chain).convex_hull
        if _is_line(chain, hull):
            continue
        gap = float(np.hypot(*(chain[0] - chain[-1])))
        around = bool(shapely.contains(hull, inside_points).any())
        apart = not shapely.contains(polygons, hull.representative_point()).any()
        nearly = gap < NEARLY_CLOSED * float(shapely.LineString(chain).length)
        if around or nearly or (apart and hull.area > BESIDE * biggest):
            raise open_contour(chain, mm, limit)


def open_contour(chain: Points, mm: float, limit: float) -> PlacedError:
    """Return the fault of one open contour."""
    gap = float(np.hypot(*(chain[0] - chain[-1]))) * mm
    return PlacedError(
        f"open contour: it ends at {{place}}, {gap:.4g} mm from its start; close it or raise "
        f"gap_limit_mm (now {limit * mm:.3g})",
        (float(chain[-1][0]), float(chain[-1][1])),
    )


def _is_line(chain: Points, hull: BaseGeometry) -> bool:
    """Return whether a chain is nearly straight."""
    length = float(np.hypot(*(chain.max(axis=0) - chain.min(axis=0))))
    return bool(hull.area <= STRAIGHT * length * length)


def _check_spread(chains: list[Points], whole: BaseGeometry, mm: float, limit: float) -> None:
    """Refuse loose chains that lie all around the rings.

    Raises:
        PlacedError: Naming the end of the longest one.
    """
    spread = shapely.union_all([shapely.LineString(c).convex_hull for c in chains]).convex_hull
    if spread.area > AROUND * whole.area and shapely.contains(spread, whole):
        raise open_contour(max(chains, key=extent_of), mm, limit)


def extent_of(chain: Points) -> float:
    """Return the diagonal of a chain's box."""
    return float(np.hypot(*(chain.max(axis=0) - chain.min(axis=0))))
