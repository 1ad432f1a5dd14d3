"""Which parts a camera could take for one another, and what tells them apart.

Two parts are laid on each other with their centroids together; the overlap over all angles comes
from the correlation of their areas in polar cells, the best angles are refined with exact polygon
areas. What is left uncovered then, thicker than a tolerance, is the feature that differs; how thick
it is says how many pixels a millimetre needs to show it.

    *duplicate*    the same shape twice         *mirror pair*  one is the back of the other
    *confusable*   overlap (IoU) above a limit, with the feature that differs
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.optimize import minimize
from shapely import affinity
from shapely.geometry.base import BaseGeometry

from components.domain import Part
from components.geometry.resemblance import (
    Feature,
    Relation,
    Resemblance,
    SimilarityReport,
    Symmetry,
)
from components.progress import Progress, SilentProgress, stage

RADII, ANGLES = 48, 360
"""Polar cells in which areas are compared."""

TOLERANCE_MM = 0.1
"""Differences thinner than twice this are drawing noise, not features."""

MAX_ORDER = 24
"""Rotation symmetry beyond this order is that of a disc."""

PIXELS_PER_FEATURE = 4.0
"""A feature fewer pixels wide than this is lost in the blur of an edge (two pixels a side)."""

PEAKS = 2 * MAX_ORDER
"""Angles that are tried: near-symmetric parts have many that differ by one small feature."""

REFINED = 3
"""The best of them that are refined."""


@dataclass(frozen=True, slots=True, eq=False)
class _Shape:
    """A part prepared for comparison.

    Attributes:
        part: The part.
        polygon: Its area with the centroid at the origin, simplified below the tolerance.
        centroid: Where that was in the part's coordinates.
        spectrum: Fourier transform along the angle of the polar cells, front and back.
        areas: Area of a polar cell at each radius.
    """

    part: Part
    polygon: BaseGeometry
    centroid: tuple[float, float]
    spectrum: NDArray[np.complex128]
    areas: NDArray[np.float64]


def similarity_report(
    parts: Sequence[Part], min_iou: float = 0.9, progress: Progress | None = None
) -> SimilarityReport:
    """Compare all parts with each other.

    Args:
        parts: With unique names.
        min_iou: Overlap from which two parts count as confusable, 0..1.
        progress: Listener; None tells nobody.
    """
    reach = max((_reach(part) for part in parts), default=1.0)
    shapes = [_prepared(part, reach) for part in parts]
    pairs, symmetries = [], []
    with stage(progress or SilentProgress(), "compare parts", len(parts), "parts") as bar:
        for index, one in enumerate(shapes):
            symmetries.append(_symmetry(one))
            for other in shapes[index + 1 :]:
                pairs += _resemblances(one, other, min_iou)
            bar.advance(1, one.part.name)
    pairs.sort(key=lambda pair: (-pair.iou, pair.first, pair.second))
    return SimilarityReport(tuple(symmetries), tuple(pairs))


def part_polygon(part: Part) -> BaseGeometry:
    """Return the area of a part, its holes left out."""
    return shapely.Polygon(part.outline.xy_mm, [hole.xy_mm for hole in part.holes])


def _reach(part: Part) -> float:
    """Return the diagonal of a part's box: no point lies farther from its centroid."""
    return float(np.hypot(*part.size_mm))


def _prepared(part: Part, reach: float) -> _Shape:
    """Return a part ready for comparison."""
    polygon = part_polygon(part).simplify(TOLERANCE_MM / 10)
    centre = polygon.centroid
    polygon = affinity.translate(polygon, -centre.x, -centre.y)
    radii = (np.arange(RADII) + 0.5) * reach / RADII
    angles = 2 * np.pi * np.arange(ANGLES) / ANGLES
    x, y = np.outer(radii, np.cos(angles)), np.outer(radii, np.sin(angles))
    shapely.prepare(polygon)
    inside = shapely.contains_xy(polygon, x.ravel(), y.ravel()).reshape(RADII, ANGLES)
    spectrum = np.fft.rfft(inside.astype(np.float64), axis=1)
    areas = radii * (reach / RADII) * (2 * np.pi / ANGLES)
    return _Shape(part, polygon, (centre.x, centre.y), spectrum, areas)


def _overlaps(one: _Shape, other: _Shape, mirrored: bool) -> NDArray[np.float64]:
    """Return the IoU for each turn of the other part, one a degree."""
    # Mirrored to (-x, y), the angle t becomes 180 - t: conjugate, and half a turn on.
    half_turn = (-1.0) ** np.arange(other.spectrum.shape[1])
    moved = np.conj(other.spectrum) * half_turn if mirrored else other.spectrum
    common = np.fft.irfft(one.spectrum * np.conj(moved), ANGLES, axis=1)
    overlap = one.areas @ common
    both = one.polygon.area + other.polygon.area
    return np.asarray(overlap / np.maximum(both - overlap, 1e-12))


