"""Which layer each contour of a part lies on.

Joining, noding and cleaning make rings of pieces of many curves. So a ring is asked afterwards:
each of its points takes the layer of the nearest point of the drawing's curves, and the layer that
most of its length lies on is the contour's.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from components.domain import Contour, Part
from components.geometry.contours import resampled
from components.geometry.harvest import Curve

Points = NDArray[np.float64]

ASKED = 64
"""Points of a ring that are asked."""

SAMPLES_A_CURVE = 33
"""Points on every curve, its ends and vertices besides."""


class LayerMap:
    """The layers of a drawing's curves, by place."""

    def __init__(self, curves: Sequence[Curve], origin: Points, mm_per_unit: float) -> None:
        """Prepare the curves.

        Args:
            curves: Of the parts, in the drawing's units.
            origin: What is subtracted from them, shape (2,).
            mm_per_unit: Length of a drawing unit.
        """
        self._names: list[str] = sorted({curve.layer for curve in curves})
        self._tree: cKDTree | None = None
        if len(self._names) > 1:
            numbers = {name: number for number, name in enumerate(self._names)}
            points = [_sampled(curve.xy - origin) * mm_per_unit for curve in curves]
            self._tree = cKDTree(np.concatenate(points))
            counts = [len(each) for each in points]
            self._layers = np.repeat([numbers[curve.layer] for curve in curves], counts)

    def on(self, part: Part, centre: Points) -> Part:
        """Return a part whose contours know their layers.

        Args:
            part: Of the same curves.
            centre: Where its origin lies, in mm, shape (2,).
        """
        outline, *holes = (
            replace(contour, layer=self._layer(contour, centre))
            for contour in (part.outline, *part.holes)
        )
        return Part(part.name, outline, tuple(holes))

    def _layer(self, contour: Contour, centre: Points) -> str:
        if self._tree is None:
            return self._names[0] if self._names else ""
        _, nearest = self._tree.query(resampled(contour.xy_mm, ASKED) + centre)
        votes: Counter[int] = Counter(self._layers[nearest].tolist())
        return self._names[min(votes, key=lambda number: (-votes[number], number))]


def _sampled(xy: Points) -> Points:
    """Return the vertices of a curve and points between them, evenly along its length."""
    steps = np.linalg.norm(np.diff(xy, axis=0), axis=1)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    places = np.linspace(0.0, along[-1], SAMPLES_A_CURVE)
    between = np.column_stack([np.interp(places, along, xy[:, axis]) for axis in (0, 1)])
    return np.vstack([xy, between])
