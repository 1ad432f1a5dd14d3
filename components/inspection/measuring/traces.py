"""The drawing's contours laid into a picture, and what the picture shows across them.

A *trace* is one contour as a row of places about a pixel apart, each with the direction that leads
out of the material: away from the part along its outline, into the hole along a hole. A *profile*
is the picture along that direction, from `-reach` inside to `+reach` outside.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from components.domain import Part
from components.geometry.contours import perimeter, resampled, signed_area

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Bools = NDArray[np.bool_]
ToPx = Callable[[Floats], Floats]

STEP_PX = 0.5
"""Distance of two values of a profile."""

LEAST_SAMPLES = 24
"""Places along the smallest contour."""

_CORNER_RAD = 0.45
_CORNER_PX = 3.0
"""Within this distance of a bend of more than `_CORNER_RAD` the normal says little."""


_SLACK_PX = 0.9
"""Distances to the drawing are known this well: they are counted in whole pixels."""


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """One contour in the picture.

    Attributes:
        number: 0 for the outline, else the number of the hole, from 1.
        xy_mm: Places on the drawing, shape (N, 2).
        points_px: The same in the picture.
        normals_px: Out of the material, of length 1, shape (N, 2).
        px_per_mm: Local scale along the normal, shape (N,).
        step_px: Distance of neighbours.
        clear: Places that are not at a corner, shape (N,).
    """

    number: int
    xy_mm: Floats
    points_px: Floats
    normals_px: Floats
    px_per_mm: Floats
    step_px: float
    clear: Bools

    @property
    def is_hole(self) -> bool:
        """Whether it is a hole."""
        return self.number > 0


def traces_of(part: Part, to_px: ToPx) -> list[Trace]:
    """Return the outline and the holes of a part.

    Args:
        part: The drawing.
        to_px: Map of the drawing's points in mm, shape (N, 2), to the picture.
    """
    contours = [part.outline.xy_mm, *(hole.xy_mm for hole in part.holes)]
    return [_trace(ring, number, to_px) for number, ring in enumerate(contours)]


def _trace(ring_mm: Floats, number: int, to_px: ToPx) -> Trace:
    length_px = perimeter(to_px(ring_mm))
    count = max(LEAST_SAMPLES, round(length_px))
    xy_mm = resampled(ring_mm, count)
    points = to_px(xy_mm)
    step_px = length_px / count
    tangents = np.roll(points, -1, axis=0) - np.roll(points, 1, axis=0)
    tangents /= np.maximum(np.hypot(*tangents.T), 1e-12)[:, None]
    # Right of the way round, with y down, is outside of a ring that runs counter-clockwise.
    normals = np.column_stack([tangents[:, 1], -tangents[:, 0]])
    if (signed_area(points) > 0) == (number > 0):
        normals = -normals
    return Trace(
        number=number,
        xy_mm=xy_mm,
        points_px=points,
        normals_px=normals,
        px_per_mm=_scales(xy_mm, points, normals, to_px),
        step_px=step_px,
        clear=_clear(tangents, step_px),
    )


def _scales(xy_mm: Floats, points: Floats, normals: Floats, to_px: ToPx) -> Floats:
    """Return the picture's px per mm of the drawing along each normal, shape (N,)."""
    small = 1e-3
    along_x = (to_px(xy_mm + np.array([small, 0.0])) - points) / small
    along_y = (to_px(xy_mm + np.array([0.0, small])) - points) / small
    # A step s in mm moves J s in the picture; the step that moves by the normal has 1 / scale.
    det = along_x[:, 0] * along_y[:, 1] - along_x[:, 1] * along_y[:, 0]
    x_mm = (along_y[:, 1] * normals[:, 0] - along_y[:, 0] * normals[:, 1]) / det
    y_mm = (along_x[:, 0] * normals[:, 1] - along_x[:, 1] * normals[:, 0]) / det
    return np.asarray(1 / np.maximum(np.hypot(x_mm, y_mm), 1e-12), dtype=np.float64)


