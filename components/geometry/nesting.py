"""Rings -> parts: which ring lies in which, what is an outline, what is a hole.

Counted from outside, rings at even depth are outlines and rings at odd depth their holes; an
outline inside a hole is a part of its own. Rings that cross or touch are refused with the place.
"""

import re
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.validation import explain_validity

from components.errors import DrawingError
from components.geometry.contours import box, perimeter, signed_area, without_repeats
from components.geometry.drawing import PlacedError

Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """One outline with its holes, in drawing units."""

    outline: Points
    holes: list[Points]


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """Rings and how they lie in each other.

    Attributes:
        rings: Vertices of each, shape (N, 2).
        parent: Index of the smallest ring around each; -1 if there is none.
        depth: Number of rings around each.
    """

    rings: list[Points]
    parent: NDArray[np.int64]
    depth: NDArray[np.int64]


def polygons_of(rings: list[Points]) -> NDArray[np.object_]:
    """Return one polygon per ring of shape (N, 2), valid or not."""
    return np.asarray(shapely.polygons(_curves_of(rings)))


def _curves_of(rings: list[Points]) -> NDArray[np.object_]:
    """Return one closed curve per ring, made all at once."""
    which = np.repeat(np.arange(len(rings)), [len(ring) for ring in rings])
    return np.asarray(shapely.linearrings(np.concatenate(rings), indices=which))


def cleaned(rings: list[Points], speck: float) -> tuple[list[Points], int]:
    """Return the rings without repeated vertices, and how many were too narrow to be rings.

    Args:
        rings: Vertices of each, shape (N, 2).
        speck: Rings narrower than this are dropped, in drawing units.
    """
    kept = []
    for ring in rings:
        extent = max(float((ring.max(axis=0) - ring.min(axis=0)).max()), 1e-300)
        points = without_repeats(ring, 1e-9 * extent)
        # Twice the area over the length of the way round is the width of a long thin ring.
        if len(points) >= 3 and 2 * _area(points, speck) > speck * perimeter(points) / 2:
            kept.append(points)
    return kept, len(rings) - len(kept)


def _area(ring: Points, speck: float) -> float:
    """Return the area of a ring; the lobes of one that crosses itself do not cancel out."""
    area = abs(signed_area(ring))
    if 4 * area > speck * perimeter(ring):
        return area
    return float(shapely.make_valid(shapely.Polygon(ring)).area)


def without_dots(tree: Tree, least: float) -> tuple[list[Points], list[Points]]:
    """Return the rings of a tree without outlines too small to be parts, and those.

    Args:
        tree: Rings and how they lie in each other.
        least: Longer side of the smallest part, in drawing units; if no outline is that big,
            nothing is taken away.
    """
    sides = np.array([np.ptp(ring, axis=0).max() for ring in tree.rings])
    small = (tree.depth % 2 == 0) & (sides < least)
    if (sides[tree.depth % 2 == 0] < least).all():
        small[:] = False
    kept = [ring for ring, dot in zip(tree.rings, small, strict=True) if not dot]
    return kept, [ring for ring, dot in zip(tree.rings, small, strict=True) if dot]


def without_double_rings(rings: list[Points], tolerance: float) -> tuple[list[Points], int]:
    """Return the rings without those that repeat an earlier one, and how many did.

    Two rings are one drawn twice if no point of one is farther than the tolerance from the other.
    """
    if len(rings) < 2:
        return rings, 0
    corners = np.array([np.concatenate(box(ring)) for ring in rings])
    low_x, low_y, high_x, high_y = (corners + np.array([-1, -1, 1, 1]) * tolerance).T
    boxes = np.asarray(shapely.box(low_x, low_y, high_x, high_y))
    first, second = shapely.STRtree(boxes).query(boxes, predicate="intersects")
    near = (first < second) & (np.abs(corners[first] - corners[second]).max(axis=1) <= tolerance)
    repeated: set[int] = set()
    for i, j in zip(first[near].tolist(), second[near].tolist(), strict=True):
        if i in repeated or j in repeated:
            continue
        one, other = shapely.LinearRing(rings[i]), shapely.LinearRing(rings[j])
        if shapely.hausdorff_distance(one, other) <= tolerance:
            repeated.add(j)
    return [ring for index, ring in enumerate(rings) if index not in repeated], len(repeated)


