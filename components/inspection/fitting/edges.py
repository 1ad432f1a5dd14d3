"""Where the picture itself shows the edges of a drawing that was roughly put in place.

A network sees pixels of a smaller picture; the picture knows its edges better. Along the normal of
every point of the drawing's contours the colour is looked at, and the edge is taken to be where
it changes most *from the colour inside to the colour outside*: a change in another direction of
the colour space is a scratch, a shadow's rim or grain. Near changes are preferred to far ones, and
a fit forgets outliers, so that a part of the edges may be wrong.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from components.domain import Part
from components.geometry.contours import perimeter, resampled
from components.geometry.transforms import transformed
from components.inspection.fitting.refinement import Fit

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Bools = NDArray[np.bool_]
Picture = NDArray[np.uint8]

RIM_POINTS = 160
"""About so many points stand for a drawing's contours."""

_STEPS = 10
"""Places to either side of a contour at which the colour is looked at."""

_SIGMA = 0.45
"""Spread of the edge about its expected place, over the reach of the search."""

_BLUR_PX = 0.7
_AROUND = 9
"""Neighbours along the contour that share the colours inside and outside."""

_SIDE_STEP_PX, _SIDE = 0.25, 7
"""Colours beside a contour are taken from 1 to 2.5 px away: so many steps of that length."""

_ASIDE_PX = np.array([[0, 2, -2, 0, 0], [0, 0, 0, 2, -2]])[:, None]
"""Columns and rows of the pixels that are asked whether a contour lies at another object."""

_WEAK = 0.25
"""An edge weaker than this share of the drawing's median edge is not taken."""


@dataclass(frozen=True, slots=True, eq=False)
class Rim:
    """The contours of a part as points.

    Attributes:
        points_mm: Shape (N, 2).
        normals_mm: Away from the material, of length 1, shape (N, 2).
        rings: Number of each point's contour, shape (N,): 0 the outline, then the holes.
    """

    points_mm: Floats
    normals_mm: Floats
    rings: NDArray[np.intp]

    def chosen(self, which: Bools) -> "Rim":
        """Return some of the points; `which` has a truth value for each, shape (N,)."""
        return Rim(self.points_mm[which], self.normals_mm[which], self.rings[which])


@dataclass(frozen=True, slots=True, eq=False)
class FoundEdges:
    """What the picture shows along a drawing's contours.

    Attributes:
        points_px: Edges that were found, shape (M, 2).
        offsets_px: How far outside its expected place each lies, shape (M,).
        contrast: Change of colour at every contour point that can be seen, over the noise beside
            it, shape (K,).
    """

    points_px: Floats
    offsets_px: Floats
    contrast: Floats


def rim_of(part: Part) -> Rim:
    """Return points at about equal distances along all contours of a part."""
    rings = [part.outline.xy_mm, *(hole.xy_mm[::-1] for hole in part.holes)]
    lengths = np.array([perimeter(ring) for ring in rings])
    counts = np.maximum(8, np.round(RIM_POINTS * lengths / lengths.sum())).astype(int)
    points, normals = [], []
    for ring, count in zip(rings, counts.tolist(), strict=True):
        # The direction is taken over a quarter of a step to either side: corners have none.
        fine = resampled(ring, 4 * count)
        along = (np.roll(fine, -1, axis=0) - np.roll(fine, 1, axis=0))[::4]
        normal = along[:, ::-1] * (1.0, -1.0)
        points.append(fine[::4])
        normals.append(normal / np.maximum(np.hypot(*normal.T), 1e-12)[:, None])
    numbers = np.repeat(np.arange(len(rings)), counts)
    return Rim(np.vstack(points), np.vstack(normals), numbers)


