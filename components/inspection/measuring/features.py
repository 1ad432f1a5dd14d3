"""From distances along contours to features: stretches of the outline, holes, burrs and notches."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from components.geometry.contours import signed_area
from components.inspection.measuring.edge_search import Band
from components.inspection.measuring.findings import Measure, Segment
from components.inspection.measuring.traces import Trace

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
Bools = NDArray[np.bool_]

K = 2.0
"""Standard deviations of an expanded uncertainty."""

CORRELATED_PX = 8.0
"""Edges this near to each other err alike."""

_USUAL_BLUR = 1 / 3
"""Share of the edges that are sharp enough to tell the picture's blur: shadows hide the others."""

_FIT_ROUNDS = 10
"""Steps until a moved and widened hole lies on its edge."""

_LEAST_SEGMENT_PX = 6.0
_BEND_OVER_PX = 12.0
_BEND_RAD = 0.08
"""A contour that turns by more over `_BEND_OVER_PX` is bent: an arc of less than 150 px radius."""


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """The edge along one contour, in px.

    Attributes:
        trace: The contour.
        offset_px: Signed distance of the edge, shape (N,).
        sd_px: Standard deviation of what all places share: pose, calibration, walls, shape (N,).
        noise_px: Standard deviation that each has of its own.
        found: Whether there is an edge, shape (N,).
        per_px: What a pixel is in the unit, shape (N,).
        band: What lies to both sides of the edge.
        soft_px: How much farther than usual in this picture the edge lies from what is surely
            material, and from what is surely ground, each of shape (N,).
    """

    trace: Trace
    offset_px: Floats
    sd_px: Floats
    noise_px: float
    found: Bools
    per_px: Floats
    band: Band
    soft_px: tuple[Floats, Floats]

    def shade(self, places: Indices, offset: float) -> float:
        """Return how much of an offset at some places a shadow may explain, in px, above 0."""
        return float(np.median(self.soft_px[0 if offset > 0 else 1][places]))


def soft_px(bands: Sequence[Band]) -> list[tuple[Floats, Floats]]:
    """Return of each contour by how much its edge is softer than the picture's edges are.

    Blur makes every edge soft alike; a shadow, a worn rim or dirt does so in its place.

    Returns:
        Towards the material and towards the ground, each of shape (N,), 0 or more, in px.
    """
    gaps = [
        [band.edge_px - band.inner_px for band in bands],
        [band.outer_px - band.edge_px for band in bands],
    ]
    usual = [float(np.quantile(np.concatenate(side), _USUAL_BLUR)) for side in gaps]
    return [
        (np.maximum(inner - usual[0], 0.0), np.maximum(outer - usual[1], 0.0))
        for inner, outer in zip(*gaps, strict=True)
    ]


def stretches(measured: Measured) -> list[NDArray[np.intp]]:
    """Return the indices of each stretch's places: between corners, and straight or bent."""
    trace = measured.trace
    count = len(trace.clear)
    # Corners, bends and straight sides are three kinds of places; a stretch is of one kind.
    kind = np.where(trace.clear, np.where(_bent(trace), 2, 1), 0)
    steps = np.flatnonzero(kind != np.roll(kind, 1))
    if len(steps) == 0:
        return [np.arange(count)] if kind[0] else []
    order = np.roll(np.arange(count), -int(steps[0]))
    pieces = np.split(order, np.flatnonzero(np.diff(kind[order])) + 1)
    least = _LEAST_SEGMENT_PX / trace.step_px
    return [piece for piece in pieces if kind[piece[0]] and len(piece) >= least]


def _bent(trace: Trace) -> Bools:
    """Return where a contour bends, shape (N,)."""
    reach = max(2, round(_BEND_OVER_PX / trace.step_px / 2))
    ahead, behind = np.roll(trace.normals_px, -reach, axis=0), np.roll(trace.normals_px, reach, 0)
    turn = np.arctan2(
        behind[:, 0] * ahead[:, 1] - behind[:, 1] * ahead[:, 0], (behind * ahead).sum(axis=1)
    )
    return np.asarray(np.abs(turn) > _BEND_RAD)


def segment_of(number: int, places: NDArray[np.intp], measured: Measured) -> Segment:
    """Return one stretch of the outline with its offset in mm; `places` are indices, shape (N,)."""
    usable = places[measured.found[places]]
    start, end = (measured.trace.xy_mm[k] for k in (places[0], places[-1]))
    if len(usable) < 4:
        offset = Measure(0.0, math.inf)
    else:
        value = float(np.median(measured.offset_px[usable]))
        spread = robust_spread(measured.offset_px[usable])
        independent = max(len(usable) * measured.trace.step_px / CORRELATED_PX, 1.0)
        shared = float(np.sqrt(np.mean(np.square(measured.sd_px[usable]))))
        sd = math.hypot(1.25 * spread / math.sqrt(independent), shared)
        scale = float(np.median(measured.per_px[usable]))
        offset = Measure(value * scale, (K * sd + measured.shade(usable, value)) * scale)
    return Segment(
        number=number,
        start_mm=(float(start[0]), float(start[1])),
        end_mm=(float(end[0]), float(end[1])),
        offset=offset,
        judged_share=len(usable) / len(places),
    )


