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

from components.inspection.fitting.alignment import Lays, robust_products
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

_RIDGE = np.eye(10) * 1e-6


class _Problem:
    """The least squares of several lays, each with ten unknowns.

    Lengths are counted in halves of the part's diameter. With offsets q, y up, the drawing's point
    is A q / (1 + h q), x mirrored for a part that shows its back; A is an affinity in mm, h the
    perspective, w the wall in px. The unknowns are A (row by row), h and w, all in px at the
    part's rim.
    """

    def __init__(self, lays: Lays, fields: FieldStack, points_px: Floats, view: View) -> None:
        self.fields, self.lays = fields, lays
        self.flips = lays.flips
        self.scales = lays.px_per_mm()[:, None]
        h = self.half = view.size_px / 2
        self.points = np.ones((3, len(points_px)), dtype=np.float32)
        self.points[:2] = ((points_px - lays.origin_px) * (1 / h, -1 / h)).T
        count = len(lays.numbers)
        self.units = np.full((count, 8), 1 / h)
        self.units[:, :6] = 1 / self.scales
        a, b, c, d = lays.values.T
        self.unknowns = np.zeros((count, 10))
        self.unknowns[:, :6] = np.stack([a * h, b * h, c, -b * h, a * h, d], axis=1) * self.scales
        self.unknowns[:, 8:] = _towards_centre(view) * FIRST_WALL_PX
        noise = EDGE_NOISE_PX * np.sqrt(CORRELATED)
        walls = max(WALL_SD * view.size_px, LEAST_WALL_PX)
        prior = noise / np.array([STRETCH_SD * h] * 2 + [PERSPECTIVE_SD * h] * 2 + [walls] * 2)
        self.held = _HELD.T * np.square(prior) @ _HELD
        self.rows = np.empty((count, 11, len(points_px)), dtype=np.float32)
        self.affine_rows = self.rows[:, :6].reshape(count, 2, 3, -1)

    def begin_at(self, fit: Fit) -> None:
        """Begin the only lay at a fit."""
        x0, y0 = self.lays.origin_px
        from_offset = np.array([[self.half, 0, x0], [0, -self.half, y0], [0, 0, 1.0]])
        matrix = fit.to_mm @ from_offset
        matrix = matrix / matrix[2, 2]
        matrix[0] *= self.flips[0, 0]
        self.unknowns[0, :8] = matrix.ravel()[:8] / self.units[0]
        self.unknowns[0, 8:] = fit.wall_px * (1, -1)

    def maps(self) -> Floats:
        """Return the maps of offsets to the drawing, x not yet mirrored, shape (K, 3, 3)."""
        maps = np.ones((len(self.unknowns), 9))
        np.multiply(self.unknowns[:, :8], self.units, out=maps[:, :8])
        return maps.reshape(-1, 3, 3)

    def fill(self) -> None:
        """Write the slopes of the residuals by the unknowns, and the residuals in px, to `rows`."""
        maps, points, rows = self.maps().astype(np.float32), self.points, self.rows
        scales = self.scales.astype(np.float32)
        placed = (maps.reshape(-1, 3) @ points).reshape(len(maps), 3, -1)
        depth = 1 / placed[:, 2:]
        xy_mm = placed[:, :2]
        xy_mm *= depth
        xy_mm[:, 0] *= self.flips
        value, slope = self.fields.look_up(self.lays.numbers, xy_mm)
        xy_mm *= slope
        slope[:, 0] *= self.flips
        # The outward normal in the picture, y up: the slope turned back by the affinity.
        normal = maps[:, :2, :2].transpose(0, 2, 1) @ slope
        squares = normal * normal
        length = np.sqrt(squares[:, 0] + squares[:, 1])
        normal /= np.maximum(length, 1e-9)[:, None]
        walls = self.unknowns[:, None, 8:].astype(np.float32)
        seen = np.maximum((walls @ normal)[:, 0], 0)
        slope *= depth
        np.multiply(slope[:, :, None], points, out=self.affine_rows)
        moved = (xy_mm[:, :1] + xy_mm[:, 1:]) * depth
        moved *= (scales * np.float32(-1 / self.half))[:, None]
        np.multiply(moved, points[:2], out=rows[:, 6:8])
        np.multiply(normal, -(seen > 0).astype(np.float32)[:, None], out=rows[:, 8:10])
        value *= scales
        np.subtract(value, seen, out=rows[:, 10])

    def step(self, limit_px: float) -> None:
        """Take one Gauss-Newton step."""
        self.fill()
        products, _ = robust_products(self.rows, np.array([[limit_px]]))
        normal = products[:, :10, :10] + (self.held + _RIDGE)
        gradient = products[:, :10, 10] + self.unknowns @ self.held
        self.unknowns -= np.linalg.solve(normal, gradient[:, :, None])[:, :, 0]

    def fits(self) -> list[Fit]:
        """Return the fits as they stand."""
        x0, y0 = self.lays.origin_px
        to_offset = np.array([[1, 0, -x0], [0, -1, y0], [0, 0, self.half]]) / self.half
        maps = self.maps() @ to_offset
        maps[:, 0] *= self.flips
        return [
            Fit(
                number=int(self.lays.numbers[k]),
                mirrored=bool(self.flips[k, 0] < 0),
                to_mm=maps[k],
                wall_px=self.unknowns[k, 8:] * (1, -1),
                px_per_mm=float(self.scales[k, 0]),
            )
            for k in range(len(maps))
        ]


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
