"""What a picture shows of one object: the pixels of its mask and the places of its edge.

An *edge point* lies between a pixel inside and its neighbour outside, half-way, or where the
network's probability passes one half. Neither the frame of the picture nor another object's mask
makes an edge: the part may go on behind. All points are in pixels of the picture, centres at
integers.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.uint8]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

MARGIN_PX = 4
"""Ground round the mask that belongs to the window."""

_BLUR_RANGE_PX = 0.5, 5.0

LEAST_POINTS = 16
"""An object with fewer edge points is too small to be compared with anything."""

_NEAR_OTHER_PX = 2
"""An edge closer to another object than this is not known to be the part's own."""


_PASSES = 400
"""Largest number of edge points of which the two pixels are kept."""


@dataclass(frozen=True, slots=True, eq=False)
class Passes:
    """Where the edge passes between two pixels, neighbours in a row or in a column.

    Attributes:
        before: Number of the first pixel in the window, counted row by row, shape (N,).
        after: Of the second one.
        share: Of the way from the first to the second, 0..1.
    """

    before: NDArray[np.intp]
    after: NDArray[np.intp]
    share: Floats


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One object in its window of the picture.

    Attributes:
        left: Column of the picture at which the window begins.
        top: Row of the picture at which it begins.
        mask: Shape (h, w), uint8: 1 on the object.
        filled: Likewise, its holes filled.
        judged: Shape (h, w), uint8: 1 where the object would be seen if it were there: 0 on
            other objects.
        edge_px: Edge points, shape (N, 2), in an order of which every beginning is spread evenly.
        passes: The first of them between their pixels.
        cut: Whether the frame or another object may hide something of it.
        centre_px: Centroid of the mask, its holes filled.
        area_px: Area of the mask, its holes filled.
        own_area_px: Pixels of the mask.
        picture_hw: Height and width of the picture.
        others: Pixels of other objects, shape (H, W) of the picture; None for none.
        soft: Probability in the window, float32, 0 away from the object; None if only a mask is
            known.
        blur_px: Width (standard deviation) of the soft edge; 0 for a mask.
    """

    left: int
    top: int
    mask: Mask
    filled: Mask
    judged: Mask
    edge_px: Floats
    passes: Passes
    cut: bool
    centre_px: tuple[float, float]
    area_px: float
    own_area_px: int
    picture_hw: tuple[int, int]
    others: Bools | None = None
    soft: Singles | None = None
    blur_px: float = 0.0

    @property
    def size_px(self) -> float:
        """Diameter of the disc of the same area."""
        return 2 * float(np.sqrt(self.area_px / np.pi))


def view_of(
    mask: Bools, others: Bools | None = None, probability: Singles | None = None
) -> View | None:
    """Return what a picture shows of one object; None if the mask has no edge.

    Args:
        mask: Pixels of the object, shape (H, W).
        others: Pixels of other objects that may hide it, shape (H, W); None for none.
        probability: That a pixel shows a part, shape (H, W), 0..1; None if only the mask is known.
    """
    height, width = mask.shape
    pixels = np.ascontiguousarray(mask, dtype=np.bool_).view(np.uint8)
    left, top, wide, high = cv2.boundingRect(pixels)
    if wide == 0:
        return None
    framed = left == 0 or top == 0 or left + wide == width or top + high == height
    right, bottom = min(left + wide + MARGIN_PX, width), min(top + high + MARGIN_PX, height)
    left, top = max(left - MARGIN_PX, 0), max(top - MARGIN_PX, 0)
    window = np.s_[top:bottom, left:right]
    own = np.ascontiguousarray(pixels[window])
    soft = None if probability is None else _own_probability(own, probability[window])
    points = _edge_points(own, soft)
    judged, hidden = np.ones_like(own), False
    if others is not None and others[window].any():
        hides = (others[window] & (own == 0)).view(np.uint8)
        judged = 1 - hides
        clear = _clear_of(hides, points)
        hidden, points = not clear.all(), points[clear]
    if len(points) < LEAST_POINTS:
        return None
    points = _spread(points)
    filled, area, (x, y) = _filled(own)
    own_soft, blur = None, 0.0
    if probability is not None:
        reach = cv2.dilate(own, np.ones((2 * MARGIN_PX + 1,) * 2, np.uint8))
        own_soft = np.asarray(probability[window] * reach, dtype=np.float32)
        blur = _blur_of(own_soft, points)
    return View(
        left=left,
        top=top,
        mask=own,
        filled=filled,
        judged=judged,
        edge_px=points + np.array([left, top]),
        passes=_passes(points[:_PASSES], own.shape[1]),
        cut=bool(framed or hidden),
        centre_px=(x + left, y + top),
        area_px=area,
        own_area_px=cv2.countNonZero(own),
        picture_hw=(height, width),
        others=others,
        soft=own_soft,
        blur_px=blur,
    )


def _blur_of(soft: Singles, points: Floats) -> float:
    """Return the standard deviation of the blur of a soft edge, from its slope half-way."""
    along_x, along_y = (cv2.Sobel(soft, cv2.CV_32F, *d, scale=1 / 8) for d in ((1, 0), (0, 1)))
    columns, rows = np.round(points).astype(np.intp).T
    slope = float(np.median(np.hypot(along_x[rows, columns], along_y[rows, columns])))
    return float(np.clip(1 / (math.sqrt(2 * math.pi) * max(slope, 1e-3)), *_BLUR_RANGE_PX))


def _clear_of(hides: Mask, points: Floats) -> Bools:
    """Return which edge points do not lie at another object."""
    near = cv2.dilate(hides, np.ones((2 * _NEAR_OTHER_PX + 1,) * 2, np.uint8))
    columns, rows = np.round(points).astype(np.intp).T
    return np.asarray(near[rows, columns] == 0)


def _spread(points: Floats) -> Floats:
    """Return points in another order: of n points, steps of 0.618 n reach all of them evenly."""
    count = len(points)
    step = round(count * 0.6180339887)
    while math.gcd(step, count) != 1:
        step += 1
    return points[np.arange(count) * step % count]


def _passes(points: Floats, width: int) -> Passes:
    """Return the pixels between which edge points lie, in a window of some width."""
    low = np.floor(points)
    share = (points - low).sum(axis=1)
    pitch = np.array([1, width])
    return Passes(low.astype(np.intp) @ pitch, np.ceil(points).astype(np.intp) @ pitch, share)


def _own_probability(own: Mask, probability: Singles) -> Singles:
    """Return the probability in and round a mask; elsewhere 0, so that neighbours stay out."""
    reach = cv2.dilate(own, np.ones((3, 3), np.uint8))
    # The mask decides on which side of one half a pixel lies: it may come from several sources.
    low, high = np.where(own, 0.5, 0.0), np.where(own, 1.0, 0.4999)
    return np.asarray(np.clip(probability, low, high) * reach, dtype=np.float32)


def _edge_points(own: Mask, soft: Singles | None) -> Floats:
    """Return where rows and columns of pixels pass the edge, shape (N, 2), in the window."""
    width = own.shape[1]
    flat = own.ravel()
    # One long row is searched much faster than many; pairs that wrap around are left out.
    rows, columns = np.divmod(np.flatnonzero(flat[1:] != flat[:-1]), width)
    rows, columns = rows[columns < width - 1], columns[columns < width - 1]
    across = np.column_stack([columns + _share(soft, rows, columns, rows, columns + 1), rows])
    rows, columns = np.divmod(np.flatnonzero(flat[width:] != flat[:-width]), width)
    down = np.column_stack([columns, rows + _share(soft, rows, columns, rows + 1, columns)])
    return np.vstack([across, down]).astype(np.float64)


def _share(
    soft: Singles | None,
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
    next_rows: NDArray[np.intp],
    next_columns: NDArray[np.intp],
) -> Singles | float:
    """Return how far between two neighbours the edge lies, 0..1."""
    if soft is None:
        return 0.5
    here, there = soft[rows, columns], soft[next_rows, next_columns]
    return np.asarray((here - 0.5) / (here - there), dtype=np.float32)


def _filled(own: Mask) -> tuple[Mask, float, tuple[float, float]]:
    """Return a mask with its holes filled, and its area and centroid (x, y) in the window."""
    contours, _ = cv2.findContours(own, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    filled = np.zeros_like(own)
    cv2.drawContours(filled, contours, -1, 1, cv2.FILLED)
    # Sums of rows and columns: a tenth of what `cv2.moments` takes on a picture.
    columns = cv2.reduce(filled, 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel()
    rows = cv2.reduce(filled, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel()
    area = float(columns.sum())
    x, y = (float(sums @ np.arange(len(sums))) / area for sums in (columns, rows))
    return filled, area, (x, y)
