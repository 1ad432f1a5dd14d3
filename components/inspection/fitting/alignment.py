"""Turn, move and size drawings until their edges lie on the edge points of a picture.

A *lay* maps the picture back to a drawing under similarity. With q the offset of a pixel from a
fixed origin, its y turned up, and f = -1 for the back of a part and else 1:

    x = f (a qx + b qy + c),   y = -b qx + a qy + d

Distances to the drawing's edges are linear in (a, b, c, d) to first order, so a few Gauss-Newton
steps with weights that forget outliers suffice; all lays take their steps together.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components.inspection.fitting.fields import FieldStack
from components.inspection.fitting.placing import Placing
from components.inspection.fitting.signatures import PartShape, Start

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Indices = NDArray[np.intp]

_RIDGE = np.eye(4) * 1e-6
"""Keeps unknowns where they are of which the edge points say nothing."""

_MAPS = np.array(
    [
        [1.0, 0, 0, 0, 1.0, 0],
        [0, 1.0, 0, -1.0, 0, 0],
        [0, 0, 1.0, 0, 0, 0],
        [0, 0, 0, 0, 0, 1.0],
    ]
)
"""From (a, b, c, d) to the rows (a, b, c) and (-b, a, d) of the map."""


@dataclass(frozen=True, slots=True, eq=False)
class Lays:
    """Several lays of parts under one view.

    Attributes:
        numbers: Of the part of each lay, shape (K,).
        flips: -1 for a part that shows its back, else 1, shape (K, 1), float32.
        values: a, b (mm per px), c, d (mm), shape (K, 4).
        origin_px: Offsets are counted from here.
        misfit_px: Mean distance of edge points from the drawing's edges, far ones counted as the
            limit, shape (K,).
    """

    numbers: Indices
    flips: Singles
    values: Floats
    origin_px: tuple[float, float]
    misfit_px: Floats

    def chosen(self, index: Indices) -> "Lays":
        """Return some of the lays."""
        return Lays(
            self.numbers[index],
            self.flips[index],
            self.values[index],
            self.origin_px,
            self.misfit_px[index],
        )

    def placing(self, index: int) -> Placing:
        """Return one lay: offsets from the origin, y up, to the drawing."""
        a, b, c, d = self.values[index].tolist()
        turn, move = complex(a, -b), complex(c, d)
        if self.flips[index, 0] > 0:
            return Placing(turn, move, False)
        return Placing(-turn.conjugate(), -move.conjugate(), True)

    def px_per_mm(self) -> Floats:
        """Return the scale of each lay, shape (K,)."""
        return np.asarray(1 / np.hypot(self.values[:, 0], self.values[:, 1]), dtype=np.float64)


def lays_from_starts(
    starts: Sequence[Start],
    shapes: Sequence[PartShape],
    centre_px: tuple[float, float],
    area_px: float,
) -> Lays:
    """Return lays of the turns of `starts` with the size and place of what is seen.

    Args:
        starts: Turns of parts.
        shapes: Of all parts.
        centre_px: Centroid of the object, its holes filled.
        area_px: Area of the object, its holes filled.
    """
    numbers = np.array([start.number for start in starts], dtype=np.intp)
    flips = np.array([-1.0 if start.mirrored else 1.0 for start in starts], dtype=np.float32)
    angles = np.array([start.angle_rad for start in starts])
    areas = np.array([shapes[number].area_mm2 for number in numbers])
    centroids = np.array([shapes[number].centroid_mm for number in numbers]).reshape(-1, 2)
    mm_per_px = np.sqrt(areas / area_px)
    # The centroid of the mask is the origin: it falls on the part's centroid, mirrored if need be.
    values = np.column_stack(
        [
            mm_per_px * np.cos(angles),
            mm_per_px * np.sin(angles),
            centroids[:, 0] * flips,
            centroids[:, 1],
        ]
    )
    return Lays(numbers, flips[:, None], values, centre_px, np.full(len(numbers), np.inf))


def aligned(lays: Lays, fields: FieldStack, points_px: Floats, limits_px: Sequence[float]) -> Lays:
    """Return lays after one Gauss-Newton step for each limit, and their misfit before the last.

    Args:
        lays: Where to begin.
        fields: Of all parts.
        points_px: Edge points, shape (N, 2).
        limits_px: From this distance on an edge point counts for nothing; falling.
    """
    points = _offsets(lays, points_px)
    # Turns and sizes are counted in mm at the rim, as moves are: all unknowns are of a size.
    reach = max(float(np.abs(points).max()), 1.0)
    points[:2] *= 1 / reach
    values = lays.values * (reach, reach, 1.0, 1.0)
    rows = np.empty((len(values), 5, len(points_px)), dtype=np.float32)
    for limit in limits_px:
        residual, slope = fields.look_up(lays.numbers, _placed(lays, values, points))
        slope[:, 0] *= lays.flips
        x, y = slope[:, 0], slope[:, 1]
        np.add(x * points[0], y * points[1], out=rows[:, 0])
        np.subtract(x * points[1], y * points[0], out=rows[:, 1])
        rows[:, 2:4] = slope
        rows[:, 4] = residual
        limit_mm = np.hypot(values[:, :1], values[:, 1:2]) * (limit / reach)
        products, shares = robust_products(rows, limit_mm)
        step = np.linalg.solve(products[:, :4, :4] + _RIDGE, products[:, :4, 4:])
        values = values - step[:, :, 0]
    misfit = shares.sum(axis=1).astype(np.float64) * (limits_px[-1] / len(points_px))
    values *= (1 / reach, 1 / reach, 1.0, 1.0)
    return Lays(lays.numbers, lays.flips, values, lays.origin_px, misfit)


def robust_products(rows: Singles, limits: Floats) -> tuple[Floats, Singles]:
    """Return the products of slopes and residuals that a step that forgets outliers needs.

    A residual r counts with Tukey's weight (1 - (r / limit)^2)^2, and not at all beyond the limit.

    Args:
        rows: Slopes of the residuals by M unknowns and then the residuals themselves, shape
            (K, M + 1, N), float32.
        limits: Of the residuals, shape (K, 1).

    Returns:
        The weighted products of all rows with all rows, shape (K, M + 1, M + 1); and the residuals
        over their limits, at most 1, shape (K, N), float32.
    """
    shares = np.abs(rows[:, -1])
    shares *= (1 / limits).astype(np.float32)
    np.minimum(shares, 1, out=shares)
    weights = shares * shares
    np.subtract(1, weights, out=weights)
    weights *= weights
    return ((rows * weights[:, None]) @ rows.transpose(0, 2, 1)).astype(np.float64), shares


def misfits(lays: Lays, fields: FieldStack, points_px: Floats, limit_px: float) -> Floats:
    """Return the mean distance of edge points, at most the limit each, in px, shape (K,)."""
    xy_mm = _placed(lays, lays.values, _offsets(lays, points_px))
    residual, _ = fields.look_up(lays.numbers, xy_mm)
    far = np.minimum(np.abs(residual) * lays.px_per_mm()[:, None], limit_px)
    return np.asarray(far.mean(axis=1), dtype=np.float64)


def _offsets(lays: Lays, points_px: Floats) -> Singles:
    """Return edge points as offsets from the origin, y up: rows x, y and 1, shape (3, N)."""
    x, y = lays.origin_px
    points = np.ones((3, len(points_px)), dtype=np.float32)
    points[0] = points_px[:, 0] - x
    points[1] = y - points_px[:, 1]
    return points


def _placed(lays: Lays, values: Floats, points: Singles) -> Singles:
    """Return where offsets fall in each drawing, shape (K, 2, N)."""
    maps = (values @ _MAPS).astype(np.float32)
    maps[:, :3] *= lays.flips
    placed: Singles = maps.reshape(-1, 3) @ points
    return placed.reshape(len(maps), 2, points.shape[1])
