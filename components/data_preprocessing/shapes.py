"""Flat parts of no drawing: random plates, flanges, gaskets, brackets, gears, arms and blobs.

They teach the network what a flat part is before it has seen a user's drawings, and they lie in
scenes as unknown objects. Each *family* is a function from randomness to a region of the plane of
about unit size; `random_part` sizes, centres and samples it.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from shapely import BufferCapStyle, Polygon, affinity, make_valid
from shapely.geometry import LineString, MultiPoint, Point, box
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient
from shapely.ops import unary_union

from components.data_preprocessing.cutouts import with_cutouts
from components.domain import Contour, Part

Rng = np.random.Generator
_ARC_STEPS = 7
"""Segments of a quarter circle in round joins."""


def rounded(region: BaseGeometry, radius: float) -> BaseGeometry:
    """Return a region with its convex and concave corners rounded."""
    if radius <= 0:
        return region
    outer = region.buffer(-radius, quad_segs=_ARC_STEPS).buffer(2 * radius, quad_segs=_ARC_STEPS)
    return outer.buffer(-radius, quad_segs=_ARC_STEPS)


def ring_of(radii: NDArray[np.float64]) -> Polygon:
    """Return the polygon whose vertices lie at equal angles at the given radii, shape (N,)."""
    angles = np.linspace(0, 2 * np.pi, len(radii), endpoint=False)
    return Polygon(np.column_stack([radii * np.cos(angles), radii * np.sin(angles)]))


def plate(rng: Rng) -> BaseGeometry:
    """Return a rectangle with rounded, cut or notched corners and sides."""
    width, height = 1.0, rng.uniform(0.3, 1.0)
    region: BaseGeometry = box(-width / 2, -height / 2, width / 2, height / 2)
    corner = rng.uniform(0.03, 0.22) * height
    style = rng.integers(4)
    if style == 1:
        region = region.buffer(-corner).buffer(corner, join_style="bevel")
    for _ in range(int(rng.choice([0, 0, 1, 2, 3, 4]))):
        region = region.difference(_notch(rng, width, height))
    if style == 2:
        for x, y in [(-1, -1), (1, -1), (1, 1), (-1, 1)]:
            cut = Point(x * width / 2, y * height / 2).buffer(corner, quad_segs=_ARC_STEPS)
            region = region.difference(cut)
    return rounded(region, corner * rng.uniform(0.2, 0.9) if style == 3 else 0.01)


def _notch(rng: Rng, width: float, height: float) -> BaseGeometry:
    """Return what a side of a rectangle loses."""
    long, deep = rng.uniform(0.08, 0.35), rng.uniform(0.05, 0.25) * height
    if rng.random() < 0.5:
        x, y = rng.uniform(-width / 2, width / 2), rng.choice([-1.0, 1.0]) * height / 2
        return box(x - long * width / 2, y - deep, x + long * width / 2, y + deep)
    x, y = rng.choice([-1.0, 1.0]) * width / 2, rng.uniform(-height / 2, height / 2)
    return box(x - deep, y - long * height / 2, x + deep, y + long * height / 2)


def flange(rng: Rng) -> BaseGeometry:
    """Return a disc or ring: round, flattened, lobed at its bolts or with ears."""
    region: BaseGeometry = Point(0, 0).buffer(0.5, quad_segs=24)
    style = rng.integers(4)
    lobes = int(rng.integers(2, 9))
    if style == 1:
        cut = rng.uniform(0.3, 0.46)
        region = region.intersection(box(-1, -cut, 1, cut if rng.random() < 0.5 else 1))
    elif style == 2:
        angles = np.arange(lobes) * 2 * np.pi / lobes
        ears = [
            Point(0.5 * np.cos(a), 0.5 * np.sin(a)).buffer(rng.uniform(0.09, 0.1)) for a in angles
        ]
        region = rounded(unary_union([Point(0, 0).buffer(rng.uniform(0.4, 0.48)), *ears]), 0.02)
    elif style == 3:
        width = rng.uniform(0.15, 0.3)
        region = MultiPoint([(-0.5, 0), (0.5, 0)]).buffer(width * 0.5)
        region = region.union(Point(0, 0).buffer(width)).convex_hull
    if rng.random() < 0.75:
        bore = rng.uniform(0.08, 0.42 if style in (0, 2) else 0.15)
        region = region.difference(Point(0, 0).buffer(bore, quad_segs=24))
    return region


def bracket(rng: Rng) -> BaseGeometry:
    """Return an L, T, U, Z, H or cross of bars."""
    bar = rng.uniform(0.12, 0.32)
    high = rng.uniform(0.5, 1.0)
    base = box(0, 0, 1, bar)
    left, right = box(0, 0, bar, high), box(1 - bar, 0, 1, high)
    middle = box(0.5 - bar / 2, 0, 0.5 + bar / 2, high)
    top = box(0, high - bar, 1, high)
    bars = {
        "L": [base, left],
        "T": [base, middle],
        "U": [base, left, right],
        "Z": [base, right, affinity.translate(top, 1 - bar, 0)],
        "H": [left, right, affinity.translate(base, 0, high / 2 - bar / 2)],
        "E": [base, left, top, affinity.translate(box(0, 0, 0.7, bar), 0, high / 2 - bar / 2)],
        "X": [middle, affinity.translate(base, 0, high * rng.uniform(0.3, 0.6))],
    }
    shape = unary_union(bars[str(rng.choice(list(bars)))])
    if rng.random() < 0.3:
        shape = shape.union(Polygon([(0, 0), (rng.uniform(0.3, 0.7), 0), (0, high * 0.6)]))
    return rounded(shape, bar * rng.uniform(0.02, 0.4))


def gear(rng: Rng) -> BaseGeometry:
    """Return a toothed wheel, a ratchet or a rounded star."""
    teeth, per_tooth = int(rng.integers(5, 36)), 24
    phase = np.arange(teeth * per_tooth) / per_tooth % 1.0
    shape = str(rng.choice(["square", "sine", "ratchet"]))
    waves = {
        "square": np.clip(4.0 * np.sin(2 * np.pi * phase), -1, 1),
        "sine": np.sin(2 * np.pi * phase),
        "ratchet": 2 * phase - 1,
    }
    height = min(0.5, 2.5 / teeth) * rng.uniform(0.3, 0.8)
    wheel = ring_of(0.5 * (1 + height * waves[shape] / 2))
    # Its straight flanks need no vertices between their ends: all that follows costs half.
    return rounded(make_valid(wheel).simplify(0.0008), 0.004)


def arm(rng: Rng) -> BaseGeometry:
    """Return a lever: discs at joints, joined by straight, tapered or curved bars."""
    joints = int(rng.integers(2, 5))
    turns = np.cumsum(rng.normal(0.0, 0.8, joints))
    steps = rng.uniform(0.5, 1.0, joints)[:, None] * np.column_stack([np.cos(turns), np.sin(turns)])
    path = np.cumsum(steps, axis=0)
    radii = rng.uniform(0.07, 0.22, joints)
    links = []
    for start, end, near, far in zip(path[:-1], path[1:], radii[:-1], radii[1:], strict=True):
        slim = rng.uniform(0.5, 1.0)
        discs = [Point(start).buffer(near * slim), Point(end).buffer(far * slim)]
        links.append(unary_union(discs).convex_hull)
    discs = [Point(p).buffer(r, quad_segs=16) for p, r in zip(path, radii, strict=True)]
    return rounded(unary_union([*links, *discs]), rng.uniform(0.0, 0.06))


def strip(rng: Rng) -> BaseGeometry:
    """Return a thin curved band: an arc, a hook or an S."""
    t = np.linspace(0, 1, 60)
    bend, swing = rng.uniform(-4.5, 4.5), rng.normal(0.0, 2.0)
    heading = bend * t + swing * np.sin(np.pi * t * rng.uniform(0.5, 2.0))
    path = np.cumsum(np.column_stack([np.cos(heading), np.sin(heading)]), axis=0) / 60
    width = rng.uniform(0.02, 0.09)
    cap = BufferCapStyle.round if rng.random() < 0.5 else BufferCapStyle.flat
    band: BaseGeometry = LineString(path).buffer(width, cap_style=cap, quad_segs=_ARC_STEPS)
    ends = [Point(path[i]).buffer(width * rng.uniform(1.0, 1.9)) for i in (0, -1)]
    if rng.random() < 0.5:
        band = unary_union([band, *ends])
    if rng.random() < 0.35:
        foot = affinity.rotate(box(0, -width, rng.uniform(0.2, 0.5), width), rng.uniform(0, 360))
        band = band.union(affinity.translate(foot, *path[-1]))
    return band


def blob(rng: Rng) -> BaseGeometry:
    """Return a smooth closed curve: a cover, a cam, a gasket's outline."""
    angles = np.linspace(0, 2 * np.pi, 160, endpoint=False)
    radii = np.ones_like(angles)
    symmetry = int(rng.choice([1, 1, 1, 2, 2, 3, 4]))
    for order in range(1, 6):
        wave = np.cos(symmetry * order * angles + rng.uniform(0, 2 * np.pi))
        radii += rng.normal(0.0, 0.28 / order) * wave
    region = ring_of(0.5 * np.maximum(radii, 0.25))
    return affinity.scale(region, 1.0, rng.uniform(0.4, 1.0))


