"""Parts with one fault of a known size: what a bad cut, a worn punch or a wrong program makes.

    missing hole     a hole of the drawing is not there; its size is its diameter
    extra hole       a round hole more, of that diameter
    wrong diameter   a hole is wider or narrower by the size
    misplaced hole   a hole that is at least twice as wide is moved by the size
    burr             a tooth stands out of the outline by the size, 1.5 times as wide
    notch            a bite goes into the outline by the size, 1.5 times as wide
    short edge       one side is cut off parallel to itself, by the size

A faulty part keeps the coordinates of its drawing.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import get_args

import numpy as np
from numpy.typing import NDArray
from shapely import Point, Polygon, affinity, box
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient

from components.domain import Contour, Part
from components.settings.measure import FaultName

KINDS: tuple[FaultName, ...] = get_args(FaultName)

Rng = np.random.Generator
Floats = NDArray[np.float64]

WIDTH = 1.5
"""Width of burrs and notches over their size."""

_TRIES = 40


def with_defect(rng: Rng, part: Part, kind: FaultName, size_mm: float) -> Part | None:
    """Return a part with a fault at a random place; None if it has no room for one of this size.

    Args:
        rng: Decides the place.
        part: As it should be.
        kind: Of the fault.
        size_mm: Above 0; of a missing hole the wanted diameter: the part then has such a hole.

    Raises:
        ValueError: If the size is not above 0.
    """
    if not size_mm > 0:
        raise ValueError(f"expected a size above 0 mm, got {size_mm}")
    return _MAKERS[kind](rng, part, size_mm)


def with_hole(rng: Rng, part: Part, diameter_mm: float) -> Part | None:
    """Return a part with one round hole more, well inside the material; None without room."""
    whole = _region(part)
    # Half a diameter of material stays all round.
    room = whole.buffer(-max(diameter_mm, 0.5 * diameter_mm + 1.0))
    place = _point_in(rng, room)
    if place is None:
        return None
    ring = _ring(Point(place).buffer(diameter_mm / 2, quad_segs=16))
    return replace(part, holes=(*part.holes, Contour(ring)))


def _extra_hole(rng: Rng, part: Part, size_mm: float) -> Part | None:
    return with_hole(rng, part, size_mm)


def _missing_hole(rng: Rng, part: Part, size_mm: float) -> Part | None:
    """Return a part without one of the holes that are about as wide as wanted."""
    fits = [k for k, hole in enumerate(part.holes) if 0.8 < _width(hole) / size_mm < 1.25]
    if not fits:
        return None
    gone = fits[int(rng.integers(len(fits)))]
    return replace(part, holes=tuple(hole for k, hole in enumerate(part.holes) if k != gone))


def _wrong_diameter(rng: Rng, part: Part, size_mm: float) -> Part | None:
    """Return a part with one hole wider or narrower by a size."""
    for number in rng.permutation(len(part.holes)).tolist():
        hole = Polygon(part.holes[number].xy_mm)
        grow = size_mm / 2 * rng.choice([-1.0, 1.0])
        for step in (grow, -grow):
            changed = hole.buffer(step, quad_segs=16)
            if changed.area > hole.area / 9 and _has_room(part, number, changed):
                return _with_changed_hole(part, number, changed)
    return None


def _misplaced_hole(rng: Rng, part: Part, size_mm: float) -> Part | None:
    """Return a part with one hole beside its place by a size."""
    for number in rng.permutation(len(part.holes)).tolist():
        # One that is moved farther than to its own rim is a missing and an extra one.
        if _width(part.holes[number]) < 2 * size_mm:
            continue
        for angle in rng.uniform(0, 2 * math.pi, _TRIES).tolist():
            changed = affinity.translate(
                Polygon(part.holes[number].xy_mm),
                size_mm * math.cos(angle),
                size_mm * math.sin(angle),
            )
            if _has_room(part, number, changed):
                return _with_changed_hole(part, number, changed)
    return None


def _has_room(part: Part, number: int, changed: BaseGeometry) -> bool:
    """Return whether a hole with a new shape keeps 1 mm from the rim and the other holes."""
    others = [Polygon(hole.xy_mm) for k, hole in enumerate(part.holes) if k != number]
    apart = all(changed.distance(other) > 1.0 for other in others)
    inside = changed.within(Polygon(part.outline.xy_mm).buffer(-1.0))
    return isinstance(changed, Polygon) and apart and inside


def _with_changed_hole(part: Part, number: int, changed: BaseGeometry) -> Part:
    holes = list(part.holes)
    holes[number] = Contour(_ring(changed))
    return replace(part, holes=tuple(holes))


def _burr(rng: Rng, part: Part, size_mm: float) -> Part | None:
    return _changed_edge(rng, part, size_mm, lambda whole, tooth: whole.union(tooth))


def _notch(rng: Rng, part: Part, size_mm: float) -> Part | None:
    return _changed_edge(rng, part, size_mm, lambda whole, tooth: whole.difference(tooth))


def _changed_edge(
    rng: Rng,
    part: Part,
    size_mm: float,
    change: Callable[[BaseGeometry, BaseGeometry], BaseGeometry],
) -> Part | None:
    """Return a part whose outline is changed by a trapezium that reaches to both sides of it."""
    outline = Polygon(part.outline.xy_mm)
    holes = [Polygon(hole.xy_mm) for hole in part.holes]
    for _ in range(_TRIES):
        along = rng.uniform(0, outline.exterior.length)
        here, there = (outline.exterior.interpolate(along + d) for d in (-0.1, 0.1))
        angle = math.degrees(math.atan2(there.y - here.y, there.x - here.x))
        half, top = WIDTH * size_mm / 2, WIDTH * size_mm / 2 * 0.8
        tooth: BaseGeometry = Polygon(
            [(-half, 0.0), (-top, -size_mm), (top, -size_mm), (half, 0.0), (top, size_mm),
             (-top, size_mm)]
        )  # fmt: skip
        tooth = affinity.rotate(tooth, angle, origin=(0, 0))
        tooth = affinity.translate(tooth, (here.x + there.x) / 2, (here.y + there.y) / 2)
        if any(tooth.distance(hole) < 1.0 for hole in holes):
            continue
        changed = change(outline, tooth)
        # On a bend the tooth would be deeper or flatter than it shall be.
        area = abs(changed.area - outline.area) / tooth.area
        if isinstance(changed, Polygon) and not changed.interiors and 0.46 < area < 0.54:
            return replace(part, outline=Contour(_ring(changed)))
    return None


def _short_edge(rng: Rng, part: Part, size_mm: float) -> Part | None:
    """Return a part of which one straight side of the outline, the longest or near it, is cut."""
    ring = Polygon(part.outline.xy_mm)
    corners = _closed(ring.simplify(0.01))
    sides = np.diff(corners, axis=0)
    lengths = np.hypot(*sides.T)
    order = np.argsort(-lengths)
    order = order[lengths[order] > max(0.5 * lengths.max(), 4 * size_mm)]
    for number in rng.permutation(order).tolist():
        (x, y), (dx, dy) = corners[number], sides[number] / lengths[number]
        far = 4 * ring.length
        strip: BaseGeometry = box(-far, -1e-6, far, size_mm)
        strip = affinity.rotate(strip, math.degrees(math.atan2(dy, dx)), origin=(0, 0))
        strip = affinity.translate(strip, x, y)
        removed = ring.intersection(strip)
        near = [part for part in getattr(removed, "geoms", [removed]) if part.area > 1e-6]
        cut = ring.difference(strip)
        holes = [Polygon(hole.xy_mm) for hole in part.holes]
        # Only this side may lose material, and no hole may be opened.
        whole = isinstance(cut, Polygon) and not cut.interiors
        clear = all(strip.distance(hole) > 1.0 for hole in holes)
        if whole and clear and len(near) == 1 and removed.area < 1.4 * size_mm * lengths[number]:
            return replace(part, outline=Contour(_ring(cut)))
    return None


def _region(part: Part) -> BaseGeometry:
    return Polygon(part.outline.xy_mm, [hole.xy_mm for hole in part.holes])


def _width(hole: Contour) -> float:
    """Return the diameter of the circle of a hole's area."""
    return 2 * math.sqrt(float(Polygon(hole.xy_mm).area) / math.pi)


