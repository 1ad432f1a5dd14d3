"""How faults are planted: what a wrong generator would write, with the hashes of what it wrote."""

from collections.abc import Callable

import numpy as np

from tests.unit.validation.toy_dataset import Toy, read_picture, write_picture

TRAIN, OTHER_TRAIN, TEST = 0, 4, 10
"""Places of two samples of the split `train` and of one of `test`."""

Fault = Callable[[Toy], None]
Repaint = Callable[[np.ndarray], np.ndarray]


def repaint(toy: Toy, field: str, paint: Repaint) -> None:
    """Change the pixels of one picture and its hash: what a wrong generator would write."""
    path = toy.home.root / getattr(toy.samples[TRAIN], field)
    write_picture(path, paint(read_picture(path)))
    toy.seal(TRAIN)


def with_corner(number: int) -> Repaint:
    def paint(pixels: np.ndarray) -> np.ndarray:
        pixels[:3, :3] = number
        return pixels

    return paint