def polygon(rng: Rng) -> BaseGeometry:
    """Return a polygon with few corners, regular or not, its corners rounded or sharp."""
    corners = int(rng.integers(3, 10))
    radii = np.full(corners, 0.5)
    if rng.random() < 0.6:
        radii = rng.uniform(0.25, 0.6, corners)
    return rounded(ring_of(radii), float(rng.choice([0.0, 0.02, 0.06])))


def gasket(rng: Rng) -> BaseGeometry:
    """Return a frame round one or more openings, with ears at its bolts."""
    bores = int(rng.integers(1, 5))
    radius, pitch = rng.uniform(0.1, 0.16), rng.uniform(0.32, 0.4)
    centres = [(k * pitch, rng.normal(0.0, 0.03)) for k in range(bores)]
    wall = rng.uniform(0.03, 0.08)
    if rng.random() < 0.4 and bores == 1:
        outside = plate(rng) if rng.random() < 0.5 else blob(rng)
        return outside.difference(outside.buffer(-wall * 1.5))
    body: BaseGeometry = MultiPoint(centres).buffer(radius + wall, quad_segs=16)
    body = body.convex_hull if rng.random() < 0.5 else rounded(body.buffer(0.03), 0.02)
    ears = [
        Point(x + dx, y + dy).buffer(rng.uniform(0.04, 0.055))
        for x, y in centres
        for dx, dy in [(pitch / 2, radius + wall), (pitch / 2, -radius - wall)]
    ]
    body = rounded(unary_union([body, *ears]), 0.015)
    return body.difference(MultiPoint(centres).buffer(radius, quad_segs=16))