@dataclass(frozen=True, slots=True)
class HoleFit:
    """A hole's edge as a moved and widened copy of the drawn one.

    Attributes:
        position: How far it moved.
        size: How much wider it is.
        rest_px: Spread of the edge about the copy.
        share: Share of the edge that agrees with the copy, 0..1.
    """

    position: Measure
    size: Measure
    rest_px: float
    share: float


def hole_fit(measured: Measured) -> HoleFit | None:
    """Return how a hole lies in its place; None if too little of its edge was found."""
    usable = np.flatnonzero(measured.found)
    if len(usable) < max(8, 0.4 * len(measured.found)):
        return None
    trace = measured.trace
    edge = trace.points_px + measured.offset_px[:, None] * trace.normals_px
    edge = edge[usable]
    rows: Floats = np.column_stack([trace.normals_px[usable], np.ones(len(usable))])
    off = measured.offset_px[usable]
    weight: Floats = np.ones(len(usable))
    values: Floats = np.zeros(3)
    for _ in range(_FIT_ROUNDS):
        scaled = rows * weight[:, None]
        # What a short arc cannot tell stays 0.
        normal = rows.T @ scaled + 1e-3 * np.eye(3)
        values = np.asarray(np.linalg.solve(normal, scaled.T @ off), dtype=np.float64)
        # The edge of a hole that moved far belongs to other places of the drawn one.
        back = edge - values[:2]
        near = _nearest(back, trace.points_px)
        rows = np.column_stack([trace.normals_px[near], np.ones(len(near))])
        off = ((edge - trace.points_px[near]) * trace.normals_px[near]).sum(axis=1)
        rest = off - rows @ values
        limit = 4.7 * max(robust_spread(rest), 0.15)
        weight = np.square(np.maximum(1 - np.square(rest / limit), 0.0)).astype(np.float64)
    spread = max(robust_spread(rest), 0.02)
    shared = float(np.sqrt(np.mean(np.square(measured.sd_px[usable]))))
    independent = min(measured.trace.step_px / CORRELATED_PX, 1.0)
    scaled = rows * (weight * independent)[:, None]
    covariance = np.linalg.inv(rows.T @ scaled + 1e-3 * np.eye(3)) * spread**2
    along = math.sqrt(float(covariance[0, 0] + covariance[1, 1]) / 2 + shared**2)
    wide = math.sqrt(float(covariance[2, 2]) + shared**2)
    scale = float(np.median(measured.per_px[usable]))
    shade = measured.shade(usable, float(values[2]))
    return HoleFit(
        position=Measure(float(np.hypot(*values[:2])) * scale, (K * along + shade) * scale),
        # Material that grows by e from all sides narrows a hole by 2 e.
        size=Measure(-2 * float(values[2]) * scale, 2 * (K * wide + shade) * scale),
        rest_px=spread,
        share=float((weight > 0.1).sum()) / len(measured.found),
    )


def _nearest(points: Floats, among: Floats) -> Indices:
    """Return for each point (n, 2) the index of the nearest one of others (m, 2)."""
    # OpenCV compares single floats: far from the picture's corner they would be coarse.
    middle = among.mean(axis=0)
    near, others = (np.asarray(each - middle, np.float32) for each in (points, among))
    _, indices = cv2.batchDistance(near, others, cv2.CV_32F, normType=cv2.NORM_L2SQR, K=1)
    return np.asarray(indices[:, 0], np.intp)


def middle_mm(trace: Trace) -> tuple[tuple[float, float], float]:
    """Return the middle of a contour and the diameter of the circle of its area, in mm."""
    x, y = trace.xy_mm.T
    xs, ys = np.roll(x, -1), np.roll(y, -1)
    cross = x * ys - xs * y
    area = float(cross.sum())
    centre = ((x + xs) @ cross / (3 * area), (y + ys) @ cross / (3 * area))
    return (float(centre[0]), float(centre[1])), 2 * math.sqrt(
        abs(signed_area(trace.xy_mm)) / math.pi
    )


def robust_spread(values: Floats) -> float:
    """Return the robust standard deviation of values of shape (N,), in their unit; inf of none."""
    if len(values) == 0:
        return math.inf
    return float(1.4826 * np.median(np.abs(values - np.median(values))))
