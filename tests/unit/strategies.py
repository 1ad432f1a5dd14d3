"""Builders of small parts and drawings whose figures are known."""

import math
from collections.abc import Callable
from pathlib import Path

import ezdxf.filemanagement
import numpy as np
from ezdxf.layouts.layout import Modelspace
from numpy.typing import NDArray

from components.domain import Contour, Part


def rectangle(width: float, height: float, x: float = 0.0, y: float = 0.0) -> NDArray[np.float64]:
    """Vertices of a rectangle about (x, y), counter-clockwise."""
    w, h = width / 2, height / 2
    return np.array([(x - w, y - h), (x + w, y - h), (x + w, y + h), (x - w, y + h)])


def square(side: float, x: float = 0.0, y: float = 0.0) -> NDArray[np.float64]:
    """Vertices of a square about (x, y), counter-clockwise."""
    return rectangle(side, side, x, y)


def regular(count: int, radius: float, x: float = 0.0, y: float = 0.0) -> NDArray[np.float64]:
    """Vertices of a regular polygon; its area is n r² sin(2 pi / n) / 2."""
    angles = 2 * math.pi * np.arange(count) / count
    return np.column_stack([x + radius * np.cos(angles), y + radius * np.sin(angles)])


def part(name: str, outline: NDArray[np.float64], *holes: NDArray[np.float64]) -> Part:
    """A part of vertices whose origin is already right."""
    return Part(name, Contour(outline), tuple(Contour(hole) for hole in holes))


def plate_with_hole(name: str = "plate", x: float = -20.0, y: float = 5.0) -> Part:
    """A plate of 100 x 60 mm with a round hole of 10 mm at (x, y)."""
    return part(name, rectangle(100.0, 60.0), regular(96, 5.0, x, y))


def mirrored_part(one: Part, name: str) -> Part:
    """The part as its back shows it: every contour mirrored to (-x, y), still counter-clockwise."""
    outline, *holes = ((ring.xy_mm * (-1.0, 1.0))[::-1] for ring in (one.outline, *one.holes))
    return part(name, outline, *holes)


def saved(
    path: Path, draw: Callable[[Modelspace], None], version: str = "R2000", units: int | None = 4
) -> Path:
    """Draw into a new document and save it."""
    document = ezdxf.filemanagement.new(version)
    if units is not None:
        document.header["$INSUNITS"] = units
    draw(document.modelspace())
    document.saveas(path)
    return path


def draw_plate(space: Modelspace) -> None:
    """Draw 100 x 60 with two holes of radius 5: 6000 mm² less 2 pi 25."""
    space.add_lwpolyline([(0, 0), (100, 0), (100, 60), (0, 60)], close=True)
    space.add_circle((20, 30), 5)
    space.add_circle((80, 30), 5)
