"""Holes, slots and windows that random parts are given."""

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon, affinity
from shapely.geometry import MultiLineString, MultiPoint, Point, box
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

Rng = np.random.Generator


def with_cutouts(rng: Rng, region: Polygon) -> BaseGeometry:
    """Return a region after up to four kinds of cut-outs, all at a distance from its edges."""
    if region.is_empty:
        return region
    kinds = (corner_holes, bolt_circle, scattered, slots, window, grid, central)
    result: BaseGeometry = region
    size = float(np.sqrt(region.area))
    for _ in range(int(rng.choice([0, 1, 1, 2, 2, 3, 4]))):
        margin = rng.uniform(0.02, 0.06) * size
        inside = result.buffer(-margin)
        if inside.is_empty:
            break
        cut = kinds[int(rng.integers(len(kinds)))](rng, region, size)
        result = result.difference(_kept_inside(cut, inside))
    return result


def _kept_inside(cut: BaseGeometry, inside: BaseGeometry) -> BaseGeometry:
    """Return those pieces of a cut that lie wholly inside: none may open the outline."""
    shapely.prepare(inside)
    pieces = [piece for piece in getattr(cut, "geoms", [cut]) if inside.contains(piece)]
    return MultiPolygon([piece for piece in pieces if isinstance(piece, Polygon)])


def _disc(x: float, y: float, radius: float) -> BaseGeometry:
    return Point(x, y).buffer(radius, quad_segs=10)


def corner_holes(rng: Rng, region: Polygon, size: float) -> BaseGeometry:
    """Return equal holes near the corners of the bounding box, or pairs on one axis."""
    left, low, right, high = region.bounds
    inset, radius = rng.uniform(0.08, 0.2) * size, rng.uniform(0.015, 0.07) * size
    xs, ys = (left + inset, right - inset), (low + inset, high - inset)
    places = [(x, y) for x in xs for y in ys]
    if rng.random() < 0.3:
        places = [((left + right) / 2, y) for y in ys] + [(x, (low + high) / 2) for x in xs]
    kept = [place for place in places if rng.random() < 0.92]
    return MultiPoint(kept).buffer(radius, quad_segs=10) if kept else Polygon()


def bolt_circle(rng: Rng, region: Polygon, size: float) -> BaseGeometry:
    """Return holes at equal angles on a circle."""
    count, reach = int(rng.integers(3, 13)), rng.uniform(0.18, 0.48) * size
    centre = region.centroid
    angles = np.arange(count) * 2 * np.pi / count + rng.uniform(0, np.pi)
    radius = min(rng.uniform(0.015, 0.08) * size, 0.35 * 2 * np.pi * reach / count)
    places = [(centre.x + reach * np.cos(a), centre.y + reach * np.sin(a)) for a in angles]
    return MultiPoint(places).buffer(radius, quad_segs=10)


def scattered(rng: Rng, region: Polygon, size: float) -> BaseGeometry:
    """Return round and square holes anywhere."""
    left, low, right, high = region.bounds
    holes = []
    for _ in range(int(rng.integers(1, 8))):
        x, y, radius = rng.uniform(left, right), rng.uniform(low, high), rng.uniform(0.015, 0.09)
        hole = _disc(x, y, radius * size)
        if rng.random() < 0.2:
            hole = hole.envelope
        holes.append(hole)
    return unary_union(holes)


def slots(rng: Rng, region: Polygon, size: float) -> BaseGeometry:
    """Return long holes, parallel and at a pitch."""
    centre, count = region.centroid, int(rng.integers(1, 6))
    long, pitch = rng.uniform(0.1, 0.6) * size, rng.uniform(0.1, 0.25) * size
    width = rng.uniform(0.012, 0.4 * pitch / size) * size
    angle = float(rng.choice([0.0, 90.0, rng.uniform(0, 180)]))
    heights = (np.arange(count) - (count - 1) / 2) * pitch
    lines = MultiLineString([[(-long / 2, y), (long / 2, y)] for y in heights.tolist()])
    cut = lines.buffer(width, quad_segs=8)
    return affinity.translate(affinity.rotate(cut, angle, origin=(0, 0)), centre.x, centre.y)


def window(rng: Rng, region: Polygon, size: float) -> BaseGeometry:
    """Return a large opening: the outline drawn in, a rounded rectangle or a D."""
    centre = region.centroid
    if rng.random() < 0.4:
        return region.buffer(-rng.uniform(0.08, 0.3) * size)
    half = rng.uniform(0.08, 0.35, 2) * size
    opening: BaseGeometry = box(-half[0], -half[1], half[0], half[1])
    if rng.random() < 0.5:
        radius = rng.uniform(0.2, 0.9) * half.min()
        opening = opening.buffer(-radius).buffer(radius, quad_segs=8)
    elif rng.random() < 0.3:
        opening = _disc(0, 0, half.max()).intersection(box(-1, -1, half[0] * 0.6, 1))
    return affinity.translate(opening, centre.x, centre.y)


def grid(rng: Rng, region: Polygon, size: float) -> BaseGeometry:
    """Return a field of equal holes, as in vents and pegboards."""
    columns, rows = (int(n) for n in rng.integers(2, 7, 2))
    pitch = rng.uniform(0.09, 0.22) * size
    radius = pitch * rng.uniform(0.12, 0.38)
    centre = region.centroid
    places = [
        (
            centre.x + (i - (columns - 1) / 2) * pitch,
            centre.y + (j - (rows - 1) / 2) * pitch,
        )
        for i in range(columns)
        for j in range(rows)
    ]
    return MultiPoint(places).buffer(radius, quad_segs=6)


def central(rng: Rng, region: Polygon, size: float) -> BaseGeometry:
    """Return a bore in the middle, plain, keyed or with flats."""
    radius, centre = rng.uniform(0.05, 0.28) * size, region.centroid
    bore = _disc(0, 0, radius)
    style = rng.integers(4)
    if style == 0:
        bore = bore.union(box(-0.25 * radius, 0, 0.25 * radius, 1.3 * radius))
    elif style == 1:
        bore = bore.intersection(box(-radius, -0.75 * radius, radius, 0.75 * radius))
    elif style == 2:
        bore = bore.buffer(0.0).envelope.buffer(-0.2 * radius).buffer(0.2 * radius)
    return affinity.translate(bore, centre.x, centre.y)
