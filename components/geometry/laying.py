"""Laying one shape on another: from a rough start to the place where their edges agree.

The edges of the second shape are drawn to the nearest edges of the first that face the same way,
and the sum of the distances (not of their squares) is made least. What the two have in common then
lies on itself exactly, however large the one feature is that differs.

References:
    Chen and Medioni, "Object modelling by registration of multiple range images", Image and
    Vision Computing 10 (1992); reweighting after Holland and Welsch (1977).
"""

import math
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
    hull = _xy(polygon.convex_hull.centroid)
    # A tab moves the centre of the hull, a slot that of the area: one of the two stays.
    if math.dist(centres[0], hull) > 0.005 * reach_mm:
        centres.append(hull)
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


def settled(one: Shape, other: Shape, lay: Lay, free_scale: bool, coarse: bool = False) -> Lay:
    """Return the lay near `lay` at which the edges agree best.

    Args:
        one: Lies still.
        other: Is moved.
        lay: Where it starts, a few degrees and a few per cent of its size away at most; finely,
            where the coarse way ended.
        free_scale: Whether its size may change as well.
        coarse: Whether to come near is enough.
    """
    matrix, move = lay.matrix(), np.array([lay.x_mm, lay.y_mm])
    angle, scale = math.radians(lay.angle_deg), lay.scale
    every, steps = (COARSE, COARSE_STEPS) if coarse else (1, FINE_STEPS)
    samples, faces, lengths = (
        rows[::every] for rows in (other.samples, other.normals, other.lengths_mm)
    )
    centre, reach_mm = samples.mean(axis=0), one.reach_mm
    cut, least = (2.0 if coarse else 0.3) * one.facing_mm, 10 * one.tolerance_mm
    for _ in range(steps):
        arms = (samples - centre) @ matrix.T
        points = arms + matrix @ centre + move
        normals = faces @ (matrix / scale).T
        step = _step(one, (points, arms, normals, lengths), cut, free_scale)
        # The turn is about the centre: what that does to the origin is made good in the move.
        held = matrix @ centre + move + step[:2]
        angle += step[2]
        scale *= math.exp(step[3])
        matrix = Lay(math.degrees(angle), 0, 0, scale, lay.mirrored).matrix()
        move = held - matrix @ centre
        moved = np.abs(step * (1, 1, reach_mm, reach_mm)).max()
        if cut <= least and moved < 5e-3 * one.tolerance_mm:
            break
        cut = max(0.7 * cut, least)
    return Lay(math.degrees(angle), float(move[0]), float(move[1]), scale, lay.mirrored)


def _step(
    one: Shape, moved: tuple[Points, Points, Points, Points], cut: float, free_scale: bool
) -> Points:
    """Return by how much to move (x, y), to turn and to enlarge; shape (4,).

    Args:
        one: Lies still.
        moved: Samples of the other where they lie now, the same from their centre, their normals
            and lengths.
        cut: Distance in mm from which an edge has no partner.
        free_scale: Whether to enlarge.
    """
    points, arms, normals, lengths = moved
    asked = np.hstack([points, normals * one.facing_mm])
    _, nearest = one.tree.query(asked)
    place, facing = one.targets[nearest, :2], one.targets[nearest, 2:]
    gaps = points - place
    off = np.einsum("ij,ij->i", gaps, facing)
    near = np.einsum("ij,ij->i", gaps, gaps) < cut**2
    alike = np.einsum("ij,ij->i", normals, facing) > 0.5
    weights = lengths * (near & alike) / np.maximum(np.abs(off), 0.05 * one.tolerance_mm)
    turn = facing[:, 1] * arms[:, 0] - facing[:, 0] * arms[:, 1]
    grow = np.einsum("ij,ij->i", facing, arms) * float(free_scale)
    slopes = np.column_stack([facing, turn, grow])
    pull = slopes.T * weights
    # What the edges do not decide, such as the turn of a disc, stays as it is.
    units = np.array([1.0, 1.0, one.reach_mm, one.reach_mm])
    normal = pull @ slopes + np.diag(1e-9 * (weights.sum() + 1e-12) * units**2)
    return np.asarray(np.linalg.solve(normal, -pull @ off), dtype=np.float64)


def iou(a: BaseGeometry, b: BaseGeometry) -> float:
    """Return the area in common over the area of both."""
    common = float(a.intersection(b).area)
    return common / (float(a.area) + float(b.area) - common)


def difference(a: BaseGeometry, b: BaseGeometry, tolerance_mm: float) -> BaseGeometry:
    """Return what only one of two areas covers, without what is thinner than two tolerances."""
    return a.symmetric_difference(b).buffer(-tolerance_mm).buffer(tolerance_mm)
