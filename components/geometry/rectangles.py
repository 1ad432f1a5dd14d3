"""Upright rectangles among curves, however they are drawn: as polylines or as lines that meet.

A *run* is the union of all upright or level pieces of curves that follow each other on one line:
the side of a frame is one run though a title block's sides lie on it and marks end on it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

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


def boxes_of(curves: Sequence[Points]) -> Points:
    """Return the box round each curve as x0, y0, x1, y1, shape (N, 4)."""
    points, first = _joined(curves)
    return np.hstack([np.minimum.reduceat(points, first), np.maximum.reduceat(points, first)])


def are_level(curves: Sequence[Points]) -> NDArray[np.bool_]:
    """Return for each curve whether all its pieces are level or upright, shape (N,)."""
    points, first = _joined(curves)
    steps = np.abs(np.diff(points, axis=0, prepend=points[:1]))
    steps[first] = 0.0
    level = steps.min(axis=1) <= STRAIGHT * steps.max(axis=1)
    lengths = np.diff(np.append(first, len(points)))
    return np.logical_and.reduceat(level, first) & (lengths <= MAX_VERTICES)


def turn_of(curves: Sequence[Points]) -> Points | None:
    """Return the matrix, shape (2, 2), that makes points `xy @ matrix` of a turned sheet upright.

    The longest straight piece is a side of the sheet. None if it is level or upright as it is.
    """
    points, first = _joined(curves)
    steps = np.diff(points, axis=0, prepend=points[:1])
    steps[first] = 0.0
    x, y = map(float, steps[int(np.argmax(np.hypot(*steps.T)))])
    length = math.hypot(x, y)
    if min(abs(x), abs(y)) <= STRAIGHT * length:
        return None
    return np.array([[x, -y], [y, x]]) / length


def _joined(curves: Sequence[Points]) -> tuple[Points, NDArray[np.int64]]:
    """Return the points of all curves after each other, and where each begins."""
    lengths = [len(curve) for curve in curves]
    return np.concatenate(curves), np.cumsum([0, *lengths[:-1]])


def rectangles(curves: Sequence[Points], slack: float) -> list[Box]:
    """Return the upright rectangles that level and upright pieces make, biggest first.

    Args:
        curves: Curves for which `are_level` holds, shape (N, 2).
        slack: How far corners may be apart, in drawing units.
    """
    if not curves:
        return []
    level, upright = (np.array(_runs(curves, axis, slack)).reshape(-1, 3) for axis in (0, 1))
    lower, upper = (level[:, None], level[None, :])
    matched = (upper[..., 0] > lower[..., 0]) & (np.abs(upper - lower)[..., 1:] <= slack).all(-1)
    sides = [(*level[low].tolist(), level[high, 0].item()) for low, high in np.argwhere(matched)]
    found = [
        Box(x0, y0, x1, y1)
        for y0, x0, x1, y1 in sides
        if all(_is_run(upright, x, y0, y1, slack) for x in (x0, x1))
    ]
    return sorted(found, key=lambda box: -box.width * box.height)


def _runs(curves: Sequence[Points], along: int, slack: float) -> list[tuple[float, float, float]]:
    """Return the longest runs along an axis: place across it, begin and end; by their place."""
    points, first = _joined(curves)
    starts = np.delete(points, np.append(first[1:], len(points)) - 1, axis=0)
    ends = np.delete(points, first, axis=0)
    steps = np.abs(ends - starts)
    runs_along = steps[:, along] > steps[:, 1 - along]
    span = np.sort(np.column_stack([starts[:, along], ends[:, along]]), axis=1)
    pieces = np.column_stack([starts[:, 1 - along], span])[runs_along].tolist()
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


def _lines(pieces: list[list[float]], slack: float) -> list[list[list[float]]]:
    """Return pieces gathered by the line they lie on, on each by where they begin."""
    lines: list[list[list[float]]] = []
    for piece in sorted(pieces):
        if lines and piece[0] - lines[-1][0][0] <= slack:
            lines[-1].append(piece)
        else:
            lines.append([piece])
    return [sorted(line, key=lambda piece: piece[1]) for line in lines]


def _is_run(runs: Points, place: float, low: float, high: float, slack: float) -> bool:
    """Return whether there is a run, as rows of shape (N, 3), at a place with both ends."""
    return bool((np.abs(runs - (place, low, high)) <= slack).all(axis=1).any())