def healed(rings: list[Points], speck: float) -> tuple[list[Points], int]:
    """Return the rings without self-crossings too small to see, and how many had some.

    Rounding and wide joints leave loops of a few micrometres at corners. A ring whose pieces,
    once cut at its crossings, are one big piece and specks, is that big piece.

    Args:
        rings: Vertices of each, shape (N, 2).
        speck: Side of a square that is as big as all specks of a ring may be together.
    """
    polygons = polygons_of(rings)
    result, count = list(rings), 0
    for index in np.flatnonzero(~shapely.is_valid(polygons)).tolist():
        # A collection may hold a multi-polygon: two levels of parts.
        pieces = shapely.get_parts(shapely.get_parts(shapely.make_valid(polygons[index])))
        pieces = pieces[shapely.get_dimensions(pieces) == 2]
        areas = shapely.area(pieces)
        if not len(pieces):
            continue
        biggest = pieces[int(np.argmax(areas))]
        rest = areas.sum() - areas.max()
        slips = [*(shapely.Polygon(hole).area for hole in biggest.interiors), rest]
        if sum(slips) <= speck * speck:
            result[index] = np.array(biggest.exterior.coords)[:-1]
            count += 1
    return result, count


def nested(rings: list[Points]) -> Tree:
    """Return how rings lie in each other.

    Raises:
        PlacedError: If a ring crosses or touches itself or another one, naming the place.
    """
    polygons = polygons_of(rings)
    valid = shapely.is_valid(polygons)
    if not valid.all():
        _refuse_invalid(polygons[int(np.argmin(valid))])
    curves = np.asarray(shapely.get_exterior_ring(polygons))
    tree = shapely.STRtree(curves)
    first, second = tree.query(curves, predicate="intersects")
    met = first < second
    if met.any():
        _refuse_crossing(curves[first[met][0]], curves[second[met][0]])
    return _tree(rings, polygons)


def check_webs(tree: Tree, web: float, mm: float) -> None:
    """Refuse rings so near to each other that sampling alone decides whether they touch.

    Args:
        tree: Rings that do not meet.
        web: Smallest distance, in drawing units.
        mm: Length of a drawing unit.

    Raises:
        PlacedError: Naming the place and the distance.
    """
    curves = _curves_of(tree.rings)
    first, second = shapely.STRtree(curves).query(curves, predicate="dwithin", distance=web)
    near = np.flatnonzero(first < second)
    if len(near):
        line = shapely.shortest_line(curves[first[near[0]]], curves[second[near[0]]])
        x, y = line.coords[0]
        raise PlacedError(
            f"two contours are {line.length * mm:.2g} mm apart at {{place}}, which counts as "
            f"touching; contours must be {web * mm:.3g} mm apart (2 x curve_tolerance_mm)",
            (x, y),
        )


def _tree(rings: list[Points], polygons: NDArray[np.object_]) -> Tree:
    """Return the tree of rings that do not meet: one vertex tells whether one lies in another."""
    starts = shapely.points(np.array([ring[0] for ring in rings]))
    inner, outer = shapely.STRtree(polygons).query(starts, predicate="within")
    areas = shapely.area(polygons)
    other = inner != outer
    inner, outer = inner[other], outer[other]
    depth = np.bincount(inner, minlength=len(rings)).astype(np.int64)
    parent = np.full(len(rings), -1, dtype=np.int64)
    for index in np.argsort(-areas[outer], kind="stable"):
        parent[inner[index]] = outer[index]
    return Tree(rings, parent, depth)


def shapes_of(tree: Tree) -> list[Shape]:
    """Return the parts of a tree, biggest first, of equal ones the lower left one first."""
    holes: dict[int, list[Points]] = {}
    for index in np.flatnonzero(tree.depth % 2 == 1):
        holes.setdefault(int(tree.parent[index]), []).append(tree.rings[index])
    outlines = np.flatnonzero(tree.depth % 2 == 0).tolist()
    # Rounded: the last digits of the areas of equal parts must not decide.
    areas = {i: float(f"{abs(signed_area(tree.rings[i])):.9g}") for i in outlines}
    outlines.sort(key=lambda i: (-areas[i], *tree.rings[i].min(axis=0)))
    return [Shape(tree.rings[i], holes.get(i, [])) for i in outlines]


def _refuse_invalid(polygon: shapely.Polygon) -> None:
    """Refuse a ring that meets itself.

    Raises:
        PlacedError: Naming the place.
    """
    said = explain_validity(polygon)
    found = re.search(r"\[(\S+) (\S+)\]", said)
    if found is None:
        raise DrawingError("a contour crosses or touches itself")
    place = (float(found[1]), float(found[2]))
    raise PlacedError("a contour crosses or touches itself at {place}", place)


def _refuse_crossing(one: shapely.LinearRing, other: shapely.LinearRing) -> None:
    """Refuse two rings that meet.

    Raises:
        PlacedError: Naming the place.
    """
    met = one.intersection(other)
    place = met.representative_point() if not met.is_empty else one.representative_point()
    verb = "cross" if one.crosses(other) else "touch"
    raise PlacedError(f"two contours {verb} at {{place}}", (place.x, place.y))
