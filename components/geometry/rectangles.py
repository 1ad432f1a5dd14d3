"""Upright rectangles among curves, however they are drawn: as polylines or as lines that meet.

A *run* is the union of all upright or level pieces of curves that follow each other on one line:
the side of a frame is one run though a title block's sides lie on it and marks end on it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray

Points = NDArray[np.float64]

STRAIGHT = 1e-6
"""A piece is level or upright if it strays by less than this share of its length."""

MAX_VERTICES = 200
"""A curve with more vertices is no frame and no table."""

MAX_RUNS = 400
"""Only so many of the longest runs are looked at: a frame's are among them."""


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle in drawing units."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        """Size along x."""
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        """Size along y."""
        return self.y1 - self.y0

    @property
    def short(self) -> float:
        """The shorter side."""
        return min(self.width, self.height)

    def margins(self, inner: "Box") -> tuple[float, float, float, float]:
        """Return how far another box lies inside: left, bottom, right, top."""
        return inner.x0 - self.x0, inner.y0 - self.y0, self.x1 - inner.x1, self.y1 - inner.y1

    def holds(self, inner: "Box", slack: float) -> bool:
        """Return whether another box lies inside, or no farther outside than `slack`."""
        return min(self.margins(inner)) >= -slack

    def polygon(self) -> shapely.Polygon:
        """Return it as a polygon."""
        return shapely.box(self.x0, self.y0, self.x1, self.y1)


def box_of(xy: Points) -> Box:
    """Return the box round points, shape (N, 2)."""
    (x0, y0), (x1, y1) = xy.min(axis=0), xy.max(axis=0)
    return Box(float(x0), float(y0), float(x1), float(y1))


def is_level(xy: Points) -> bool:
    """Return whether every piece of a curve, shape (N, 2), is level or upright."""
    if len(xy) > MAX_VERTICES:
        return False
    steps = np.abs(np.diff(xy, axis=0))
    return bool((steps.min(axis=1) <= STRAIGHT * steps.max(axis=1)).all())


def rectangles(curves: Sequence[Points], slack: float) -> list[Box]:
    """Return the upright rectangles that level and upright pieces make, biggest first.

    Args:
        curves: Curves for which `is_level` holds, shape (N, 2).
        slack: How far corners may be apart, in drawing units.
    """
    level = _runs(curves, 0, slack)
    upright = _runs(curves, 1, slack)
    found = []
    for index, (y0, x0, x1) in enumerate(level):
        for y1, other_x0, other_x1 in level[index + 1 :]:
            if max(abs(x0 - other_x0), abs(x1 - other_x1)) > slack:
                continue
            if all(_is_run(upright, x, y0, y1, slack) for x in (x0, x1)):
                found.append(Box(x0, y0, x1, y1))
    return sorted(found, key=lambda box: -box.width * box.height)


def _runs(curves: Sequence[Points], along: int, slack: float) -> list[tuple[float, float, float]]:
    """Return the longest runs along an axis: place across it, begin and end; by their place."""
    pieces: list[tuple[float, float, float]] = []
    for xy in curves:
        for start, end in pairwise(xy[:, [along, 1 - along]].tolist()):
            if abs(end[0] - start[0]) > abs(end[1] - start[1]):
                low, high = sorted((start[0], end[0]))
                pieces.append((start[1], low, high))
    runs: list[tuple[float, float, float]] = []
    for line in _lines(pieces, slack):
        place, low, high = line[0]
        for _, begin, end in line[1:]:
            if begin > high + slack:
                runs.append((place, low, high))
                low = begin
            high = max(high, end) if begin <= high + slack else end
        runs.append((place, low, high))
    longest = sorted(runs, key=lambda run: run[1] - run[2])[:MAX_RUNS]
    return sorted(longest)


def _lines(
    pieces: list[tuple[float, float, float]], slack: float
) -> list[list[tuple[float, float, float]]]:
    """Return pieces gathered by the line they lie on, on each by where they begin."""
    lines: list[list[tuple[float, float, float]]] = []
    for piece in sorted(pieces):
        if lines and piece[0] - lines[-1][0][0] <= slack:
            lines[-1].append(piece)
        else:
            lines.append([piece])
    return [sorted(line, key=lambda piece: piece[1]) for line in lines]


def _is_run(
    runs: list[tuple[float, float, float]], place: float, low: float, high: float, slack: float
) -> bool:
    """Return whether there is a run at a place with both ends."""
    wanted = np.array([place, low, high])
    return bool(len(runs)) and bool((np.abs(np.array(runs) - wanted).max(axis=1) <= slack).any())
