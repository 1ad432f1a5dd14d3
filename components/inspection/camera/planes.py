"""The plane that parts lie in, as a calibrated camera sees it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components.geometry.transforms import transformed

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class MetricPlane:
    """A plane of the scene with its coordinates in mm, x to the right and y up as seen.

    Attributes:
        to_px: Map of its points, shape (N, 2), in mm to the picture, lens included.
        from_px: The way back.
        residual_px: How well that is known (standard deviation).
    """

    to_px: Callable[[Floats], Floats]
    from_px: Callable[[Floats], Floats]
    residual_px: float

    def laid(
        self, outline_mm: Floats, mm_to_px: Floats, mirrored: bool
    ) -> Callable[[Floats], Floats]:
        """Return the drawing in its true size where a pose has it.

        Args:
            outline_mm: The drawing's outline: there both shall agree best, shape (N, 2).
            mm_to_px: The pose's homography, shape (3, 3).
            mirrored: Whether the part shows its back.
        """
        there = self.from_px(transformed(outline_mm, mm_to_px))
        flip = np.array([-1.0 if mirrored else 1.0, 1.0])
        here = outline_mm * flip
        middle, target = here.mean(axis=0), there.mean(axis=0)
        left, _, right = np.linalg.svd((here - middle).T @ (there - target))
        turn = (left @ np.diag([1.0, np.sign(np.linalg.det(left @ right))]) @ right).T
        return lambda xy_mm: self.to_px((xy_mm * flip - middle) @ turn.T + target)

    def px_per_mm_at(self, xy_px: Floats) -> float:
        """Return the scale at a pixel, shape (2,): of areas, so alike in all directions."""
        place = self.from_px(np.asarray(xy_px, dtype=np.float64)[None])[0]
        here, along_x, along_y = self.to_px(place + np.array([[0, 0], [1e-3, 0], [0, 1e-3]]))
        area = np.linalg.det(np.column_stack([along_x - here, along_y - here])) / 1e-6
        return float(np.sqrt(abs(area)))
