"""The exact place of one drawing: perspective and the part's side walls are fitted, too.

A thick part that is not straight below the camera shows one side of its walls, and masks take
them for part. To first order the mask is what the upper face covers when it is pushed along a
short way d, the *wall*: it grows by n.d where its outward normal n looks along d, and stays where
n looks back. So an edge point at a distance r from the face fits if r = max(0, n.d). Holes close
likewise. Pushing the face from the far end back gives the same mask, so pixels cannot tell at
which end of d the face lies: walls are seen on the side that looks at the camera, which is taken
to be above the picture's centre.

Perspective, stretching and walls are held back by priors: what the edge does not show stays 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components.inspection.fitting.alignment import Lays
from components.inspection.fitting.fields import FieldStack
from components.inspection.fitting.views import View

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

STRETCH_SD = 0.012
"""Expected stretching under tilt: a camera tilted by 9 degrees shortens one side by 1.2 %."""

PERSPECTIVE_SD = 0.012
"""Expected change of scale between the middle of a part and its edge."""

WALL_SD = 0.008
"""Expected length of the wall over the part's diameter."""

EDGE_NOISE_PX = 0.35
"""Spread of edge points of a mask about the edge: half a pixel to each side, evenly, gives 0.29."""

LEAST_WALL_PX = 0.5
"""Expected length of the wall of the smallest parts."""

FIRST_WALL_PX = 0.25
"""Where the search begins: it tells the wall's near end from its far one."""

CORRELATED = 4.0
"""Edge points of one stretch of the edge err alike: so many count as one."""


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """One drawing in its place.

    Attributes:
        number: Of the part.
        mirrored: Whether it shows its back.
        to_mm: Map of the picture to the drawing's plane, shape (3, 3).
        wall_px: What pushes the upper face over its walls: columns and rows, shape (2,).
        px_per_mm: Scale.
    """

    number: int
    mirrored: bool
    to_mm: Floats
    wall_px: Floats
    px_per_mm: float


_HELD = np.zeros((6, 10))
"""What the priors hold back, by the ten unknowns: stretching is what neither turns nor sizes."""
_HELD[0, [0, 4]] = 0.5, -0.5
_HELD[1, [1, 3]] = 0.5
_HELD[[2, 3, 4, 5], [6, 7, 8, 9]] = 1.0


