"""Objects that are no part of the drawings.

Screws, nuts, washers, springs, cables, balls, pens, tools, cut-offs and flat parts of no drawing:
all are built of solids like the parts themselves and get the same light, rims and shadows.
Lengths are in frames, the width of what the picture shows.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from shapely import Polygon
from shapely.geometry import LineString, Point, box
from shapely.geometry.base import BaseGeometry

from components.data_preprocessing.materials import Surface, random_surface
from components.data_preprocessing.scene import Placement, SceneObject
from components.data_preprocessing.shapes import Rng, largest, part_of_region, random_part, ring_of
from components.domain import OTHER_LABEL, Part
from components.settings.data import MaterialName

PLATES = 96
"""Unknown plates of one dataset, each with its mirror image; making one costs as much as a scene,
so they are kept."""

_SMALL_OBJECTS = 256
"""Screws, pens and so on of one dataset."""


class Solid(NamedTuple):
    """One solid of a small object; lengths in frames.

    Attributes:
        region: Its shape.
        z: Height of the lower side.
        thickness: Height of the upper side over it.
        material: What it is made of.
        domed: See `Placement`.
    """

    region: BaseGeometry
    z: float
    thickness: float
    material: MaterialName
    domed: bool = False


_METALS: tuple[MaterialName, ...] = ("brushed", "rolled", "galvanised", "scratched")
_PAINTS: tuple[MaterialName, ...] = ("plastic", "painted", "anodised")


@lru_cache(maxsize=PLATES)
def unknown_plate(seed: int, number: int) -> Part:
    """Return one of the flat parts of no drawing that a dataset knows."""
    return random_part(np.random.default_rng([seed, 3, number]), f"unknown-{number}", 100.0)


def _metal(rng: Rng) -> MaterialName:
    return _METALS[int(rng.integers(len(_METALS)))]


def _paint(rng: Rng) -> MaterialName:
    return _PAINTS[int(rng.integers(len(_PAINTS)))]


def _rod(start: float, end: float, half: float) -> Polygon:
    return box(start, -half, end, half)


def _screw(rng: Rng) -> list[Solid]:
    long, half, metal = rng.uniform(0.06, 0.2), rng.uniform(0.006, 0.014), _metal(rng)
    turns = np.linspace(0, long, int(long / half * 3))
    wave = half * (1 + 0.22 * np.where(np.arange(len(turns)) % 2, 1, -1))
    edge = np.column_stack([turns, wave])
    shaft = Polygon(np.vstack([edge, [[long + half, 0]], edge[::-1] * (1, -1)]))
    head: BaseGeometry = box(-1.3 * half, -1.9 * half, 0, 1.9 * half)
    if rng.random() < 0.5:
        head = Point(0, 0).buffer(1.9 * half).intersection(box(-1, -1, 0.2 * half, 1))
    return [Solid(shaft, 0.0, half, metal, domed=True), Solid(head, 0.0, 1.6 * half, metal)]


def _head(rng: Rng) -> list[Solid]:
    radius, metal = rng.uniform(0.018, 0.04), _metal(rng)
    disc = Point(0, 0).buffer(radius, quad_segs=12)
    socket: BaseGeometry = ring_of(np.full(6, radius * rng.uniform(0.3, 0.55)))
    if rng.random() < 0.5:
        socket = _rod(-0.8 * radius, 0.8 * radius, 0.14 * radius)
    return [
        Solid(disc, 0.0, radius * 0.4, "rubber"),
        Solid(disc.difference(socket), 0.0, radius, metal),
    ]


def _nut(rng: Rng) -> list[Solid]:
    radius = rng.uniform(0.018, 0.05)
    hexagon = ring_of(np.full(6, radius))
    nut = hexagon.difference(Point(0, 0).buffer(radius * rng.uniform(0.4, 0.6), quad_segs=10))
    return [Solid(nut, 0.0, radius * rng.uniform(0.4, 0.9), _metal(rng))]


def _washer(rng: Rng) -> list[Solid]:
    radius = rng.uniform(0.02, 0.06)
    disc = Point(0, 0).buffer(radius, quad_segs=14)
    ring = disc.difference(Point(0, 0).buffer(radius * rng.uniform(0.35, 0.7), quad_segs=12))
    return [Solid(ring, 0.0, radius * 0.12, _metal(rng))]


def _spring(rng: Rng) -> list[Solid]:
    coils, half, pitch = (
        int(rng.integers(5, 14)),
        rng.uniform(0.012, 0.03),
        rng.uniform(0.008, 0.016),
    )
    steps = np.arange(2 * coils + 1)
    zigzag = np.column_stack([steps * pitch / 2, np.where(steps % 2, half, -half)])
    return [Solid(LineString(zigzag).buffer(pitch * 0.16), 0.0, half, _metal(rng))]


def _cable(rng: Rng) -> list[Solid]:
    t = np.linspace(0, 1, 60)
    # Most cables lie in a gentle bend across the picture, a few are coiled.
    bend, wave = (rng.normal(0.0, 0.7), 0.6) if rng.random() < 0.7 else (rng.uniform(-6, 6), 1.5)
    heading = bend * t + rng.normal(0, wave) * np.sin(5 * t + rng.uniform(0, 6))
    path = np.cumsum(np.column_stack([np.cos(heading), np.sin(heading)]), axis=0)
    path *= rng.uniform(0.4, 2.2) / 60
    path -= path.mean(axis=0)
    half = rng.uniform(0.003, 0.012)
    name: MaterialName = "rubber" if rng.random() < 0.4 else "plastic"
    return [Solid(LineString(path).buffer(half, quad_segs=6), 0.0, 2 * half, name, domed=True)]


def _ball(rng: Rng) -> list[Solid]:
    radius = rng.uniform(0.008, 0.035)
    name = _metal(rng) if rng.random() < 0.5 else _paint(rng)
    disc = Point(0, 0).buffer(radius, quad_segs=12)
    # Its widest place is at half its height.
    return [Solid(disc, radius, 0.2 * radius, name, domed=True)]


def _pen(rng: Rng) -> list[Solid]:
    long, half = rng.uniform(0.25, 0.5), rng.uniform(0.007, 0.014)
    split, tip = rng.uniform(0.5, 0.85) * long, rng.uniform(2, 5) * half
    cone = Polygon([(long, -half), (long + tip, 0), (long, half)])
    body, cap = _rod(0, split, half), _rod(split, long, half)
    tip_material: MaterialName = "mdf" if rng.random() < 0.5 else "brushed"
    return [
        Solid(body, 0.0, 1.5 * half, _paint(rng), domed=True),
        Solid(cap, 0.0, 1.5 * half, _paint(rng), domed=True),
        Solid(cone, 0.0, half, tip_material, domed=True),
    ]


def _tool(rng: Rng) -> list[Solid]:
    long, half = rng.uniform(0.2, 0.5), rng.uniform(0.012, 0.028)
    blade = _rod(0.4 * long, long, half * rng.uniform(0.25, 0.7))
    grip = _rod(0, 0.45 * long, half).buffer(half * 0.5).intersection(box(-1, -1, 0.45 * long, 1))
    return [
        Solid(blade, 0.0, 0.6 * half, _metal(rng)),
        Solid(grip, 0.0, 2 * half, _paint(rng), domed=True),
    ]


def _block(rng: Rng) -> list[Solid]:
    sides = rng.uniform(0.02, 0.1, 2)
    name = _metal(rng) if rng.random() < 0.5 else _paint(rng)
    return [Solid(box(0, 0, *sides), 0.0, float(sides.min()) * rng.uniform(0.5, 1.2), name)]


def _cut_off(rng: Rng) -> list[Solid]:
    radii = rng.uniform(0.02, 0.14, int(rng.integers(3, 7)))
    names: tuple[MaterialName, ...] = ("mdf", "cardboard", "acrylic", "rolled", "painted", "rusty")
    name = names[int(rng.integers(len(names)))]
    return [Solid(ring_of(radii), 0.0, rng.uniform(0.002, 0.02), name)]


KINDS: tuple[Callable[[Rng], list[Solid]], ...] = (
    _screw,
    _screw,
    _head,
    _nut,
    _washer,
    _spring,
    _cable,
    _cable,
    _ball,
    _pen,
    _tool,
    _block,
    _cut_off,
    _cut_off,
)


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    """One solid of a small object; lengths in frames.

    Attributes:
        part: Its shape.
        middle: Centre of the shape's box from the object's origin.
        z: Height of the lower side.
        thickness: Height of the upper side over it.
        surface: What it is made of.
        domed: See `Placement`.
    """

    part: Part
    middle: tuple[float, float]
    z: float
    thickness: float
    surface: Surface
    domed: bool


@lru_cache(maxsize=_SMALL_OBJECTS)
def _small_object(seed: int, number: int) -> tuple[_Piece, ...]:
    rng = np.random.default_rng([seed, 4, number])
    surfaces: dict[MaterialName, Surface] = {}
    pieces = []
    for solid in KINDS[int(rng.integers(len(KINDS)))](rng):
        surface = surfaces.setdefault(solid.material, random_surface(rng, solid.material))
        part, middle = part_of_region(largest(solid.region), f"small-{number}")
        pieces.append(_Piece(part, middle, solid.z, solid.thickness, surface, solid.domed))
    return tuple(pieces)


def shapes(seed: int) -> Iterator[Part]:
    """Yield the shapes of all plates and small objects of a dataset; each process makes them once.

    Args:
        seed: The dataset's.
    """
    for number in range(PLATES):
        yield unknown_plate(seed, number)
    for number in range(_SMALL_OBJECTS):
        yield from (piece.part for piece in _small_object(seed, number))


def small_object(
    rng: Rng, seed: int, frame_mm: float, enlargement: tuple[float, float]
) -> SceneObject:
    """Return a screw, nut, pen or the like at the table's origin.

    Args:
        rng: Chooses which.
        seed: The dataset's.
        frame_mm: Width of what the picture shows.
        enlargement: Limits of its size over the one it was made in.
    """
    pieces = _small_object(seed, int(rng.integers(_SMALL_OBJECTS)))
    angle = rng.uniform(-np.pi, np.pi)
    c, s = np.cos(angle), np.sin(angle)
    scale = frame_mm * rng.uniform(*enlargement)
    return SceneObject(
        OTHER_LABEL,
        tuple(
            Placement(
                part=piece.part,
                x_mm=scale * (c * piece.middle[0] - s * piece.middle[1]),
                y_mm=scale * (s * piece.middle[0] + c * piece.middle[1]),
                angle_rad=angle,
                mirrored=False,
                z_mm=scale * piece.z,
                thickness_mm=scale * piece.thickness,
                surface=piece.surface,
                scale=scale,
                domed=piece.domed,
            )
            for piece in pieces
        ),
    )
