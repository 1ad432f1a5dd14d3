"""How far a point of the plane lies from the edges of a drawing.

A *field* holds that distance at the nodes of a square grid over the part: negative on material,
positive outside and in holes. Between the nodes it is interpolated, which is exact along straight
edges; beyond the grid the way to the grid is added. Several fields are looked up at once, one row
of points for each.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from components.domain import Part

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Indices = NDArray[np.intp]

MARGIN = 0.12
"""Border of the grid round the part, over the part's longer side."""

_FINE = 2
"""Pixels of the picture in which nearest edges are searched, per step of the grid and axis."""

_FRACTION_BITS = 6


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """Signed distances round one part.

    Attributes:
        distance_mm: At the nodes, shape (rows, columns), float32; rows go up with y.
        low_mm: x and y of the first node.
        step_mm: From node to node.
    """

    distance_mm: Singles
    low_mm: tuple[float, float]
    step_mm: float


def field_of(part: Part, nodes: int) -> Field:
    """Return the field of a part.

    Args:
        part: Any part.
        nodes: Along the longer side of the grid, 16 or more.
    """
    longer = max(part.size_mm)
    step = longer * (1 + 2 * MARGIN) / (nodes - 1)
    low = part.outline.xy_mm.min(axis=0) - MARGIN * longer
    span = part.outline.xy_mm.max(axis=0) + MARGIN * longer - low
    columns, rows = (int(np.ceil(side / step)) + 1 for side in span)
    # From here on in steps of the grid: node (row, column) is the point (column, row).
    rings = [(c.xy_mm - low) / step for c in (part.outline, *part.holes)]
    distance = _distances(rings, rows, columns)
    inside = _inside(rings, rows, columns)
    signed = np.where(inside, -distance, distance) * step
    return Field(signed.astype(np.float32), (float(low[0]), float(low[1])), float(step))


def _inside(rings: Sequence[Floats], rows: int, columns: int) -> NDArray[np.bool_]:
    """Return which nodes lie on material, from a fill on a grid eight times finer."""
    fine, unit = 8, 1 << _FRACTION_BITS
    picture = np.zeros((rows * fine, columns * fine), dtype=np.uint8)
    pieces = [np.round(ring * fine * unit).astype(np.int32) for ring in rings]
    cv2.fillPoly(picture, pieces, 255, shift=_FRACTION_BITS)
    return picture[::fine, ::fine] > 0


