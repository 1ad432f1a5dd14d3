"""What is printed on a ground or lies flat on it: lines, seams, sheets of paper.

Lengths are in frames, the width of the picture.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from components.data_preprocessing.draws import between
from components.data_preprocessing.materials import Colour, dull_colour
from components.data_preprocessing.textures import Rng

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """Printed lines or seams of one kind on the ground.

    Attributes:
        xy: Vertices of each line in frames from the middle of the picture, shape (K, N, 2), y up.
        rgb: Their colour.
        width: In frames.
        filled: Whether they are closed areas instead, such as sheets of paper.
    """

    xy: NDArray[np.float64]
    rgb: Colour
    width: float
    filled: bool = False


_ALONG = np.linspace(-1.2, 1.2, 13)[:, None]
"""Vertices of a long line: enough that it bends with the lens."""


def parallels(rng: Rng, pitch: float, angle: float, rgb: Colour, width: float) -> Line:
    """Return lines at a pitch, all over the picture."""
    along = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-along[1], along[0]])
    offsets = np.arange(-1.2 + between(rng, 0, pitch), 1.2, pitch)
    return Line(_ALONG * along + offsets[:, None, None] * across, rgb, width)


def sheet(rng: Rng) -> tuple[Line, ...]:
    """Return a sheet or mat that covers a corner, with a darker rim as its shadow."""
    middle, angle = rng.uniform(-0.6, 0.6, 2), between(rng, 0, np.pi)
    half = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * rng.uniform(0.25, 0.6, 2)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    corners = (half @ turn + middle)[None]
    tone = dull_colour(rng)
    return (
        Line(corners + rng.uniform(-0.006, 0.006, 2), tone * 0.4, 0.0, filled=True),
        Line(corners, tone, 0.0, filled=True),
    )


def draw_lines(picture: Picture, line: Line, xy_px: NDArray[np.float64]) -> None:
    """Draw lines into a picture, in place; `xy_px` are their vertices in it, shape (K N, 2)."""
    points = list(np.rint(xy_px * 16).astype(np.int32).reshape(line.xy.shape))
    rgb = [float(channel) for channel in np.clip(line.rgb, 0, 255)]
    if line.filled:
        cv2.fillPoly(picture, points, rgb, cv2.LINE_AA, 4)
    else:
        thick = max(1, round(line.width * picture.shape[1]))
        cv2.polylines(picture, points, False, rgb, thick, cv2.LINE_AA, 4)