def frame(rng: Rng) -> BaseGeometry:
    """Return a thin band along a closed outline, with eyes at its bolts: seals, hoops, rims."""
    outside = largest(_SIMPLE[int(rng.integers(len(_SIMPLE)))](rng))
    outline = Polygon(outside.exterior)
    wall = rng.uniform(0.025, 0.09) * float(np.sqrt(outline.area))
    band = outline.difference(outline.buffer(-wall))
    eyes = int(rng.choice([0, 0, 3, 4, 5, 6, 8, 10]))
    if eyes == 0:
        return band
    places = (np.arange(eyes) + rng.random()) / eyes
    middle = largest(outline.buffer(-wall / 2)).exterior
    centres = [middle.interpolate(place, normalized=True) for place in places.tolist()]
    radius = wall * rng.uniform(0.8, 1.3)
    rounds = [centre.buffer(radius, quad_segs=10) for centre in centres]
    holes = [centre.buffer(radius * 0.55, quad_segs=8) for centre in centres]
    return unary_union([band, *rounds]).difference(unary_union(holes))


def combined(rng: Rng) -> BaseGeometry:
    """Return the union or difference of two simple shapes, as many brackets are."""
    first, second = (_SIMPLE[int(rng.integers(len(_SIMPLE)))](rng) for _ in range(2))
    second = affinity.rotate(affinity.scale(second, *rng.uniform(0.3, 0.8, 2)), rng.uniform(0, 360))
    second = affinity.translate(second, *rng.uniform(-0.45, 0.45, 2))
    joined = first.union(second) if rng.random() < 0.6 else first.difference(second)
    if rng.random() < 0.35:
        joined = joined.union(affinity.scale(joined, -1, 1, origin=(0, 0)))
    return rounded(joined, rng.uniform(0.0, 0.03))


_SIMPLE: tuple[Callable[[Rng], BaseGeometry], ...] = (plate, flange, bracket, blob, polygon)
FAMILIES: tuple[Callable[[Rng], BaseGeometry], ...] = (
    plate,
    plate,
    flange,
    flange,
    bracket,
    gear,
    arm,
    arm,
    strip,
    blob,
    polygon,
    gasket,
    frame,
    frame,
    combined,
    combined,
)


def largest(region: BaseGeometry) -> Polygon:
    """Return the biggest polygon of a region, or an empty one."""
    pieces = [g for g in getattr(region, "geoms", [region]) if isinstance(g, Polygon)]
    return max(pieces, key=lambda piece: piece.area, default=Polygon())


def random_part(rng: Rng, name: str = "unknown", size_mm: float | None = None) -> Part:
    """Return a part that no drawing shows.

    Args:
        rng: Source of randomness.
        name: Name of the part.
        size_mm: Longer side; None draws it from 25 to 160 mm.
    """
    region = Polygon()
    # A rare mixture cuts itself to pieces or to nothing: draw again.
    while region.is_empty or region.area < 0.004:
        drawn = FAMILIES[int(rng.integers(len(FAMILIES)))](rng)
        region = largest(with_cutouts(rng, largest(make_valid(drawn))))
        region = largest(region.simplify(0.0008))
    region = affinity.rotate(region, rng.uniform(0, 360) if rng.random() < 0.3 else 0.0)
    left, low, right, high = region.bounds
    size_mm = rng.uniform(25, 160) if size_mm is None else size_mm
    return part_of_region(region, name, size_mm / max(right - left, high - low))[0]


def part_of_region(
    region: Polygon, name: str, scale: float = 1.0
) -> tuple[Part, tuple[float, float]]:
    """Return a region as a part, and where in the region the part's origin lies.

    Args:
        region: A simple polygon with or without holes.
        name: Name of the part.
        scale: Millimetres per unit of the region.
    """
    left, low, right, high = region.bounds
    middle = ((left + right) / 2, (low + high) / 2)
    region = orient(region, 1.0)
    outline = Contour((np.array(region.exterior.coords)[:-1] - middle) * scale)
    holes = [(np.array(hole.coords)[:-1][::-1] - middle) * scale for hole in region.interiors]
    return Part(name, outline, tuple(Contour(hole) for hole in holes if len(hole) >= 3)), middle
