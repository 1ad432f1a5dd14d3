"""Drawings that lie on one another edge for edge but for a few features: near-identical pairs.

A drawing that is nearly the same after a turn, or from its back, is a *twin* of itself. Whoever
has fitted one drawing has fitted its twins: they are put in the same place and compared there, so
that nothing but the features that differ decides between them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from components.domain import Part
from components.geometry.contours import perimeter, resampled
from components.geometry.transforms import transformed
from components.inspection.fitting.alignment import Lays, aligned, lays_from_starts
from components.inspection.fitting.fields import FieldStack
from components.inspection.fitting.placing import Placing
from components.inspection.fitting.refinement import Fit
from components.inspection.fitting.signatures import PartShape, SignatureSet

Floats = NDArray[np.float64]

_LIKENESS = 0.75
"""Overlap of two signatures below which drawings cannot be twins."""

_NEAR = 0.006
"""Edges of twins lie so near to each other, over the part's diameter ..."""

_SHARE = 0.8
"""... on this share of their length, both ways."""

_HOPELESS = 1.25 * (_SHARE * _NEAR + (1 - _SHARE) * 0.01)
"""Greatest mean distance over the diameter that leaves a lay a chance: far points count with the
last of `_LIMITS`, and the last step may still make it better by a quarter."""

_MOST = 12
"""Twins of one drawing, the most alike first."""

_FAR_PX = 3.0
"""Edge points farther from a drawing than this all count alike."""

_SLACK_PX = 0.1
"""Twins whose mean distance exceeds the best one's by more are not looked at."""

_POINTS = 240
_LIMITS = (0.10, 0.06, 0.04, 0.02, 0.01, 0.01)
"""Distances over the diameter beyond which points count for nothing, step by step."""


@dataclass(frozen=True, slots=True, eq=False)
class Twin:
    """A drawing that lies on another one.

    Attributes:
        number: Of this drawing.
        placing: Map of the other drawing's plane to this one's.
        to_mm: The same as a matrix, shape (3, 3).
    """

    number: int
    placing: Placing
    to_mm: Floats

    @property
    def scale(self) -> float:
        """Millimetres of this drawing for one of the other."""
        return abs(self.placing.turn)

    def fitted(self, fit: Fit) -> Fit:
        """Return this drawing in the place of the other one."""
        return replace(
            fit,
            number=self.number,
            mirrored=fit.mirrored != self.placing.mirrored,
            to_mm=self.to_mm @ fit.to_mm,
            px_per_mm=fit.px_per_mm / self.scale,
        )


def twins_of(
    parts: Sequence[Part],
    shapes: Sequence[PartShape],
    signatures: SignatureSet,
    fields: FieldStack,
) -> list[list[Twin]]:
    """Return the twins of each drawing."""
    points = [_edge_points(part) for part in parts]
    return [_twins(number, shapes, points, signatures, fields) for number in range(len(parts))]


def _edge_points(part: Part) -> Floats:
    """Return points at equal distances along all contours, in mm."""
    rings = [part.outline.xy_mm, *(hole.xy_mm for hole in part.holes)]
    lengths = np.array([perimeter(ring) for ring in rings])
    counts = np.maximum(8, np.round(_POINTS * lengths / lengths.sum())).astype(int)
    return np.vstack([resampled(ring, n) for ring, n in zip(rings, counts.tolist(), strict=True)])


def _twins(
    number: int,
    shapes: Sequence[PartShape],
    points: Sequence[Floats],
    signatures: SignatureSet,
    fields: FieldStack,
) -> list[Twin]:
    """Return the twins of one drawing."""
    shape = shapes[number]
    starts = signatures.starts_above(shape.signature[0], _LIKENESS)
    # A picture of the drawing with one pixel a millimetre, y down.
    centre = (shape.centroid_mm[0], -shape.centroid_mm[1])
    lays = lays_from_starts(starts, shapes, centre, shape.area_mm2)
    diameter = 2 * float(np.sqrt(shape.area_mm2 / np.pi))
    limits = [limit * diameter for limit in _LIMITS]
    lays = aligned(lays, fields, points[number] * (1, -1), limits)
    itself = Twin(number, Placing(1 + 0j, 0j, False), np.eye(3))
    found: list[Twin] = []
    for k in np.argsort(lays.misfit_px).tolist():
        if lays.misfit_px[k] > _HOPELESS * diameter:
            break
        twin = _twin(lays, k)
        known = any(_same(twin, other, diameter) for other in [itself, *found])
        if not known and _alike(number, twin, points, fields, diameter):
            found.append(twin)
    return found[:_MOST]


def _twin(lays: Lays, k: int) -> Twin:
    """Return one lay of a drawing on another as a twin."""
    # Offsets are counted from the centroid: (x, -y) of the picture of the other drawing.
    x, y = lays.origin_px
    placing = lays.placing(k).after(Placing(1 + 0j, complex(-x, y), False))
    return Twin(int(lays.numbers[k]), placing, placing.matrix())


def _same(one: Twin, other: Twin, diameter: float) -> bool:
    """Return whether two twins are one drawing in one place."""
    if one.number != other.number:
        return False
    return one.placing.near(other.placing, diameter, 0.04 * diameter)


def _alike(
    number: int, twin: Twin, points: Sequence[Floats], fields: FieldStack, diameter: float
) -> bool:
    """Return whether most edges of either drawing lie on edges of the other."""
    there = transformed(points[number], twin.to_mm)
    back = np.asarray(np.linalg.inv(twin.to_mm), dtype=np.float64)
    here = transformed(points[twin.number], back)
    limit = _NEAR * diameter
    near_there = _near(fields, twin.number, there, limit * twin.scale)
    return near_there >= _SHARE and _near(fields, number, here, limit) >= _SHARE


def _near(fields: FieldStack, number: int, xy_mm: Floats, limit_mm: float) -> float:
    xy = xy_mm.T.astype(np.float32)
    distance = fields.look_up(np.array([number]), xy[None])[0]
    return float((np.abs(distance) <= limit_mm).mean())


def likely_twins(
    twins: Sequence[Twin], fit: Fit, fields: FieldStack, points_px: Floats, most: int
) -> list[Fit]:
    """Return the twins of a fitted drawing that agree best with edge points, in its place.

    Args:
        twins: Of the fitted drawing.
        fit: Its place.
        fields: Of all parts.
        points_px: Edge points, shape (N, 2).
        most: Largest number of fits.
    """
    if len(twins) < 2:
        return [twin.fitted(fit) for twin in twins]
    here = transformed(points_px, fit.to_mm)
    maps = np.array([twin.to_mm[:2] for twin in twins])
    placed = (maps[:, :, :2] @ here.T + maps[:, :, 2:]).astype(np.float32)
    numbers = np.array([twin.number for twin in twins])
    far = np.abs(fields.look_up(numbers, placed)[0])
    scales = np.array([[1 / twin.scale] for twin in twins]) * fit.px_per_mm
    misfits = np.minimum(far * scales, _FAR_PX).mean(axis=1)
    order = np.argsort(misfits)[:most]
    near = order[misfits[order] <= misfits[order[0]] + _SLACK_PX]
    return [twins[k].fitted(fit) for k in near.tolist()]
