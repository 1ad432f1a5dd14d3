"""Which feature tells two parts apart that lie on each other, and how fine a camera must see."""

import math
from collections.abc import Sequence

import numpy as np
import shapely
from shapely import Polygon, affinity
from shapely.geometry.base import BaseGeometry

from components.geometry.laying import Lay, Shape, difference
from components.geometry.resemblance import Feature

PIXELS_PER_FEATURE = 4.0
"""A feature fewer pixels wide than this is lost in the blur of an edge (two pixels a side)."""

_Place = tuple[float, float]


def biggest_difference(one: Shape, other: Shape, lay: Lay) -> Feature | None:
    """Return the thickest difference of two parts, the second laid on the first; None if none."""
    rest = uncovered(one, other, lay)
    pieces = [piece for piece in shapely.get_parts(rest) if piece.area > 0]
    if not pieces:
        return None
    near = common_tolerance(one, other, lay) / 10
    piece, circle = _thickest(pieces, near)
    x, y = circle.coords[0]
    width_mm = 2 * float(circle.length)
    holes = _holes_at(one, other, lay, piece)
    return Feature(
        text=_words(one, other, lay, holes, (x, y), width_mm),
        first_hole=None if holes[0] is None else holes[0] + 1,
        second_hole=None if holes[1] is None else holes[1] + 1,
        x_mm=x,
        y_mm=y,
        width_mm=width_mm,
        area_mm2=float(piece.area),
        px_per_mm=PIXELS_PER_FEATURE / width_mm,
        count=len(pieces),
    )


def _thickest(pieces: Sequence[Polygon], near: float) -> tuple[Polygon, BaseGeometry]:
    """Return the piece with the biggest circle in it, and a radius of that circle.

    Args:
        pieces: At least one.
        near: Precision in mm.
    """
    first, *others = sorted(pieces, key=lambda piece: -float(piece.area))
    best, circle = first, shapely.maximum_inscribed_circle(first, near)
    for piece in others:
        # No circle in a piece is bigger than the one of its area: most need no search.
        if math.sqrt(float(piece.area) / math.pi) <= circle.length:
            break
        found = shapely.maximum_inscribed_circle(piece, near)
        if found.length > circle.length:
            best, circle = piece, found
    return best, circle


def uncovered(one: Shape, other: Shape, lay: Lay) -> BaseGeometry:
    """Return what only one of two parts covers, the second laid on the first, without slivers."""
    return difference(one.polygon, lay.applied(other.polygon), common_tolerance(one, other, lay))


def common_tolerance(one: Shape, other: Shape, lay: Lay) -> float:
    """Return the coarser tolerance of two parts, in mm of the first."""
    return max(one.tolerance_mm, lay.scale * other.tolerance_mm)


def _holes_at(
    one: Shape, other: Shape, lay: Lay, piece: BaseGeometry
) -> tuple[int | None, int | None]:
    """Return the holes of both parts, from 0, in which a difference lies; None for none."""
    here = _hole_at([Polygon(hole.xy_mm) for hole in one.part.holes], piece)
    laid = [lay.applied(Polygon(hole.xy_mm)) for hole in other.part.holes]
    there = _hole_at(laid, piece)
    # The hole that takes the place of this one, if there is one that overlaps it.
    if here is not None and there is None:
        there = _hole_at(laid, Polygon(one.part.holes[here].xy_mm))
    elif there is not None and here is None:
        rings = [Polygon(hole.xy_mm) for hole in one.part.holes]
        here = _hole_at(rings, laid[there])
    return here, there


def _hole_at(holes: Sequence[BaseGeometry], piece: BaseGeometry) -> int | None:
    """Return the hole that covers most of an area; None if all cover less than a tenth."""
    shares = [hole.intersection(piece).area / piece.area for hole in holes]
    best = int(np.argmax(shares)) if shares else 0
    return best if shares and shares[best] > 0.1 else None


def _words(
    one: Shape,
    other: Shape,
    lay: Lay,
    holes: tuple[int | None, int | None],
    place: _Place,
    width_mm: float,
) -> str:
    """Return the difference in words."""
    here, there = holes
    names = one.part.name, other.part.name
    if here is not None and there is not None:
        first = Polygon(one.part.holes[here].xy_mm)
        second = lay.applied(Polygon(other.part.holes[there].xy_mm))
        return f"hole {here + 1} of {names[0]} and hole {there + 1} of {names[1]} " + _change(
            first, second, common_tolerance(one, other, lay)
        )
    at, wide = f"at {_point(place)} mm of {names[0]}", f"{width_mm:.3g} mm wide"
    if here is not None:
        return f"hole {here + 1} of {names[0]}, {wide}, {at}, is missing in {names[1]}"
    if there is not None:
        return f"hole {there + 1} of {names[1]}, {wide}, {at}, is missing in {names[0]}"
    has = names[0] if one.polygon.covers(shapely.Point(place)) else names[1]
    return f"the outline {at}, {wide}: only {has} has material there"


def _change(first: BaseGeometry, second: BaseGeometry, tolerance_mm: float) -> str:
    """Return in words how a hole becomes another that overlaps it."""
    a, b = first.centroid, second.centroid
    apart = math.dist((a.x, a.y), (b.x, b.y))
    place = f"at {_point((a.x, a.y))} mm"
    moved = affinity.translate(second, a.x - b.x, a.y - b.y)
    if apart > tolerance_mm and difference(first, moved, tolerance_mm).is_empty:
        return f"are {apart:.3g} mm apart, {place}"
    sizes = f"{_diameter(first):.4g} and {_diameter(second):.4g} mm across, {place}"
    return sizes if apart <= tolerance_mm else f"{sizes}, {apart:.3g} mm apart"


def _diameter(hole: BaseGeometry) -> float:
    """Return the diameter of the circle of the same area."""
    return 2 * math.sqrt(float(hole.area) / math.pi)


def _point(place: _Place) -> str:
    """Return a place in words, to 1 um: what is nearer to an axis lies on it."""
    x, y = (round(value, 3) + 0.0 for value in place)
    return f"({x:.4g}, {y:.4g})"
