"""Finding places on the table: apart, touching, on top of each other, cut by the frame.

Places are tried on a coarse *grid* of the table around what the picture shows; what is there
already is marked in it. An object is drawn on the grid once (its *stamp*) and then only moved.
"""

import math
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from components.data_preprocessing.dxf_to_mask import Rings, fill
from components.data_preprocessing.outlines import COARSEST, shape_of, size_of
from components.data_preprocessing.rasters import box_of
from components.data_preprocessing.scene import SceneObject
from components.data_preprocessing.view import View

Rng = np.random.Generator
Cells = NDArray[np.uint8]
Spot = tuple[float, float]
"""A place on the grid from its middle, (across, down), in cells."""

_CELLS = 128
"""Cells across the picture's width."""

_BORDER = 1.75
"""Sides of the grid over those of the picture: objects that the frame cuts lie on it too."""

_TRIES = 9
_SLIDE_STEPS = 8


def moved(thing: SceneObject, x_mm: float, y_mm: float, z_mm: float = 0.0) -> SceneObject:
    """Return the object displaced on the table."""
    return SceneObject(thing.label, tuple(piece.moved(x_mm, y_mm, z_mm) for piece in thing.pieces))


@dataclass(frozen=True, slots=True, eq=False)
class _Stamp:
    """The cells an object takes.

    Attributes:
        cells: Shape (h, w), non-zero where it lies.
        column: Column of the first cell, the object's origin being at 0.
        row: Row of the first cell.
    """

    cells: Cells
    column: int
    row: int

    @property
    def half(self) -> tuple[float, float]:
        """Half the sides of the box, (across, down), in cells."""
        return self.cells.shape[1] / 2, self.cells.shape[0] / 2


@dataclass(slots=True)
class Table:
    """The coarse grid of one scene while it is laid out.

    Attributes:
        view: The camera.
        objects: What was laid down, from below to above.
        taken: Number + 1 of the object that was laid on each cell last, 0 for none.
    """

    view: View
    objects: list[SceneObject] = field(default_factory=list)
    taken: Cells = field(init=False)
    _per_mm: float = field(init=False)

    def __post_init__(self) -> None:
        """Begin with an empty table."""
        rows = round(_CELLS * _BORDER * self.view.height_px / self.view.width_px)
        self.taken = np.zeros((rows, round(_CELLS * _BORDER)), dtype=np.uint8)
        self._per_mm = _CELLS / self.view.width_mm

    def _stamp(self, thing: SceneObject) -> _Stamp:
        to_cells = np.array([[self._per_mm], [-self._per_mm]])
        rings = []
        for piece in thing.pieces:
            shape = shape_of(piece.part, COARSEST)
            matrix = piece.part_to_table[:2] * to_cells
            rings.append(Rings((matrix @ shape.xy1_mm).T, shape.starts))
        box = box_of(rings[0].outline)
        for ring in rings[1:]:
            box = box.united(box_of(ring.outline))
        left, top = math.floor(box.left) - 1, math.floor(box.top) - 1
        # Nothing beyond the grid's own size can matter.
        width = min(math.ceil(box.right) + 2 - left, 4 * _CELLS)
        height = min(math.ceil(box.bottom) + 2 - top, 4 * _CELLS)
        cells = np.zeros((height, width), dtype=np.uint8)
        for ring in rings:
            fill(cells, ring, (left, top), scale=1.0)
        return _Stamp(cells, left, top)

    def _under(self, stamp: _Stamp, at: Spot) -> tuple[Cells, Cells] | None:
        """Return the grid's cells below a stamp and the stamp's own there; None if off the grid."""
        rows, columns = self.taken.shape
        left = round(at[0]) + stamp.column + columns // 2
        top = round(at[1]) + stamp.row + rows // 2
        height, width = stamp.cells.shape
        x0, y0, x1, y1 = max(0, left), max(0, top), min(columns, left + width), top + height
        y1 = min(rows, y1)
        if x0 >= x1 or y0 >= y1:
            return None
        return self.taken[y0:y1, x0:x1], stamp.cells[y0 - top : y1 - top, x0 - left : x1 - left]

    def _shared(self, stamp: _Stamp, at: Spot) -> int:
        """Return the number of cells that are taken already."""
        under = self._under(stamp, at)
        return 0 if under is None else cv2.countNonZero(cv2.bitwise_and(*under))

    def _put(self, thing: SceneObject, stamp: _Stamp, at: Spot, stacked: bool = True) -> None:
        """Lay an object down; over others it lies on the highest of them if it may be stacked."""
        x_mm, y_mm = at[0] / self._per_mm, -at[1] / self._per_mm
        under = self._under(stamp, at)
        height = 0.0
        if under is not None:
            taken, mine = under
            covered = cv2.bitwise_and(taken, mine)
            if stacked and cv2.countNonZero(covered):
                below = np.unique(np.asarray(covered)).tolist()
                height = max(self.objects[n - 1].top_mm for n in below if n)
            taken[mine > 0] = len(self.objects) + 1
        self.objects.append(moved(thing, x_mm, y_mm, height))

    def lay(self, rng: Rng, thing: SceneObject, truncated: bool, overlap: float) -> bool:
        """Try to lay an object somewhere in the frame; return whether there was room.

        Args:
            rng: Source of randomness.
            thing: The object, at the table's origin.
            truncated: Whether the picture's edge may cut it.
            overlap: Largest share of it that may lie on others.
        """
        stamp = self._stamp(thing)
        beyond = 0.5 if truncated else -1.0
        frame = _CELLS / 2, _CELLS / 2 * self.view.height_px / self.view.width_px
        across, down = (
            max(side + half * beyond, 0.0) for side, half in zip(frame, stamp.half, strict=True)
        )
        limit = overlap * cv2.countNonZero(stamp.cells)
        for x, y in rng.uniform(-1.0, 1.0, (_TRIES, 2)).tolist():
            place = x * across, y * down
            if self._shared(stamp, place) <= limit:
                self._put(thing, stamp, place)
                return True
        return False

    def lay_against(self, rng: Rng, thing: SceneObject) -> bool:
        """Try to push an object against one that lies there; return whether that was possible."""
        if not self.objects:
            return False
        stamp = self._stamp(thing)
        other = self.objects[int(rng.integers(len(self.objects)))].pieces[0]
        azimuth = rng.uniform(0, 2 * np.pi)

        def along(cells: float) -> Spot:
            x, y = other.x_mm * self._per_mm, -other.y_mm * self._per_mm
            return x + math.cos(azimuth) * cells, y + math.sin(azimuth) * cells

        size = other.scale * math.hypot(*size_of(other.part)) * self._per_mm / 2
        near, far = 0.0, size + math.hypot(*stamp.half)
        for _ in range(_SLIDE_STEPS):
            middle = (near + far) / 2
            # Two cells in common is as near as the grid can tell touching.
            if self._shared(stamp, along(middle)) <= 2:
                far = middle
            else:
                near = middle
        place = along(far)
        if self._shared(stamp, place) > 2 or not self._shows(place):
            return False
        # The cells in common are the grid's error: both lie on the table.
        self._put(thing, stamp, place, stacked=False)
        return True

    def _shows(self, place: Spot) -> bool:
        """Return whether a place lies in the frame."""
        limit = _CELLS / 2
        down = limit * self.view.height_px / self.view.width_px
        return abs(place[0]) < limit and abs(place[1]) < down
