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
    x = (points_px[:, 0] - lays.origin_px[0]).astype(np.float32)
    y = (lays.origin_px[1] - points_px[:, 1]).astype(np.float32)
    values = lays.values
    ridge, misfit = np.eye(4) * 1e-9, lays.misfit_px
    for limit in limits_px:
        now = values.astype(np.float32)
        residual, jacobian = _residuals(lays, fields, now, x, y)
        mm_per_px = np.hypot(now[:, :1], now[:, 1:2])
        share = np.minimum(np.abs(residual) / (mm_per_px * np.float32(limit)), 1)
        misfit = share.mean(axis=1).astype(np.float64) * limit
        weights = np.square(1 - share * share)
        weighted = jacobian * weights[:, None]
        normal = (weighted @ jacobian.transpose(0, 2, 1)).astype(np.float64)
        # Scaled by its own diagonal: lengths and angles differ by orders of magnitude.
        scale = 1 / np.sqrt(np.einsum("kii->ki", normal) + 1e-12)
        normal = normal * scale[:, :, None] * scale[:, None] + ridge
        gradient = (weighted @ residual[:, :, None]).astype(np.float64)
        step = np.linalg.solve(normal, gradient * scale[:, :, None])[:, :, 0] * scale
        values = values - step
    return Lays(lays.numbers, lays.flips, values, lays.origin_px, misfit)


def misfits(
    lays: Lays, fields: FieldStack, values: Floats, points_px: Floats, limit_px: float
) -> Floats:
    """Return the mean distance of edge points, at most the limit each, in px, shape (K,)."""
    x = (points_px[:, 0] - lays.origin_px[0]).astype(np.float32)
    y = (lays.origin_px[1] - points_px[:, 1]).astype(np.float32)
    now = values.astype(np.float32)
    x_mm, y_mm = _placed(lays, now, x, y)
    residual = fields.look_up(lays.numbers, x_mm, y_mm)[0]
    mm_per_px = np.hypot(now[:, :1], now[:, 1:2])
    far = np.minimum(np.abs(residual) / mm_per_px, limit_px)
    return np.asarray(far.mean(axis=1), dtype=np.float64)


def _placed(lays: Lays, now: Singles, x: Singles, y: Singles) -> tuple[Singles, Singles]:
    """Return where offsets fall in each drawing, each of shape (K, N)."""
    a, b, c, d = (now[:, i : i + 1] for i in range(4))
    return (a * x + b * y + c) * lays.flips, a * y - b * x + d


def _residuals(
    lays: Lays, fields: FieldStack, now: Singles, x: Singles, y: Singles
) -> tuple[Singles, Singles]:
    """Return distances in mm, shape (K, N), and their slopes by (a, b, c, d), shape (K, 4, N)."""
    x_mm, y_mm = _placed(lays, now, x, y)
    residual, along_x, along_y = fields.look_up(lays.numbers, x_mm, y_mm)
    along_x = along_x * lays.flips
    jacobian = np.empty((len(now), 4, len(x)), dtype=np.float32)
    jacobian[:, 0] = along_x * x + along_y * y
    jacobian[:, 1] = along_x * y - along_y * x
    jacobian[:, 2], jacobian[:, 3] = along_x, along_y
    return residual, jacobian
