"""Drawings that were roughly put in place, moved to the edges that the picture itself shows.

There, near-identical drawings are told apart by the features that differ alone: a hole of a few
pixels that a network's mask has lost still has an edge in the picture.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components.domain import Part
from components.geometry.contours import perimeter
from components.geometry.transforms import transformed
from components.inspection.fitting.edges import FoundEdges, changes, edges_of, rim_of
from components.inspection.fitting.fields import FieldStack
from components.inspection.fitting.refinement import Fit, resumed
from components.inspection.fitting.twins import Twin
from components.inspection.fitting.views import View

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Picture = NDArray[np.uint8]

LEAST_EDGES = 20
"""A fit is not moved to fewer edge points."""

_DIFFERS_PX = 1.5
"""A contour point that lies farther from all edges of the other drawing belongs to one alone."""

_LEAST_POINTS = 4
"""From fewer contour points nothing is concluded."""

_LEAST_CONTOUR_PX = 12.0
"""Shorter contours, such as holes of less than four pixels, may be invisible."""

_EVEN = 0.25
"""Presence at which an edge is as likely there as not, measured on near-identical drawings."""

_SLOPE, _MOST = 2.0, 6.0
"""How fast and how far the logarithm of the odds grows with the logarithm of the presence."""


@dataclass(frozen=True, slots=True, eq=False)
class _Pair:
    """A drawing and its twin: how far each one's contour points lie from the other's edges."""

    twin: Twin
    own_mm: Floats
    twins_mm: Floats


class Sharpener:
    """Moves fits to the picture's edges. It may be shared by threads."""

    def __init__(
        self, parts: Sequence[Part], twins: Sequence[Sequence[Twin]], fields: FieldStack
    ) -> None:
        """Prepare the contours of the parts; `twins` and `fields` are in their order."""
        self._fields = fields
        self._rims = [rim_of(part) for part in parts]
        self._lengths = [
            [perimeter(ring.xy_mm) for ring in (part.outline, *part.holes)] for part in parts
        ]
        self._pairs = [
            [self._pair(number, twin) for twin in alike] for number, alike in enumerate(twins)
        ]

    def sharpened(
        self,
        fit: Fit,
        view: View,
        picture: Picture,
        reaches_px: Sequence[float],
    ) -> Fit:
        """Return a fit moved to the picture's edges; the same fit where there are too few.

        Args:
            fit: Where to begin.
            view: The object.
            picture: `edges.smoothed`.
            reaches_px: How far edges are looked for, step by step.
        """
        for reach in reaches_px:
            found = self.edges(fit, picture, view.others, reach)
            if len(found.points_px) < LEAST_EDGES:
                return fit
            limits = 0.6 * reach, 0.4 * reach
            fit = resumed(fit, self._fields, found.points_px, view, limits)
        return fit

    def points(self, number: int) -> int:
        """Return how many points stand for the contours of a part."""
        return len(self._rims[number].points_mm)

    def edges(
        self, fit: Fit, picture: Picture, others: Bools | None, reach_px: float
    ) -> FoundEdges:
        """Return where the picture shows the contours of a fit."""
        return edges_of(fit, self._rims[fit.number], picture, others, reach_px)

    def absent(self, fit: Fit, picture: Picture, others: Bools | None) -> float:
        """Return the share of the contours of a fit at which the picture shows no edge, 0..1.

        A washer has the outline and the bore of a flange, but none of its holes. Contours of which
        too little can be seen, or that are too small to be seen, do not count.
        """
        rim = self._rims[fit.number]
        change, seen = changes(fit, rim, picture, others)
        usual = _usual(change[seen])
        present, told = 0, 0
        for ring, length_mm in enumerate(self._lengths[fit.number]):
            inside = seen & (rim.rings == ring)
            if length_mm * fit.px_per_mm >= _LEAST_CONTOUR_PX and inside.sum() >= _LEAST_POINTS:
                told += 1
                present += _odds(change[inside], usual) > 0
        return 1.0 - present / told if told else 1.0

    def alternatives(
        self, fit: Fit, picture: Picture, others: Bools | None
    ) -> list[tuple[Fit, float]]:
        """Return the near-identical drawings in the same place, with the odds for each.

        Returns:
            Fits and the logarithm of the odds that each is right and `fit` is not, by the edges of
            the features that differ.
        """
        pairs = self._pairs[fit.number]
        if not pairs:
            return []
        change, seen = changes(fit, self._rims[fit.number], picture, others)
        usual = _usual(change[seen])
        found = []
        for pair in pairs:
            other = pair.twin.fitted(fit)
            lost = (pair.own_mm * fit.px_per_mm > _DIFFERS_PX) & seen
            new = pair.twins_mm * fit.px_per_mm > _DIFFERS_PX
            rim = self._rims[other.number].chosen(new)
            there, shown = changes(other, rim, picture, others)
            odds = _odds(there[shown], usual) - _odds(change[lost], usual)
            found.append((other, odds))
        return found

    def _pair(self, number: int, twin: Twin) -> _Pair:
        """Return what differs between a drawing and its twin."""
        own, its = self._rims[number].points_mm, self._rims[twin.number].points_mm
        there = transformed(own, twin.to_mm)
        here = transformed(its, np.asarray(np.linalg.inv(twin.to_mm), dtype=np.float64))
        return _Pair(
            twin,
            self._far(twin.number, there) / twin.scale,
            self._far(number, here),
        )

    def _far(self, number: int, xy_mm: Floats) -> Floats:
        """Return how far points lie from the edges of a drawing, in mm."""
        xy = xy_mm.T.astype(np.float32)
        distance = self._fields.look_up(np.array([number]), xy[None])[0][0]
        return np.asarray(np.abs(distance), dtype=np.float64)


def _usual(change: Singles) -> float:
    """Return the median size of changes of colour, at least 1."""
    return max(float(np.median(np.linalg.norm(change, axis=1))), 1.0) if len(change) else 1.0


def _odds(change: Singles, usual: float) -> float:
    """Return the logarithm of the odds that there is an edge at some contour points.

    Across an edge that is there the colour changes about as it does across the drawing's other
    edges, whatever the light; where there is none, the changes are small and cancel.

    Args:
        change: Of colour at the points, shape (N, 3).
        usual: Median change across the drawing's contours.
    """
    if len(change) < _LEAST_POINTS:
        return 0.0
    presence = float(np.linalg.norm(change.mean(axis=0))) / usual
    return float(np.clip(_SLOPE * math.log(max(presence, 1e-3) / _EVEN), -_MOST, _MOST))
