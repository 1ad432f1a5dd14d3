"""One DXF entity -> points along it, in its own block's coordinates.

Every function returns arrays of shape (N, 3); a closed curve repeats its first point at the end.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from ezdxf.entities.dxfentity import DXFEntity
from ezdxf.math import OCS, BSpline, Vec3
from ezdxf.path import from_hatch
from numpy.typing import NDArray

from components.errors import DrawingError
from components.geometry.dxf_document import LOADER_ERRORS
from components.geometry.flattening import arc_points, bulged_points, curve_points

Points3 = NDArray[np.float64]

BEYOND = 1e13
"""Coordinates from here on keep less than a hundredth of a unit in float64: refused."""

MAX_BULGE = 1e6
"""An arc with a bigger bulge is a full circle a million times the size of its chord."""

FINEST = 1e-7
"""Chords are no nearer to a curve than this share of its extent: nobody could draw the points."""

SPLINE_FRAME_VERTEX = 16
"""Flag of a VERTEX that only controls a curve and does not lie on it."""


def checked(points: Points3, entity: DXFEntity) -> Points3:
    """Return `points` if all are finite and in range.

    Raises:
        DrawingError: Naming the type of the entity.
    """
    if not np.isfinite(points).all():
        raise DrawingError(f"a {entity.dxftype()} has a coordinate that is no finite number")
    if points.size and np.abs(points).max() > BEYOND:
        raise DrawingError(f"a {entity.dxftype()} has a coordinate out of range (over {BEYOND:g})")
    return points


def curves_of(entity: DXFEntity, tolerance: float) -> list[Points3]:
    """Return the curves of one entity; none if it has no extent.

    Args:
        entity: Of a type in `CURVES` or `REGIONS`.
        tolerance: Largest distance between curve and chords, in drawing units.

    Raises:
        DrawingError: If a number in it cannot be meant.
    """
    make = CURVES.get(entity.dxftype()) or REGIONS[entity.dxftype()]
    try:
        return [checked(points, entity) for points in make(entity, tolerance)]
    except LOADER_ERRORS as error:
        raise DrawingError(
            f"a {entity.dxftype()} has values missing or wrong ({type(error).__name__})"
        ) from error


def _line(entity: Any, tolerance: float) -> list[Points3]:
    """Return the two ends of a LINE."""
    return [np.array([entity.dxf.start.xyz, entity.dxf.end.xyz])]


def _radius(entity: Any) -> float:
    """Return the radius of a CIRCLE or ARC."""
    radius = float(entity.dxf.radius)
    if not math.isfinite(radius) or radius < 0:
        raise DrawingError(
            f"a {entity.dxftype()} has the radius {radius}; a hole or outline would be lost"
        )
    return radius


def _circle(entity: Any, tolerance: float) -> list[Points3]:
    """Return a CIRCLE, closed."""
    return _turn(entity, 0.0, 2.0 * math.pi, tolerance)


def _arc(entity: Any, tolerance: float) -> list[Points3]:
    """Return an ARC; it runs counter-clockwise from its start to its end angle."""
    start, end = float(entity.dxf.start_angle), float(entity.dxf.end_angle)
    if not (math.isfinite(start) and math.isfinite(end)):
        raise DrawingError("an ARC has an angle that is no finite number")
    sweep = (end - start) % 360.0
    # 0..360 is a full circle; equal angles are one too in every CAD program.
    if sweep < 1e-9 or sweep > 360.0 - 1e-9:
        sweep = 360.0
    return _turn(entity, math.radians(start), math.radians(sweep), tolerance)


def _turn(entity: Any, start_rad: float, sweep_rad: float, tolerance: float) -> list[Points3]:
    """Return an arc in the entity's own coordinate system, turned into its block's."""
    radius, centre = _radius(entity), entity.dxf.center
    if radius == 0.0 or not all(map(math.isfinite, centre.xyz)):
        return [checked(np.array([centre.xyz, centre.xyz]), entity)]
    flat = arc_points((centre.x, centre.y), radius, start_rad, sweep_rad, tolerance)
    return [_lifted(flat, centre.z, entity.ocs())]


def _lifted(flat: NDArray[np.float64], elevation: float, ocs: OCS) -> Points3:
    """Return 2D points of an object coordinate system as 3D points of the block."""
    points = np.column_stack([flat, np.full(len(flat), elevation)])
    if not ocs.transform:
        return points
    axes = np.array([ocs.ux.xyz, ocs.uy.xyz, ocs.uz.xyz])
    return np.asarray(points @ axes)


def _ellipse(entity: Any, tolerance: float) -> list[Points3]:
    """Return an ELLIPSE."""
    numbers = [*entity.dxf.center.xyz, *entity.dxf.major_axis.xyz, entity.dxf.ratio]
    numbers += [entity.dxf.start_param, entity.dxf.end_param]
    if not all(map(math.isfinite, numbers)):
        raise DrawingError("an ELLIPSE has a value that is no finite number")
    if entity.dxf.major_axis.magnitude == 0.0:
        return []
    reach = entity.dxf.major_axis.magnitude * max(1.0, abs(entity.dxf.ratio))
    points = _rows(entity.flattening(max(tolerance, FINEST * reach), segments=32))
    return [_snapped(points)]


def _snapped(points: Points3) -> Points3:
    """Return points whose end is set to the start if only rounding parts them."""
    extent = float(np.ptp(points, axis=0).max())
    if len(points) > 2 and np.abs(points[-1] - points[0]).max() <= 1e-9 * extent:
        points[-1] = points[0]
    return points


def _rows(vectors: Any) -> Points3:
    """Return vectors as rows of x, y, z."""
    rows = [Vec3(vector).xyz for vector in vectors]
    return np.array(rows, dtype=np.float64).reshape(-1, 3)


def _lwpolyline(entity: Any, tolerance: float) -> list[Points3]:
    """Return an LWPOLYLINE with its arcs; its width is no geometry."""
    rows = np.array(entity.lwpoints.values, dtype=np.float64).reshape(-1, 5)[:, [0, 1, 4]]
    return _polyline2d(entity, rows, bool(entity.closed), float(entity.dxf.elevation), tolerance)


def _polyline2d(
    entity: Any, xyb: NDArray[np.float64], closed: bool, elevation: float, tolerance: float
) -> list[Points3]:
    """Return a flat polyline given by x, y and bulge."""
    if len(xyb) < 2:
        return []
    checked(xyb, entity)
    if np.abs(xyb[:, 2]).max() > MAX_BULGE:
        raise DrawingError(f"a {entity.dxftype()} has a bulge out of range (over {MAX_BULGE:g})")
    flat = bulged_points(xyb, closed, tolerance)
    return [_lifted(flat, elevation, entity.ocs())]


def _polyline(entity: Any, tolerance: float) -> list[Points3]:
    """Return a POLYLINE: flat with bulges, or through points in space."""
    on_curve = [v for v in entity.vertices if not v.dxf.flags & SPLINE_FRAME_VERTEX]
    places = _rows(v.dxf.location for v in on_curve)
    if entity.is_3d_polyline:
        if len(places) < 2:
            return []
        return [np.vstack([places, places[:1]]) if entity.is_closed else places]
    bulges = np.array([v.dxf.bulge for v in on_curve], dtype=np.float64)
    elevation = float(places[0, 2]) if len(places) else 0.0
    xyb = np.column_stack([places[:, :2], bulges])
    return _polyline2d(entity, xyb, bool(entity.is_closed), elevation, tolerance)


def _spline(entity: Any, tolerance: float) -> list[Points3]:
    """Return a SPLINE through its control points, or its fit points if it has only these."""
    for points in (entity.control_points, entity.fit_points):
        checked(np.asarray(list(points), dtype=np.float64), entity)
    if not len(entity.control_points):
        return _fitted_spline(entity, tolerance)
    _check_knots(entity)
    return _sampled(entity.construction_tool(), tolerance)


def _fitted_spline(entity: Any, tolerance: float) -> list[Points3]:
    """Return a SPLINE that interpolates its fit points."""
    fit = list(entity.fit_points)
    if len(fit) < 2:
        return []
    if entity.closed and not Vec3(fit[0]).isclose(fit[-1]):
        closed = entity.copy()
        closed.fit_points = [*fit, fit[0]]
        entity = closed
    return _sampled(entity.construction_tool(), tolerance)


def _sampled(curve: BSpline, tolerance: float) -> list[Points3]:
    """Return points along a spline over the knots where it is defined.

    A periodic spline has knots before and after that range; there it would fall to the origin.
    """
    knots, degree = np.asarray(curve.knots(), dtype=np.float64), curve.degree
    first, last = knots[degree], knots[-degree - 1]
    spans = np.unique(knots[(knots >= first) & (knots <= last)])
    points = curve_points(lambda places: _rows(curve.points(places)), spans, tolerance)
    return [_snapped(points)] if len(points) > 1 else []


def _check_knots(entity: Any) -> None:
    """Refuse knots that make no curve.

    Raises:
        DrawingError: Saying what is wrong with them.
    """
    knots = np.asarray(list(entity.knots), dtype=np.float64)
    wanted = len(entity.control_points) + int(entity.dxf.degree) + 1
    if len(knots) and len(knots) != wanted:
        raise DrawingError(f"a SPLINE has {len(knots)} knots, {wanted} are needed")
    if not np.isfinite(knots).all() or np.any(np.diff(knots) < 0):
        raise DrawingError("a SPLINE has knots that do not rise")
    weights = np.asarray(list(entity.weights), dtype=np.float64)
    if len(weights) and not (len(weights) == len(entity.control_points) and np.all(weights > 0)):
        raise DrawingError("a SPLINE has weights that are not positive, or too few of them")


def _region(entity: Any, tolerance: float) -> list[Points3]:
    """Return the boundaries of a HATCH or MPOLYGON, closed, without the boxes round texts."""
    paths = [path for path in from_hatch(entity) if not getattr(path.user_data, "textbox", False)]
    boundaries = []
    for path in paths:
        # With a coordinate that is no number ezdxf would never end.
        corners = checked(_rows(path.control_vertices()), entity)
        reach = float(np.ptp(corners, axis=0).max()) if len(corners) else 0.0
        boundaries.append(_rows(path.flattening(max(tolerance, FINEST * reach), 16)))
    return [np.vstack([b, b[:1]]) for b in boundaries if len(b) > 2]


Maker = Callable[[Any, float], list[Points3]]

CURVES: dict[str, Maker] = {
    "LINE": _line,
    "ARC": _arc,
    "CIRCLE": _circle,
    "ELLIPSE": _ellipse,
    "LWPOLYLINE": _lwpolyline,
    "POLYLINE": _polyline,
    "SPLINE": _spline,
}
"""Types that are cut lines."""

REGIONS: dict[str, Maker] = {"HATCH": _region, "MPOLYGON": _region}
"""Types whose boundary is taken only if a drawing has no curves at all."""