class _Problem:
    """The least squares of several lays, each with ten unknowns.

    Lengths are counted in halves of the part's diameter. With offsets q, y up, the drawing's point
    is A q / (1 + h q), x mirrored for a part that shows its back; A is an affinity in mm, h the
    perspective, w the wall in px.
    """

    def __init__(self, lays: Lays, fields: FieldStack, points_px: Floats, view: View) -> None:
        self.fields, self.lays = fields, lays
        self.flips = lays.flips
        self.scales = lays.px_per_mm().astype(np.float32)[:, None]
        self.half = view.size_px / 2
        offset = ((points_px - lays.origin_px) * (1 / self.half, -1 / self.half)).T
        self.x, self.y = offset.astype(np.float32)
        a, b, c, d = lays.values.T
        h = self.half
        self.affine = np.stack([a * h, b * h, c, -b * h, a * h, d], axis=1)
        self.vanishing = np.zeros((len(a), 2))
        self.walls = np.tile(_towards_centre(view) * FIRST_WALL_PX, (len(a), 1))
        noise = EDGE_NOISE_PX * np.sqrt(CORRELATED)
        walls = max(WALL_SD * view.size_px, LEAST_WALL_PX)
        self.prior = noise / (
            np.array([STRETCH_SD * h] * 2 + [PERSPECTIVE_SD * h] * 2 + [walls] * 2)
        )
        self.rows = _HELD * self.prior[:, None]

    def begin_at(self, fit: Fit) -> None:
        """Begin the only lay at a fit."""
        x0, y0 = self.lays.origin_px
        from_offset = np.array([[self.half, 0, x0], [0, -self.half, y0], [0, 0, 1.0]])
        matrix = fit.to_mm @ from_offset
        matrix = matrix / matrix[2, 2]
        matrix[0] *= self.flips[0, 0]
        self.affine, self.vanishing = matrix[:2].reshape(1, 6), matrix[2:, :2].copy()
        self.walls = (fit.wall_px * (1, -1))[None]

    def residuals(self) -> tuple[Singles, Singles]:
        """Return residuals in px, shape (K, N), and their slopes, shape (K, 10, N)."""
        x, y = self.x, self.y
        affine, h = self.affine.astype(np.float32)[:, :, None], self.vanishing.astype(np.float32)
        depth = 1 / (1 + h[:, :1] * x + h[:, 1:] * y)
        x_mm = (affine[:, 0] * x + affine[:, 1] * y + affine[:, 2]) * depth
        y_mm = (affine[:, 3] * x + affine[:, 4] * y + affine[:, 5]) * depth
        value, along_x, along_y = self.fields.look_up(self.lays.numbers, x_mm * self.flips, y_mm)
        along_x, scales = along_x * self.flips, self.scales
        # The outward normal in the picture, y up: the slope turned back by the affinity.
        normal_x = along_x * affine[:, 0] + along_y * affine[:, 3]
        normal_y = along_x * affine[:, 1] + along_y * affine[:, 4]
        length = 1 / np.maximum(np.hypot(normal_x, normal_y), 1e-9)
        normal_x *= length
        normal_y *= length
        walls = self.walls.astype(np.float32)
        seen = np.maximum(normal_x * walls[:, :1] + normal_y * walls[:, 1:], 0)
        jacobian = np.empty((len(h), 10, len(x)), dtype=np.float32)
        along_x *= depth * scales
        along_y *= depth * scales
        for first, along in ((0, along_x), (3, along_y)):
            jacobian[:, first], jacobian[:, first + 1] = along * x, along * y
            jacobian[:, first + 2] = along
        moved = -(along_x * x_mm + along_y * y_mm)
        jacobian[:, 6], jacobian[:, 7] = moved * x, moved * y
        looks = seen > 0
        jacobian[:, 8], jacobian[:, 9] = -normal_x * looks, -normal_y * looks
        # Unknowns in px at the part's rim: all of a size.
        jacobian[:, :6] /= scales[:, :, None]
        jacobian[:, 6:8] /= np.float32(self.half)
        return value * scales - seen, jacobian

    def step(self, limit_px: float) -> None:
        """Take one Gauss-Newton step."""
        residual, jacobian = self.residuals()
        share = np.minimum(np.abs(residual) * np.float32(1 / limit_px), 1)
        weighted = jacobian * np.square(1 - share * share)[:, None]
        normal = (weighted @ jacobian.transpose(0, 2, 1)).astype(np.float64)
        normal += self.rows.T @ self.rows + 1e-6 * np.eye(10)
        gradient = (weighted @ residual[:, :, None])[:, :, 0].astype(np.float64)
        gradient += (self._state() * self.prior) @ self.rows
        change = np.linalg.solve(normal, -gradient[:, :, None])[:, :, 0]
        self.affine = self.affine + change[:, :6] / self.scales
        self.vanishing = self.vanishing + change[:, 6:8] / self.half
        self.walls = self.walls + change[:, 8:]

    def _state(self) -> Floats:
        """Return what the priors hold back, in px at the rim, shape (K, 6)."""
        a = self.affine * self.scales
        stretch = np.stack([a[:, 0] - a[:, 4], a[:, 1] + a[:, 3]], axis=1) / 2
        return np.concatenate([stretch, self.vanishing * self.half, self.walls], axis=1)

    def fits(self) -> list[Fit]:
        """Return the fits as they stand."""
        return [
            Fit(
                number=int(self.lays.numbers[k]),
                mirrored=bool(self.flips[k, 0] < 0),
                to_mm=self._to_mm(k),
                wall_px=self.walls[k] * (1, -1),
                px_per_mm=float(self.scales[k, 0]),
            )
            for k in range(len(self.scales))
        ]

    def _to_mm(self, k: int) -> Floats:
        """Return the map of the picture to the drawing of one lay, shape (3, 3)."""
        x0, y0 = self.lays.origin_px
        to_offset = np.array([[1, 0, -x0], [0, -1, y0], [0, 0, self.half]]) / self.half
        matrix = np.vstack([self.affine[k].reshape(2, 3), [*self.vanishing[k], 1.0]])
        matrix[0] *= self.flips[k, 0]
        return np.asarray(matrix @ to_offset, dtype=np.float64)


def _towards_centre(view: View) -> Floats:
    """Return the direction from an object to the picture's centre, y up, length 1 or 0."""
    height, width = view.picture_hw
    way = ((width - 1) / 2 - view.centre_px[0], view.centre_px[1] - (height - 1) / 2)
    return np.array(way) / max(float(np.hypot(*way)), 1.0)


def refined(
    lays: Lays, fields: FieldStack, view: View, points: int, limits_px: Sequence[float]
) -> list[Fit]:
    """Return lays with perspective and walls.

    Args:
        lays: Aligned under similarity.
        fields: Of all parts.
        view: What is seen.
        points: How many edge points to take.
        limits_px: Of each step: from this distance on an edge point counts for nothing.
    """
    problem = _Problem(lays, fields, view.edge_px[:points], view)
    for limit in limits_px:
        problem.step(limit)
    return problem.fits()


def resumed(
    fit: Fit, fields: FieldStack, points_px: Floats, view: View, limits_px: Sequence[float]
) -> Fit:
    """Return a fit after more steps, towards other edge points.

    Args:
        fit: Where to begin.
        fields: Of all parts.
        points_px: Edge points, shape (N, 2), such as those that the picture itself shows.
        view: The object.
        limits_px: From this distance on an edge point counts for nothing, step by step.
    """
    problem = _Problem(_lay_of(fit, view), fields, points_px, view)
    problem.begin_at(fit)
    for limit in limits_px:
        problem.step(limit)
    return problem.fits()[0]


def _lay_of(fit: Fit, view: View) -> Lays:
    """Return a fit as a lay of the same scale about the object's centre."""
    values = np.array([[1 / fit.px_per_mm, 0.0, 0.0, 0.0]])
    flips = np.array([[-1.0 if fit.mirrored else 1.0]], dtype=np.float32)
    return Lays(np.array([fit.number]), flips, values, view.centre_px, np.zeros(1))
