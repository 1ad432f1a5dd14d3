"""What lies inside a rectangle: parts with holes on a sheet, or the holes of a plate."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from components.geometry.harvest import Curve

MANY = 8
"""So many contours that are not round are parts on a sheet, if only one has holes."""

ROUND = frozenset(("CIRCLE", "ARC", "ELLIPSE"))


class Content(NamedTuple):
    """What the contours inside a rectangle say for a sheet.

    Attributes:
        said: In words.
        weight: How much it says beside other signs.
        alone: How much it says if there is no other sign.
    """

    said: str
    weight: float
    alone: float


def weight_of_content(groups: Sequence[Sequence[Curve]], double: bool) -> Content:
    """Return what the contours inside a rectangle say for a sheet.

    Args:
        groups: The curves of each connected contour.
        double: Whether the rectangle has a second line.
    """
    areas = [(_area(group), _is_round(group)) for group in groups]
    closed = [(area, is_round) for area, is_round in areas if area is not None]
    shapes = np.array([area for area, _ in closed], dtype=np.object_)
    outer, inner = shapely.STRtree(shapes).query(shapes, predicate="contains_properly")
    parts = [n for n, (_, is_round) in enumerate(closed) if not is_round and n not in inner]
    holed = len(np.intersect1d(parts, outer))
    if holed > 1 or (holed and len(parts) >= MANY):
        return Content("several parts in it", 2.0, 2.0)
    if holed and double:
        return Content("a part with holes in it", 1.0, 0.0)
    if holed == len(parts) == 1 and _are_apart(parts[0], outer, inner, len(closed)):
        # A frame round a part with holes, or a plate with a window and parts cut from its waste.
        holes = [is_round for n, (_, is_round) in enumerate(closed) if n != parts[0]]
        if all(holes) and len(holes) > 1:
            return Content("a part with holes in it", 2.0, 2.0)
        return Content("a part with a hole in it", 0.5, 1.5)
    return Content("a contour in it", 0.5 if parts else 0.0, 0.0)


def _are_apart(part: int, outer: NDArray[np.int64], inner: NDArray[np.int64], count: int) -> bool:
    """Return whether all other contours lie directly in one: the rectangle has no holes itself."""
    return len(inner) == count - 1 and bool((outer == part).all())


def _area(group: Sequence[Curve]) -> BaseGeometry | None:
    """Return the area that connected curves enclose, None if they close nothing."""
    curves = [curve.xy for curve in group]
    if len(curves) == 1 and len(curves[0]) > 3 and (curves[0][0] == curves[0][-1]).all():
        area = shapely.Polygon(curves[0])
        return area if area.is_valid else shapely.make_valid(area)
    lines = shapely.union_all([shapely.LineString(xy) for xy in curves])
    faces = shapely.get_parts(shapely.polygonize([lines]))
    return shapely.union_all(faces) if len(faces) else None


def _is_round(group: Sequence[Curve]) -> bool:
    """Return whether a contour is drawn with circles, arcs and ellipses alone."""
    return all(curve.entity in ROUND for curve in group)