def smoothed(image: Picture) -> Picture:
    """Return a picture (H, W, 3) without the noise of single pixels, for `edges_of`."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), _BLUR_PX), dtype=np.uint8)


def edges_of(
    fit: Fit, rim: Rim, picture: Picture, others: Bools | None, reach_px: float
) -> FoundEdges:
    """Return where a picture shows the contours of a drawing.

    Args:
        fit: About where the drawing lies; its walls are looked beyond.
        rim: Of the drawing.
        picture: Smoothed RGB, shape (H, W, 3), uint8.
        others: Pixels of other objects, shape (H, W); None for none.
        reach_px: How far from its expected place an edge may lie.
    """
    places, normals = _expected(fit, rim)
    seen = _clear(places, picture, others)
    places, normals = places[seen], normals[seen]
    if len(places) == 0:
        return FoundEdges(places, np.zeros(0), np.zeros(0))
    step = reach_px / _STEPS
    profiles = _profiles(picture, places, normals, step)
    change = _change(profiles)
    at = np.arange(-_STEPS + 1, _STEPS) * step
    likely = change * np.exp(-((at / (_SIGMA * reach_px)) ** 2) / 2).astype(np.float32)
    best = np.clip(likely.argmax(axis=1), 1, likely.shape[1] - 2)
    row = np.arange(len(best))
    before, here, after = (likely[row, best + shift] for shift in (-1, 0, 1))
    bend = np.minimum(before - 2 * here + after, -1e-6)
    offsets = (at[best] + step * np.clip((before - after) / (2 * bend), -1, 1)).astype(np.float64)
    strength = change[row, best]
    noise = np.median(np.abs(change), axis=1) + 1.0
    clear = strength > max(_WEAK * float(np.median(strength)), 1.0)
    points = places + offsets[:, None] * normals
    contrast = np.where(clear, strength / noise, 0.0).astype(np.float64)
    return FoundEdges(points[clear], offsets[clear], contrast)


def _clear(places: Floats, picture: Picture, others: Bools | None) -> Bools:
    """Return which places lie inside the picture and not at another object, shape (N,)."""
    height, width = picture.shape[:2]
    seen = np.asarray(((places > 1) & (places < (width - 2, height - 2))).all(axis=1))
    if others is not None:
        # Two pixels to the side in each direction: cheaper than a dilated picture.
        columns, rows = np.rint(places[seen]).astype(np.intp).T[:, :, None] + _ASIDE_PX
        np.minimum(np.maximum(columns, 0, out=columns), width - 1, out=columns)
        np.minimum(np.maximum(rows, 0, out=rows), height - 1, out=rows)
        seen[seen] = ~others[rows, columns].any(axis=1)
    return seen


def _expected(fit: Fit, rim: Rim) -> tuple[Floats, Floats]:
    """Return where contour points should be seen, walls included, and the normals there."""
    to_px = np.asarray(np.linalg.inv(fit.to_mm), dtype=np.float64)
    ahead = transformed(rim.points_mm + 0.5 / fit.px_per_mm * rim.normals_mm, to_px)
    places = transformed(rim.points_mm, to_px)
    normals = ahead - places
    normals /= np.maximum(np.hypot(*normals.T), 1e-9)[:, None]
    walls = np.maximum(normals @ fit.wall_px, 0.0)
    return places + walls[:, None] * normals, normals


def _profiles(picture: Picture, places: Floats, normals: Floats, step: float) -> Singles:
    """Return colours along the normals, from inside to outside, shape (K, 2 * steps + 1, 3)."""
    at = np.arange(-_STEPS, _STEPS + 1) * step
    x = (places[:, :1] + normals[:, :1] * at).astype(np.float32)
    y = (places[:, 1:] + normals[:, 1:] * at).astype(np.float32)
    colours = cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(colours, dtype=np.float32)


def _change(profiles: Singles) -> Singles:
    """Return the change from the inner to the outer colour, shape (K, 2 * steps - 1)."""
    half = _STEPS
    side = half - half // 3
    apart = profiles[:, -side:].mean(axis=1) - profiles[:, :side].mean(axis=1)
    apart = np.asarray(
        cv2.blur(apart, (1, _AROUND), borderType=cv2.BORDER_REPLICATE), dtype=np.float32
    )
    apart /= np.maximum(np.sqrt(np.square(apart).sum(axis=1, keepdims=True)), 1e-3)
    moved = profiles[:, 2:] - profiles[:, :-2]
    return np.asarray((moved * apart[:, None]).sum(axis=2), dtype=np.float32)


def changes(fit: Fit, rim: Rim, picture: Picture, others: Bools | None) -> tuple[Singles, Bools]:
    """Return the change of colour across contours, a little inside to a little outside.

    Args:
        fit: Where the drawing lies.
        rim: Of the drawing, or a part of it.
        picture: Smoothed RGB, shape (H, W, 3), uint8.
        others: Pixels of other objects, shape (H, W); None for none.

    Returns:
        Changes, shape (N, 3), and which of the points can be seen, shape (N,); of others the change
        is 0.
    """
    places, normals = _expected(fit, rim)
    seen = _clear(places, picture, others)
    change = np.zeros((len(places), 3), dtype=np.float32)
    if seen.any():
        profiles = _profiles(picture, places[seen], normals[seen], _SIDE_STEP_PX)
        change[seen] = profiles[:, :_SIDE].mean(axis=1) - profiles[:, -_SIDE:].mean(axis=1)
    return change, seen
