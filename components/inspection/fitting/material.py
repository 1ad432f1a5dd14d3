"""A part as material: points on it, and the pixels that it covers in its place."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from components.geometry.transforms import transformed
from components.inspection.fitting.fields import Field
from components.inspection.fitting.refinement import Fit

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

FAR_MM = 1e6
"""Distance given to pixels beyond a field's grid."""

_INNER = 256
"""About so many points stand for a drawing's area."""


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """A part as points.

    Attributes:
        field: Its distances.
        area_mm2: Holes cut out.
        inner_mm: Points spread evenly over it: rows x, y and 1, shape (3, N).
        depth_mm: How deep each lies under the part's edge, shape (N,).
        box_mm: Lower left and upper right corner of the part, shape (2, 2).
    """

    field: Field
    area_mm2: float
    inner_mm: Floats
    depth_mm: Floats
    box_mm: Floats


def material_of(field: Field, area_mm2: float) -> Material:
    """Return a part as points on a square grid."""
    pitch = max(int(np.sqrt(area_mm2 / _INNER) / field.step_mm), 1)
    sparse = field.distance_mm[::pitch, ::pitch]
    rows, columns = np.nonzero(sparse < 0)
    inner = np.ones((3, len(rows)))
    inner[0] = columns * (pitch * field.step_mm) + field.low_mm[0]
    inner[1] = rows * (pitch * field.step_mm) + field.low_mm[1]
    depth = -sparse[rows, columns].astype(np.float64)
    nodes_y, nodes_x = np.nonzero(field.distance_mm < field.step_mm)
    nodes = np.column_stack([nodes_x, nodes_y])
    ends = np.array([nodes.min(axis=0), nodes.max(axis=0)]) * field.step_mm + field.low_mm
    return Material(field, area_mm2, inner, depth, np.asarray(ends, dtype=np.float64))


@dataclass(frozen=True, slots=True)
class Window:
    """A part of the picture: its first column and row, and its size."""

    left: int
    top: int
    width: int
    height: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns of the picture that it covers."""
        return (
            slice(self.top, self.top + self.height),
            slice(self.left, self.left + self.width),
        )


def drawn_distances(fit: Fit, field: Field, window: Window) -> Singles:
    """Return the signed distance of each pixel of a window, in px, walls included."""
    x0, y0 = field.low_mm
    step = field.step_mm
    grid = np.array([[1 / step, 0, -x0 / step], [0, 1 / step, -y0 / step], [0, 0, 1.0]])
    to_grid = grid @ fit.to_mm
    wall_x, wall_y = fit.wall_px.tolist()
    long = math.hypot(wall_x, wall_y)
    # Short walls are no more than a shift: the middle stands for them.
    shares: Sequence[float] = (0.5,) if long < 0.8 else (0.0, 1.0) if long < 3 else (0.0, 0.5, 1.0)
    nearest: Singles | None = None
    for share in shares:
        left, top = window.left - share * wall_x, window.top - share * wall_y
        shift = np.array([[1.0, 0, left], [0, 1.0, top], [0, 0, 1.0]])
        drawn = cv2.warpPerspective(
            field.distance_mm,
            to_grid @ shift,
            (window.width, window.height),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=FAR_MM,
        )
        found = np.asarray(drawn, dtype=np.float32)
        nearest = found if nearest is None else np.minimum(nearest, found, out=found)
    distance = np.asarray(nearest, dtype=np.float32)
    distance *= np.float32(fit.px_per_mm)
    return distance


def drawn_mask(
    fit: Fit, material: Material, picture_hw: tuple[int, int]
) -> tuple[NDArray[np.bool_], Window]:
    """Return the pixels (h, w) that a drawing covers, walls included, and the window they lie in.

    Args:
        fit: The drawing in its place.
        material: Of its part.
        picture_hw: Height and width of the picture; what lies beyond is cut off.
    """
    height, width = picture_hw
    low, high = material.box_mm
    corners = np.array([low, (high[0], low[1]), high, (low[0], high[1])])
    ends = transformed(corners, np.asarray(np.linalg.inv(fit.to_mm), dtype=np.float64))
    ends = np.vstack([ends, ends + fit.wall_px])
    left, top = np.clip(np.floor(ends.min(axis=0)) - 1, 0, (width, height)).astype(int).tolist()
    right, bottom = np.clip(np.ceil(ends.max(axis=0)) + 2, 0, (width, height)).astype(int).tolist()
    window = Window(left, top, max(right - left, 0), max(bottom - top, 0))
    if window.width == 0 or window.height == 0:
        return np.zeros((window.height, window.width), dtype=np.bool_), window
    return drawn_distances(fit, material.field, window) < 0, window