def _ring(polygon: BaseGeometry) -> Floats:
    """Return the outer vertices, counter-clockwise, the first not repeated."""
    return _closed(polygon)[:-1]


def _closed(polygon: BaseGeometry) -> Floats:
    """Return the outer vertices, counter-clockwise, the first repeated at the end."""
    if not isinstance(polygon, Polygon):
        raise TypeError(f"expected one polygon, got {polygon.geom_type}")
    return np.asarray(orient(polygon).exterior.coords, dtype=np.float64)


def _point_in(rng: Rng, region: BaseGeometry) -> tuple[float, float] | None:
    """Return a random point of a region; None if it is empty or too thin to be hit."""
    if region.is_empty:
        return None
    x0, y0, x1, y1 = region.bounds
    for _ in range(10 * _TRIES):
        x, y = rng.uniform(x0, x1), rng.uniform(y0, y1)
        if region.covers(Point(x, y)):
            return float(x), float(y)
    return None


_MAKERS: dict[FaultName, Callable[[Rng, Part, float], Part | None]] = {
    "missing_hole": _missing_hole,
    "extra_hole": _extra_hole,
    "wrong_diameter": _wrong_diameter,
    "burr": _burr,
    "notch": _notch,
    "short_edge": _short_edge,
    "misplaced_hole": _misplaced_hole,
}
