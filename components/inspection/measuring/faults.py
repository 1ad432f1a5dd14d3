"""What is wrong with holes and sides of a part, named as a fault with its size."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from components.inspection.measuring.features import K, Measured, hole_fit, middle_mm
from components.inspection.measuring.findings import (
    Fault,
    FaultKind,
    Hole,
    HoleState,
    Measure,
    Segment,
)
from components.inspection.measuring.laid_drawing import Laid
from components.inspection.measuring.openings import (
    MISSING_BELOW,
    PRESENT_ABOVE,
    Face,
    extra_openings,
)
from components.inspection.measuring.traces import ToPx, Trace
from components.settings.measure import MeasureSettings

Floats = NDArray[np.float64]

_REST = 0.15
"""Spread of a hole's edge about the drawn shape, over its radius, above which it is another's."""

_LEAST_REST_PX = 0.6

_SAME_AS_FACE = 1.0
"""In standard deviations of patches of the face."""

_LEAST_RADIUS_PX = 1.5
"""Smaller holes are blurred into the face: nobody can say that they are missing."""

_NEAR_FAULT_PX = 6.0
"""An opening this near to an edge that is off its drawing belongs to it."""

_SEGMENT_SURE = 1.5
"""A stretch lies beside its place if it is off by so many expanded uncertainties."""


def hole_findings(
    laid: Laid, rows: Sequence[Measured], settings: MeasureSettings
) -> tuple[list[Hole], list[Fault]]:
    """Return every hole of the drawing, and what is wrong with them."""
    holes: list[Hole] = []
    faults: list[Fault] = []
    face = Face(laid.around, laid.traces[0])
    sure = settings.faults.hole_sure
    for row in rows[1:]:
        trace = row.trace
        at_mm, diameter_mm = middle_mm(trace)
        fit = hole_fit(row)
        radius_px = diameter_mm / 2 * float(np.median(trace.px_per_mm))
        # Edges that do not follow the drawn shape are somebody else's.
        rest = max(_LEAST_REST_PX, _REST * radius_px)
        rim = fit is not None and fit.share > 0.6 and fit.rest_px < rest
        state = _state(face, trace, radius_px, rim)
        position = size = None
        per_px = float(np.median(row.per_px))
        if state == "missing":
            faults.append(
                Fault("missing_hole", trace.number, at_mm, Measure(2 * radius_px * per_px, per_px))
            )
        if state == "present" and fit is not None:
            position, size = fit.position, fit.size
            least = settings.faults.least_px * per_px
            if abs(size.value) > max(sure * size.uncertainty, least):
                faults.append(Fault("wrong_diameter", trace.number, at_mm, size))
            if position.value > max(sure * position.uncertainty, least):
                faults.append(Fault("misplaced_hole", trace.number, at_mm, position))
        share = float(row.found.mean())
        holes.append(Hole(trace.number, at_mm, diameter_mm, state, position, size, share))
    return holes, faults


def _state(face: Face, hole: Trace, radius_px: float, rim: bool) -> HoleState:
    """Return whether a hole of the drawing is there."""
    strength = face.difference_of(hole, radius_px)
    if strength is None:
        return "unclear"
    if strength > MISSING_BELOW:
        return "present" if rim else "unclear"
    # Noise has rims, too; a hole that shows exactly the face is none.
    nothing = radius_px >= _LEAST_RADIUS_PX and (not rim or strength < _SAME_AS_FACE)
    if nothing and face.ground_difference(radius_px) > PRESENT_ABOVE:
        return "missing"
    return "unclear"


def side_faults(
    segments: Sequence[Segment], settings: MeasureSettings, per_px: float
) -> list[Fault]:
    """Return stretches of the outline that lie beside their place as a whole."""
    faults = []
    for segment in segments:
        offset = segment.offset
        least = max(settings.faults.least_px * per_px, _SEGMENT_SURE * offset.uncertainty)
        if abs(offset.value) > least and segment.judged_share > 0.5:
            middle = np.mean([segment.start_mm, segment.end_mm], axis=0)
            kind: FaultKind = "short_edge" if offset.value < 0 else "long_edge"
            faults.append(Fault(kind, 0, (float(middle[0]), float(middle[1])), offset))
    return faults


def extra_hole_faults(
    laid: Laid, rows: Sequence[Measured], threshold_px: float, settings: MeasureSettings
) -> list[Fault]:
    """Return holes where none is drawn."""
    face = Face(laid.around, laid.traces[0])
    off = np.concatenate(
        [row.trace.points_px[row.found & (np.abs(row.offset_px) > threshold_px)] for row in rows]
    )
    faults = []
    for opening in extra_openings(face, settings.edges.least_contrast):
        # What is cut out of an edge is told there.
        reach = opening.diameter_px / 2 + _NEAR_FAULT_PX
        if len(off) and np.hypot(*(off - opening.at_px).T).min() < reach:
            continue
        at_mm = _drawing_place(laid.settled.to_px, np.array(opening.at_px))
        per_px = float(np.median(rows[0].per_px))
        noise = K * math.hypot(2 * opening.noise_px / 3, 2 * settings.edges.bias_px)
        size = Measure(opening.diameter_px * per_px, noise * per_px)
        faults.append(Fault("extra_hole", 0, at_mm, size))
    return faults


def _drawing_place(to_px: ToPx, at_px: Floats) -> tuple[float, float]:
    """Return the place of the drawing that is seen at a pixel, by Newton's steps."""
    place = np.zeros(2)
    for _ in range(8):
        base = place + np.array([[0.0, 0.0], [1e-3, 0.0], [0.0, 1e-3]])
        here, along_x, along_y = to_px(base)
        slope = np.column_stack([along_x - here, along_y - here]) / 1e-3
        place = place + np.linalg.solve(slope, at_px - here)
    return float(place[0]), float(place[1])
