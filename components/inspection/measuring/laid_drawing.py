"""The drawing laid into a picture and settled on its edges, with or without a known scale."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components.domain import Part, Pose
from components.geometry.transforms import pose_matrix, transformed
from components.inspection.camera.planes import MetricPlane
from components.inspection.measuring.edge_search import Edges, edges_of
from components.inspection.measuring.findings import Unit
from components.inspection.measuring.settling import FREE, RIGID, Settled, settled
from components.inspection.measuring.traces import (
    Surroundings,
    ToPx,
    Trace,
    profiles_of,
    surroundings_of,
    traces_of,
)
from components.settings.measure import MeasureSettings

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_AGAIN_PX = 1.0
"""If the drawing moved farther, edges are looked for again from its new place."""


@dataclass(frozen=True, slots=True)
class Ruler:
    """What turns pixels into millimetres.

    Attributes:
        px_per_mm: Given by hand; None without.
        relative_sd: How well that is known, as a fraction.
        plane: Of a calibrated camera; None without. It wins over `px_per_mm`.
    """

    px_per_mm: float | None = None
    relative_sd: float = 0.0
    plane: MetricPlane | None = None

    @property
    def unit(self) -> Unit:
        """What lengths are told in."""
        return "px" if self.plane is None and self.px_per_mm is None else "mm"


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """The drawing on its edges.

    Attributes:
        traces: Outline first.
        edges: Found along each.
        around: The pixels round the part.
        settled: Where the drawing came to rest.
        change_px: How far that is from the pose.
    """

    traces: list[Trace]
    edges: list[Edges]
    around: Surroundings
    settled: Settled
    change_px: float


def laid_drawing(
    image: NDArray[np.uint8],
    part: Part,
    pose: Pose,
    settings: MeasureSettings,
    ruler: Ruler,
    others: Bools | None,
) -> Laid:
    """Return the drawing settled on the picture's edges.

    Args:
        image: Grey or RGB, uint8.
        part: The drawing.
        pose: Where it lies.
        settings: See `configs/measure_config.yaml`.
        ruler: Source of millimetres.
        others: Pixels of other objects; None for none.
    """
    first = _first_to_px(part, pose, ruler)
    to_px, free = first, FREE if ruler.plane is None else RIGID
    height, width = image.shape[:2]
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    traces = traces_of(part, to_px)
    start = [trace.points_px for trace in traces]
    for _ in range(3):
        around = surroundings_of(image, traces, others, settings.edges.smooth_px)
        low, high = settings.edges.reach_px
        reach = settings.edges.reach_mm * float(np.median(traces[0].px_per_mm))
        edges = [
            edges_of(
                trace,
                profiles_of(trace, around, min(max(reach, low), high)),
                settings.edges.least_contrast,
            )
            for trace in traces
        ]
        towards = middle - traces[0].points_px.mean(axis=0)
        found = settled(traces, edges, to_px, free, settings.edges.tilt_sd_px, towards)
        moved = _greatest_move(traces, found.to_px)
        laid = Laid(traces, edges, around, found, _greatest_shift(start, traces, found.to_px))
        if moved < _AGAIN_PX or laid.change_px > settings.doubt.most_change_px:
            break
        to_px = found.to_px
        traces = traces_of(part, to_px)
    return laid


def _first_to_px(part: Part, pose: Pose, ruler: Ruler) -> ToPx:
    """Return where a pose lays the drawing; on a calibrated plane in its true size."""
    matrix = pose_matrix(pose)
    if ruler.plane is None:
        return lambda xy_mm: transformed(xy_mm, matrix)
    return ruler.plane.laid(part.outline.xy_mm, matrix, pose.mirrored)


def _greatest_move(traces: Sequence[Trace], to_px: ToPx) -> float:
    return max(float(np.hypot(*(to_px(t.xy_mm) - t.points_px).T).max()) for t in traces)


def _greatest_shift(start: Sequence[Floats], traces: Sequence[Trace], to_px: ToPx) -> float:
    """Return how far the drawing has moved from where it began, in px."""
    pairs = zip(start, traces, strict=True)
    # A contour that grew by a pixel has a place more or less than before.
    return max(float(np.hypot(*(to_px(t.xy_mm)[0] - s[0]))) for s, t in pairs)
