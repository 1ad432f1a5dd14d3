"""Finding places on the table: apart, touching, on top of each other, cut by the frame.

Places are tried on a coarse *grid* of the picture, a quarter of its pixels each way at 320 wide;
what is there already is marked in it.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from components.data_preprocessing.dxf_to_mask import fill
from components.data_preprocessing.scene import Placement, SceneObject
from components.data_preprocessing.view import View

Rng = np.random.Generator
_GRID_WIDTH = 112
_TRIES = 9
_SLIDE_STEPS = 7
_SPREAD = 0.5
"""Half the table that places are drawn from, in frames: the frame itself."""


def moved(thing: SceneObject, x_mm: float, y_mm: float, z_mm: float = 0.0) -> SceneObject:
    """Return the object displaced on the table."""
    pieces = tuple(
        replace(p, x_mm=p.x_mm + x_mm, y_mm=p.y_mm + y_mm, z_mm=p.z_mm + z_mm) for p in thing.pieces
    )
    return SceneObject(thing.label, pieces)


@dataclass(slots=True)
class Table:
    """The coarse grid of one scene while it is laid out.

    Attributes:
        view: The camera.
        taken: Cells that show an object, shape (rows, columns), uint8.
        objects: What was laid down, from below to above.
    """

    view: View
    taken: NDArray[np.uint8] = field(init=False)
    objects: list[SceneObject] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin with an empty table."""
        rows = max(8, round(_GRID_WIDTH * self.view.height_px / self.view.width_px))
        self.taken = np.zeros((rows, _GRID_WIDTH), dtype=np.uint8)

    def footprint(self, thing: SceneObject) -> NDArray[np.uint8]:
        """Return the cells that an object would show on."""
        cells = np.zeros_like(self.taken)
        scale = _GRID_WIDTH / self.view.width_px
        for piece in thing.pieces:
            fill(cells, piece.rings_px(self.view, 1.0), scale=scale)
        return cells

    def overlap(self, cells: NDArray[np.uint8]) -> float:
        """Return the share of an object's cells that are taken, 0..1."""
        total = int(np.count_nonzero(cells))
        return int(np.count_nonzero(cells & self.taken)) / total if total else 0.0

    def put(self, thing: SceneObject, cells: NDArray[np.uint8]) -> None:
        """Lay an object down; over others it lies on the highest of them."""
        if (cells & self.taken).any():
            below = [
                other.top_mm for other in self.objects if (self.footprint(other) & cells).any()
            ]
            thing = moved(thing, 0.0, 0.0, max(below, default=0.0))
        self.objects.append(thing)
        self.taken |= cells

    def lay(self, rng: Rng, thing: SceneObject, truncated: bool, overlap: float) -> bool:
        """Try to lay an object somewhere; return whether there was room.

        Args:
            rng: Source of randomness.
            thing: The object, at the table's origin.
            truncated: Whether the picture's edge may cut it.
            overlap: Largest share of it that may lie on others.
        """
        half = _half_mm(thing)
        room = np.array([self.view.width_mm, self.view.height_mm]) * _SPREAD
        room = room + (half * 0.5 if truncated else -half)
        for _ in range(_TRIES):
            x_mm, y_mm = rng.uniform(-1.0, 1.0, 2) * np.maximum(room, 0.0)
            there = moved(thing, float(x_mm), float(y_mm))
            cells = self.footprint(there)
            if cells.any() and self.overlap(cells) <= overlap:
                self.put(there, cells)
                return True
        return False

    def lay_against(self, rng: Rng, thing: SceneObject) -> bool:
        """Try to push an object against one that lies there; return whether that was possible."""
        if not self.objects:
            return False
        other: Placement = self.objects[int(rng.integers(len(self.objects)))].pieces[0]
        azimuth = rng.uniform(0, 2 * np.pi)
        way = np.array([np.cos(azimuth), np.sin(azimuth)])
        reach = float(np.hypot(*_half_mm(thing))) + other.scale * float(np.hypot(*_half(other)))
        near, far, best = 0.0, reach, None
        for _ in range(_SLIDE_STEPS):
            middle = (near + far) / 2
            there = moved(thing, *(np.array([other.x_mm, other.y_mm]) + way * middle).tolist())
            cells = self.footprint(there)
            # One or two cells in common is as near as the grid can tell touching.
            if np.count_nonzero(cells & self.taken) <= 2:
                far, best = middle, (there, cells)
            else:
                near = middle
        if best is None or np.count_nonzero(best[1]) < 12:
            return False
        self.objects.append(best[0])
        self.taken |= best[1]
        return True


def _half(piece: Placement) -> NDArray[np.float64]:
    return np.array(piece.part.size_mm) / 2


def _half_mm(thing: SceneObject) -> NDArray[np.float64]:
    """Return half the sides of the box round an object as it is turned, about its origin."""
    reach = np.zeros(2)
    for piece in thing.pieces:
        c, s = abs(np.cos(piece.angle_rad)), abs(np.sin(piece.angle_rad))
        half = piece.scale * _half(piece)
        box = np.array([c * half[0] + s * half[1], s * half[0] + c * half[1]])
        reach = np.maximum(reach, box + np.abs([piece.x_mm, piece.y_mm]))
    return reach