def _distances(rings: Sequence[Floats], rows: int, columns: int) -> Floats:
    """Return the distance of every node to the nearest edge, in steps of the grid.

    A distance transform names an edge near the nearest one; the distance to it and to its
    neighbours along the contour is then computed exactly.
    """
    starts, ends, before, after = _segments(rings)
    size = (rows * _FINE, columns * _FINE)
    picture = np.full(size, 255, dtype=np.uint8)
    numbers = np.zeros(size, dtype=np.int32)
    middle = np.round((starts + ends) / 2 * _FINE).astype(int)
    x, y = np.clip(middle, 0, [size[1] - 1, size[0] - 1]).T
    picture[y, x] = 0
    numbers[y, x] = np.arange(len(starts))
    _, labels = cv2.distanceTransformWithLabels(
        picture, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    number_of_label = np.zeros(int(labels.max()) + 1, dtype=np.int32)
    number_of_label[labels[y, x]] = numbers[y, x]
    nearest = number_of_label[labels[::_FINE, ::_FINE]]
    segments = _Segments(starts, ends)
    best = np.full((rows, columns), np.inf, dtype=np.float32)
    for step in (before[before], before, np.arange(len(starts)), after, after[after]):
        np.minimum(best, segments.squares(step[nearest]), out=best)
    return np.sqrt(best).astype(np.float64)


def _segments(rings: Sequence[Floats]) -> tuple[Floats, Floats, Indices, Indices]:
    """Return short pieces of all edges, and the number of the piece before and after each."""
    starts, ends, before, after = [], [], [], []
    count = 0
    for ring in rings:
        following = np.roll(ring, -1, axis=0)
        pieces = np.maximum(1, np.ceil(np.hypot(*(following - ring).T) * _FINE)).astype(int)
        along = np.concatenate([np.arange(n) / n for n in pieces])[:, None]
        start = np.repeat(ring, pieces, axis=0)
        start = start + along * np.repeat(following - ring, pieces, axis=0)
        own = count + np.arange(len(start))
        starts.append(start)
        ends.append(np.roll(start, -1, axis=0))
        before.append(np.roll(own, 1))
        after.append(np.roll(own, -1))
        count += len(start)
    return np.vstack(starts), np.vstack(ends), np.concatenate(before), np.concatenate(after)


class _Segments:
    """Short pieces of edges in steps of the grid; single precision is exact to 0.0001 of them."""

    def __init__(self, starts: Floats, ends: Floats) -> None:
        along = ends - starts
        squares = np.maximum((along * along).sum(axis=1), 1e-24)
        self._x, self._y = starts.T.astype(np.float32)
        self._along_x, self._along_y = along.T.astype(np.float32)
        self._share_x, self._share_y = (along.T / squares).astype(np.float32)

    def squares(self, numbers: Indices) -> Singles:
        """Return the squared distance of every node to a segment of its own.

        Args:
            numbers: Of each node's segment, shape (rows, columns).
        """
        rows, columns = numbers.shape
        off_x = np.arange(columns, dtype=np.float32) - self._x.take(numbers)
        off_y = np.arange(rows, dtype=np.float32)[:, None] - self._y.take(numbers)
        share = off_x * self._share_x.take(numbers)
        share += off_y * self._share_y.take(numbers)
        np.minimum(np.maximum(share, 0, out=share), 1, out=share)
        off_x -= share * self._along_x.take(numbers)
        off_y -= share * self._along_y.take(numbers)
        return np.asarray(off_x * off_x + off_y * off_y, dtype=np.float32)


class FieldStack:
    """Fields of several parts, looked up together."""

    def __init__(self, fields: Sequence[Field]) -> None:
        """Join fields; the arrays are copied."""
        sizes = [field.distance_mm.size for field in fields]
        self._cells = np.concatenate([_cells(field.distance_mm) for field in fields])
        shapes = np.array([field.distance_mm.shape for field in fields], dtype=np.intp)
        first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        self._places = np.column_stack([first, shapes[:, 1]]).astype(np.intp)[:, :, None]
        low = np.array([field.low_mm for field in fields])
        steps = np.array([[field.step_mm] for field in fields])
        # A point on the last node belongs to the cell before it.
        grids = np.concatenate([1 / steps, low / steps, shapes[:, ::-1] - 1.001], axis=1)
        self._grids = grids.astype(np.float32)[:, :, None]

    def look_up(self, numbers: Indices, xy_mm: Singles) -> tuple[Singles, Singles]:
        """Return distances and their derivatives along x and y.

        Args:
            numbers: Which field each row of points belongs to, shape (K,).
            xy_mm: The points, shape (K, 2, N), float32.

        Returns:
            Distance in mm, shape (K, N), and its slopes, shape (K, 2, N), float32.
        """
        # Few points are looked up at a time: what counts is how often NumPy is called.
        grids, places = self._grids.take(numbers, axis=0), self._places.take(numbers, axis=0)
        nodes_per_mm = grids[:, :1]
        xy = xy_mm * nodes_per_mm
        xy -= grids[:, 1:3]
        inner = np.maximum(xy, 0)
        np.minimum(inner, grids[:, 3:], out=inner)
        node = np.floor(inner)
        steps = node.astype(np.intp)
        cells = steps[:, 1] * places[:, 1]
        cells += steps[:, 0]
        cells += places[:, 0]
        here = self._cells.take(cells, axis=0).transpose(0, 2, 1)
        xy -= inner
        inner -= node
        slope = inner[:, ::-1] * here[:, 3:]
        slope += here[:, 1:3]
        value = inner[:, 0] * here[:, 1]
        value += here[:, 0]
        inner[:, 1] *= slope[:, 1]
        value += inner[:, 1]
        xy *= xy
        value += np.sqrt(xy[:, 0] + xy[:, 1]) / nodes_per_mm[:, 0]
        slope *= nodes_per_mm
        return value, slope


def _cells(values: Singles) -> Singles:
    """Return what interpolation needs of each cell, side by side in memory, shape (nodes, 4).

    That is the value at its first node, the changes along x and y, and the change of the change.
    """
    cells = np.zeros((*values.shape, 4), dtype=np.float32)
    cells[..., 0] = values
    cells[:, :-1, 1] = np.diff(values, axis=1)
    cells[:-1, :, 2] = np.diff(values, axis=0)
    cells[:-1, :-1, 3] = np.diff(np.diff(values, axis=0), axis=1)
    return cells.reshape(-1, 4)