def _laid(other: _Shape, angle_deg: float, x: float, y: float, mirrored: bool) -> BaseGeometry:
    """Return the other part's area in a position on the first."""
    polygon = affinity.scale(other.polygon, -1, 1, origin=(0, 0)) if mirrored else other.polygon
    turned = affinity.rotate(polygon, angle_deg, origin=(0, 0))
    return affinity.translate(turned, x, y)


def _iou(a: BaseGeometry, b: BaseGeometry) -> float:
    """Return the area in common over the area of both."""
    common = float(a.intersection(b).area)
    return common / (float(a.area) + float(b.area) - common)


def _registered(
    one: _Shape, other: _Shape, mirrored: bool, min_iou: float
) -> tuple[float, float, BaseGeometry] | None:
    """Return IoU, angle and the other part laid on the first; None if they are not alike."""
    areas = sorted((one.polygon.area, other.polygon.area))
    if areas[0] < min_iou * areas[1]:
        return None
    overlaps = _overlaps(one, other, mirrored)
    around = np.maximum(np.roll(overlaps, 1), np.roll(overlaps, -1))
    peaks = np.flatnonzero((overlaps >= around) & (overlaps >= min_iou - 0.1))
    peaks = peaks[np.argsort(-overlaps[peaks])][:PEAKS]
    laid = {int(p): _iou(one.polygon, _laid(other, float(p), 0, 0, mirrored)) for p in peaks}
    starts = sorted(laid, key=lambda peak: -laid[peak])[:REFINED]
    refined = [_refined(one, other, float(peak), mirrored) for peak in starts]
    return max(refined, key=lambda found: found[0], default=None)


def _refined(
    one: _Shape, other: _Shape, angle_deg: float, mirrored: bool
) -> tuple[float, float, BaseGeometry]:
    """Return IoU, angle and the other part in the best position near an angle."""
    start = np.array([angle_deg, 0.0, 0.0])
    found = minimize(
        lambda p: -_iou(one.polygon, _laid(other, p[0], p[1], p[2], mirrored)),
        start,
        method="Nelder-Mead",
        options={
            "initial_simplex": start + np.vstack([np.zeros(3), np.eye(3) * 0.5]),
            "maxfev": 120,
            "xatol": 1e-3,
            "fatol": 1e-7,
        },
    )
    angle, x, y = (float(value) for value in found.x)
    return -float(found.fun), angle, _laid(other, angle, x, y, mirrored)


def _difference(a: BaseGeometry, b: BaseGeometry) -> BaseGeometry:
    """Return what only one of two areas covers, without slivers."""
    return a.symmetric_difference(b).buffer(-TOLERANCE_MM).buffer(TOLERANCE_MM)


def _resemblances(one: _Shape, other: _Shape, min_iou: float) -> list[Resemblance]:
    """Return how two parts are alike: face to face, and face to back unless that adds nothing."""
    result: list[Resemblance] = []
    for mirrored in (False, True):
        found = _registered(one, other, mirrored, min_iou)
        if found is None or found[0] < min_iou or (result and found[0] <= result[0].iou + 1e-4):
            continue
        iou, angle_deg, laid = found
        feature = _feature(one, laid)
        relation: Relation = "confusable"
        if feature is None:
            relation = "mirror pair" if mirrored else "duplicate"
        names = (one.part.name, other.part.name)
        angle_deg = (angle_deg + 180.0) % 360.0 - 180.0
        result.append(Resemblance(*names, relation, iou, angle_deg, mirrored, feature))
    return result


def _feature(one: _Shape, laid: BaseGeometry) -> Feature | None:
    """Return the thickest difference; None if there is none."""
    pieces = [p for p in shapely.get_parts(_difference(one.polygon, laid)) if p.area > 0]
    if not pieces:
        return None
    circles = [shapely.maximum_inscribed_circle(piece, TOLERANCE_MM / 10) for piece in pieces]
    index = int(np.argmax([circle.length for circle in circles]))
    x, y = circles[index].coords[0]
    width_mm = 2 * float(circles[index].length)
    return Feature(
        x_mm=x + one.centroid[0],
        y_mm=y + one.centroid[1],
        width_mm=width_mm,
        area_mm2=float(pieces[index].area),
        px_per_mm=PIXELS_PER_FEATURE / width_mm,
    )


def _symmetry(shape: _Shape) -> Symmetry:
    """Return the symmetry of one part."""
    if _same_when_turned(shape, np.degrees(1.0)) and _same_when_turned(shape, 97.0):
        return Symmetry(shape.part.name, 0, True)
    failed: list[int] = []
    order = 1
    for count in range(2, MAX_ORDER + 1):
        if any(count % other == 0 for other in failed):
            continue
        if _same_when_turned(shape, 360.0 / count):
            order = count
        else:
            failed.append(count)
    found = _registered(shape, shape, True, 0.9)
    mirrored = found is not None and _difference(shape.polygon, found[2]).is_empty
    return Symmetry(shape.part.name, order, mirrored)


def _same_when_turned(shape: _Shape, angle_deg: float) -> bool:
    """Return whether a turn about the centroid shows the same shape."""
    turned = affinity.rotate(shape.polygon, angle_deg, origin=(0, 0))
    return bool(_difference(shape.polygon, turned).is_empty)
