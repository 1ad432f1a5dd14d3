"""Laying one shape on another: from a rough start to the place where their edges agree.

The edges of the second shape are drawn to the nearest edges of the first that face the same way,
and the sum of the distances (not of their squares) is made least. What the two have in common then
lies on itself exactly, however large the one feature is that differs.

References:
    Chen and Medioni, "Object modelling by registration of multiple range images", Image and
    Vision Computing 10 (1992); reweighting after Holland and Welsch (1977).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from shapely import Polygon, affinity
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient

from components.domain import Part
from components.geometry.signature import Signature, signature_of

Points = NDArray[np.float64]

SAMPLES, TARGETS = 500, 3000
"""Points on the edges of a shape that is moved, and of one that lies still."""

COARSE_STEPS, FINE_STEPS = 10, 20
"""Enough to come near from a few degrees away, and to settle then."""

COARSE = 4
"""Every so manieth sample is enough to come near."""


@dataclass(frozen=True, slots=True)
class Lay:
    """How a shape is laid down: mirrored to (-x, y) if wanted, turned, enlarged and moved.

    Attributes:
        angle_deg: Turn, counter-clockwise.
        x_mm: Where its origin comes to lie.
        y_mm: See x_mm.
        scale: Factor of its size.
        mirrored: Whether its back is up.
    """

    angle_deg: float
    x_mm: float
    y_mm: float
    scale: float
    mirrored: bool

    def matrix(self) -> Points:
        """Return the linear map, shape (2, 2), that comes before the move."""
        angle = math.radians(self.angle_deg)
        c, s = self.scale * math.cos(angle), self.scale * math.sin(angle)
        flip = -1.0 if self.mirrored else 1.0
        return np.array([[flip * c, -s], [flip * s, c]])

    def applied(self, geometry: BaseGeometry) -> BaseGeometry:
        """Return a geometry laid down."""
        matrix = self.matrix().ravel().tolist()
        return affinity.affine_transform(geometry, [*matrix, self.x_mm, self.y_mm])


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """A part prepared for comparison, in its own coordinates.

    Attributes:
        part: The part.
        polygon: Its area.
        tolerance_mm: Differences thinner than twice this are drawing noise, not features.
        samples: Points on the edges, shape (N, 2).
        normals: Unit vectors out of the material there, shape (N, 2).
        lengths_mm: Length of the edges each sample stands for, shape (N,).
        targets: Denser points and their normals for others to lie on, shape (M, 4).
        tree: Of the targets, normals multiplied by `facing_mm`.
        facing_mm: Distance that counts as much as edges facing away from each other.
        reach_mm: Diagonal of the part's box.
        signatures: Around the centroid of the area and, if elsewhere, that of the convex hull.
        ratios: Area and squared length of the convex hull over the area: the same in any size.
        order: Turns by a full turn over it show the same shape, 0 for all turns; 1 if not known.
    """

    part: Part
    polygon: Polygon
    tolerance_mm: float
    samples: Points
    normals: Points
    lengths_mm: Points
    targets: Points
    tree: cKDTree
    facing_mm: float
    reach_mm: float
    signatures: tuple[Signature, ...]
    ratios: tuple[float, float]
    order: int = 1


def part_polygon(part: Part) -> Polygon:
    """Return the area of a part, its holes left out."""
    polygon = Polygon(part.outline.xy_mm, [hole.xy_mm for hole in part.holes])
    if polygon.is_valid:
        return polygon
    # Contours that touch in a point, as rounding leaves them: the biggest piece is the part.
    pieces = shapely.get_parts(polygon.buffer(0))
    biggest: Polygon = max(pieces, key=lambda piece: float(piece.area))
    return biggest


def prepared_shape(part: Part, tolerance_mm: float) -> Shape:
    """Return a part ready for comparison."""
    polygon = part_polygon(part)
    simple = polygon.simplify(tolerance_mm / 10)
    polygon = simple if isinstance(simple, Polygon) else polygon
    samples, normals, lengths = _edges(polygon, SAMPLES)
    targets = np.hstack(_edges(polygon, TARGETS)[:2])
    reach_mm = float(np.hypot(*part.size_mm))
    facing_mm = 0.05 * reach_mm
    centres = [_xy(polygon.centroid)]
    hull = polygon.convex_hull
    around = _xy(hull.centroid)
    # A tab moves the centre of the hull, a slot that of the area: one of the two stays.
    if math.dist(centres[0], around) > 0.005 * reach_mm:
        centres.append(around)
    return Shape(
        part=part,
        polygon=polygon,
        tolerance_mm=tolerance_mm,
        samples=samples,
        normals=normals,
        lengths_mm=lengths,
        targets=targets,
        tree=cKDTree(targets * (1, 1, facing_mm, facing_mm)),
        facing_mm=facing_mm,
        reach_mm=reach_mm,
        signatures=tuple(signature_of(polygon, centre) for centre in centres),
        ratios=(hull.area / polygon.area, hull.length**2 / polygon.area),
    )


def _xy(point: shapely.Point) -> tuple[float, float]:
    return float(point.x), float(point.y)


def _edges(polygon: Polygon, count: int) -> tuple[Points, Points, Points]:
    """Return points all over the edges, normals, each (N, 2), and the length each stands for."""
    # Material on the left everywhere, so that the right-hand side is outside.
    oriented = orient(polygon)
    spacing = polygon.length / count
    pieces = [
        _pieces(np.asarray(ring.coords), spacing)
        for ring in (oriented.exterior, *oriented.interiors)
    ]
    places, normals, lengths = (np.concatenate(rows) for rows in zip(*pieces, strict=True))
    every = math.ceil(len(places) / (1.5 * count))
    return places[::every], normals[::every], lengths[::every]


def _pieces(ring: Points, spacing: float) -> tuple[Points, Points, Points]:
    """Cut the edges of a ring into pieces; return their middles, normals and lengths.

    No edge goes without, however short: the ends of a strip are all that keeps it from sliding.
    """
    steps = np.diff(ring, axis=0)
    lengths = np.hypot(*steps.T)
    counts = np.maximum(np.ceil(lengths / spacing), 1).astype(np.int64)
    edge = np.repeat(np.arange(len(steps)), counts)
    number = np.arange(len(edge)) - np.repeat(np.cumsum(counts) - counts, counts)
    share = (number + 0.5) / counts[edge]
    middles = ring[edge] + steps[edge] * share[:, None]
    normals = (steps / lengths[:, None])[edge, ::-1] * (1.0, -1.0)
    return middles, normals, (lengths / counts)[edge]


def settled(
    one: Shape, other: Shape, lays: Sequence[Lay], free_scale: bool, coarse: bool = False
) -> list[Lay]:
    """Return for each lay the one near it at which the edges agree best.

    Args:
        one: Lies still.
        other: Is moved.
        lays: Where it starts, a few degrees and a few per cent of its size away at most; finely,
            where the coarse way ended. All show the same side.
        free_scale: Whether its size may change as well.
        coarse: Whether to come near is enough.
    """
    if not lays:
        return []
    every, steps = (COARSE, COARSE_STEPS) if coarse else (1, FINE_STEPS)
    samples, faces, lengths = (
        rows[::every] for rows in (other.samples, other.normals, other.lengths_mm)
    )
    centre, mirrored = samples.mean(axis=0), lays[0].mirrored
    # Turn, size and where the centre of the samples lies, one row a lay.
    angle = np.radians([lay.angle_deg for lay in lays])
    scale = np.array([lay.scale for lay in lays])
    held = np.array([lay.matrix() @ centre + (lay.x_mm, lay.y_mm) for lay in lays])
    cut, least = (2.0 if coarse else 0.3) * one.facing_mm, 10 * one.tolerance_mm
    for _ in range(steps):
        turns = _turns(angle, mirrored)
        arms = scale[:, None, None] * ((samples - centre) @ turns.transpose(0, 2, 1))
        normals = faces @ turns.transpose(0, 2, 1)
        step = _steps(one, (arms + held[:, None], arms, normals, lengths), cut, free_scale)
        held += step[:, :2]
        angle += step[:, 2]
        scale *= np.exp(step[:, 3])
        moved = np.abs(step * (1, 1, one.reach_mm, one.reach_mm)).max()
        if cut <= least and moved < 5e-3 * one.tolerance_mm:
            break
        cut = max(0.7 * cut, least)
    found = []
    for turn, size, place in zip(np.degrees(angle).tolist(), scale.tolist(), held, strict=True):
        x, y = place - Lay(turn, 0, 0, size, mirrored).matrix() @ centre
        found.append(Lay(turn, float(x), float(y), size, mirrored))
    return found


def _turns(angle: Points, mirrored: bool) -> Points:
    """Return the linear maps of lays of size 1, shape (K, 2, 2)."""
    c, s = np.cos(angle), np.sin(angle)
    flip = -1.0 if mirrored else 1.0
    return np.moveaxis(np.array([[flip * c, -s], [flip * s, c]]), 2, 0)


def _steps(
    one: Shape, moved: tuple[Points, Points, Points, Points], cut: float, free_scale: bool
) -> Points:
    """Return by how much to move (x, y), to turn and to enlarge each lay; shape (K, 4).

    Args:
        one: Lies still.
        moved: Samples of the other where they lie now, the same from their centre, their normals,
            each (K, N, 2), and lengths (N,).
        cut: Distance in mm from which an edge has no partner.
        free_scale: Whether to enlarge.
    """
    points, arms, normals, lengths = moved
    asked = np.concatenate([points, normals * one.facing_mm], axis=2)
    # Edges that face within 60 degrees of each other are no farther apart than this.
    reach = math.hypot(cut, one.facing_mm)
    _, nearest = one.tree.query(asked, distance_upper_bound=reach)
    missing = nearest == len(one.targets)
    nearest[missing] = 0
    place, facing = one.targets[nearest, :2], one.targets[nearest, 2:]
    gaps = points - place
    off = (gaps * facing).sum(axis=2)
    near = ~missing & ((gaps * gaps).sum(axis=2) < cut**2)
    alike = (normals * facing).sum(axis=2) > 0.5
    weights = lengths * (near & alike) / np.maximum(np.abs(off), 0.05 * one.tolerance_mm)
    turn = facing[..., 1] * arms[..., 0] - facing[..., 0] * arms[..., 1]
    grow = (facing * arms).sum(axis=2) * float(free_scale)
    slopes = np.concatenate([facing, turn[..., None], grow[..., None]], axis=2)
    pull = slopes.transpose(0, 2, 1) * weights[:, None]
    # What the edges do not decide, such as the turn of a disc, stays as it is.
    units = np.array([1.0, 1.0, one.reach_mm, one.reach_mm])
    hold = 1e-9 * (weights.sum(axis=1) + 1e-12)[:, None, None] * np.diag(units**2)
    solved = np.linalg.solve(pull @ slopes + hold, -pull @ off[..., None])
    return np.asarray(solved[..., 0], dtype=np.float64)


def iou(a: BaseGeometry, b: BaseGeometry) -> float:
    """Return the area in common over the area of both."""
    common = float(a.intersection(b).area)
    return common / (float(a.area) + float(b.area) - common)


def difference(a: BaseGeometry, b: BaseGeometry, tolerance_mm: float) -> BaseGeometry:
    """Return what only one of two areas covers, without what is thinner than two tolerances."""
    return a.symmetric_difference(b).buffer(-tolerance_mm).buffer(tolerance_mm)