def _clear(tangents: Floats, step_px: float) -> Bools:
    """Return which places lie away from the contour's corners."""
    reach = max(1, round(_CORNER_PX / step_px / 2))
    before, after = np.roll(tangents, reach, axis=0), np.roll(tangents, -reach, axis=0)
    cosine = (before * after).sum(axis=1)
    corner = cosine < np.cos(_CORNER_RAD)
    # On a small circle every place bends; there is no corner to leave out.
    if corner.mean() > 0.6:
        return np.ones(len(tangents), dtype=np.bool_)
    wide = corner.copy()
    for shift in range(1, reach + 1):
        wide |= np.roll(corner, shift) | np.roll(corner, -shift)
    return np.asarray(~wide)


@dataclass(frozen=True, slots=True, eq=False)
class Surroundings:
    """What is known of the pixels round a part.

    Attributes:
        colours: The picture, shape (H, W, C), float32, slightly smoothed.
        depth_px: Distance to the drawing's edge, below 0 on the material, shape (H, W), float32.
        judged: Whether the pixel is the part's or the ground's, not another object's.
    """

    colours: Singles
    depth_px: Singles
    judged: Bools


def surroundings_of(
    image: NDArray[np.uint8], traces: Sequence[Trace], others: Bools | None, smooth_px: float
) -> Surroundings:
    """Return the picture as measuring needs it.

    Args:
        image: Grey (H, W) or RGB (H, W, 3), uint8.
        traces: Outline first.
        others: Pixels of other objects; None for none.
        smooth_px: Standard deviation of the smoothing.
    """
    colours = image.astype(np.float32)
    if smooth_px > 0:
        colours = np.asarray(cv2.GaussianBlur(colours, (0, 0), smooth_px), dtype=np.float32)
    colours = colours.reshape(*image.shape[:2], -1)
    height, width = image.shape[:2]
    drawn = np.zeros((height, width), dtype=np.uint8)
    for trace in traces:
        ring = np.clip(np.rint(trace.points_px * 16), -(2**25), 2**25).astype(np.int32)
        cv2.fillPoly(drawn, [ring], 0 if trace.is_hole else 1, cv2.LINE_8, 4)
    inner = cv2.distanceTransform(drawn, cv2.DIST_L2, cv2.DIST_MASK_5)
    outer = cv2.distanceTransform(1 - drawn, cv2.DIST_L2, cv2.DIST_MASK_5)
    depth = np.where(drawn > 0, 0.5 - inner, outer - 0.5).astype(np.float32)
    judged = np.ones((height, width), dtype=np.bool_) if others is None else ~others
    return Surroundings(colours, depth, judged)


@dataclass(frozen=True, slots=True, eq=False)
class Profiles:
    """The picture across one trace.

    Attributes:
        places_px: Distances from the contour, shape (T,): below 0 inside the material.
        colours: Shape (N, T, C), float32.
        depth_px: Distance to the nearest edge of the whole drawing, shape (N, T), float32.
        seen: Whether a value is in the frame, not another object's, and nearer to this place of
            the contour than to any other contour, shape (N, T).
    """

    places_px: Floats
    colours: Singles
    depth_px: Singles
    seen: Bools


def profiles_of(trace: Trace, around: Surroundings, reach_px: float) -> Profiles:
    """Return the picture across a trace, `reach_px` to either side."""
    half = round(reach_px / STEP_PX)
    places = np.arange(-half, half + 1, dtype=np.float64) * STEP_PX
    at = trace.points_px[:, None] + trace.normals_px[:, None] * places[:, None]
    x, y = at[..., 0].astype(np.float32), at[..., 1].astype(np.float32)
    height, width = around.judged.shape
    inside = (x >= -0.5) & (x <= width - 0.5) & (y >= -0.5) & (y <= height - 0.5)

    def looked_up(source: Singles, how: int) -> Singles:
        found = cv2.remap(source, x, y, how, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(found, dtype=np.float32)

    colours = looked_up(around.colours, cv2.INTER_LINEAR)
    judged = looked_up(around.judged.astype(np.float32), cv2.INTER_NEAREST) > 0.5
    depth = looked_up(around.depth_px, cv2.INTER_LINEAR)
    own = np.abs(depth) >= np.abs(places) - _SLACK_PX
    # Beyond a web's or a hole's middle everything belongs to the contour on the other side.
    own[:, half:] = np.logical_and.accumulate(own[:, half:], axis=1)
    own[:, : half + 1] = np.logical_and.accumulate(own[:, half::-1], axis=1)[:, ::-1]
    return Profiles(
        places_px=places,
        colours=colours.reshape(*x.shape, -1),
        depth_px=depth,
        seen=inside & judged & own,
    )
