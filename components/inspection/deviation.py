"""How far is a part off its drawing? From a picture and a pose to findings.

1. The drawing's contours are laid into the picture (`traces`), edges are found across them
   (`edge_search`) and the drawing is settled on them (`settling`).
2. Distances along the contours become features: stretches, holes, burrs, notches (`features`).
3. Holes are looked for where they are drawn and where they are not (`openings`).

Three sources of scale: none (lengths are in px, the pose's own scale is taken out); a number given
by hand (lengths in mm, shape as with none, the size is compared with the number); a calibrated
plane (lengths in mm; the drawing keeps its size, so a part that is too big shows it all round).
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from components.domain import Part, Pose
from components.inspection.measuring.faults import extra_hole_faults, hole_findings, side_faults
from components.inspection.measuring.features import (
    K,
    Measured,
    segment_of,
    soft_px,
    stretches,
)
from components.inspection.measuring.findings import (
    ContourDeviation,
    Deviation,
    Fault,
    Measure,
)
from components.inspection.measuring.laid_drawing import Laid, Ruler, laid_drawing
from components.inspection.measuring.standing_out import least_run_px, standing_out
from components.inspection.measuring.traces import Trace
from components.settings.measure import MeasureSettings

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_WALL_SD = 1 / math.sqrt(12)


def measured_part(
    image: NDArray[np.uint8],
    part: Part,
    pose: Pose,
    settings: MeasureSettings,
    ruler: Ruler | None = None,
    others: Bools | None = None,
) -> Deviation:
    """Return how far a part is off its drawing.

    Args:
        image: Grey (H, W) or RGB (H, W, 3), uint8.
        part: The drawing.
        pose: Where it lies; its `mm_to_px` counts.
        settings: See `configs/measure_config.yaml`.
        ruler: Source of millimetres; None for lengths in px.
        others: Pixels of other objects, which hide the part, shape (H, W); None for none.

    Raises:
        ValueError: If shapes or types do not fit.
    """
    if image.dtype != np.uint8 or image.ndim not in (2, 3):
        raise ValueError(f"expected a picture of uint8, got {image.dtype} of shape {image.shape}")
    if others is not None and others.shape != image.shape[:2]:
        raise ValueError(f"others: expected shape {image.shape[:2]}, got {others.shape}")
    ruler = ruler or Ruler()
    laid = laid_drawing(image, part, pose, settings, ruler, others)
    rows = _rows(laid, settings, ruler)
    doubt = _doubt(laid, rows, settings)
    outline = rows[0]
    stretched = [
        (places, segment_of(number, places, outline))
        for number, places in enumerate(stretches(outline), start=1)
    ]
    threshold = least_run_px(outline, settings.faults.least_px, settings.faults.sure)
    per_px = float(np.median(outline.per_px))
    holes, faults = hole_findings(laid, rows, settings)
    unclear: tuple[Fault, ...] = ()
    if not doubt:
        rims = standing_out(outline, stretched, threshold)
        unclear, local = rims.unclear, list(rims.faults)
        local += extra_hole_faults(laid, rows, threshold, settings)
        if len(local) > settings.doubt.most_faults:
            doubt = (
                f"{len(local)} places look like burrs, notches or holes, "
                f"{settings.doubt.most_faults} are believed: rust, print or shadow look like ground"
            )
        faults += local + side_faults([s for _, s in stretched], settings, per_px)
    return Deviation(
        part=part.name,
        unit=ruler.unit,
        contours=tuple(_contour(row) for row in rows),
        segments=tuple(segment for _, segment in stretched),
        holes=tuple(holes),
        faults=() if doubt else tuple(sorted(faults, key=lambda f: -abs(f.size.value))),
        scale=_scale(laid, part, settings, ruler),
        scatter_px=laid.settled.scatter_px,
        judged_share=float(np.concatenate([row.found for row in rows]).mean()),
        doubt=doubt,
        least=threshold * per_px,
        unclear=() if doubt else unclear,
    )


def _rows(laid: Laid, settings: MeasureSettings, ruler: Ruler) -> list[Measured]:
    """Return the edge along each contour with what it is worth."""
    rows = []
    found = laid.settled
    soft = soft_px([edges.band for edges in laid.edges])
    for k, (trace, edges) in enumerate(zip(laid.traces, laid.edges, strict=True)):
        variance = np.square(found.place_px[k]) + settings.edges.bias_px**2
        variance += np.square(_WALL_SD * found.slack_px[k])
        if ruler.plane is not None:
            variance += ruler.plane.residual_px**2
        per_px = _per_px(trace, ruler)
        rows.append(
            Measured(
                trace=trace,
                offset_px=found.residual_px[k],
                sd_px=np.sqrt(variance),
                noise_px=edges.noise_px,
                found=edges.found,
                per_px=per_px,
                band=edges.band,
                soft_px=soft[k],
            )
        )
    return rows


def _per_px(trace: Trace, ruler: Ruler) -> Floats:
    if ruler.plane is not None:
        return 1 / trace.px_per_mm
    return np.full(len(trace.xy_mm), 1.0 if ruler.px_per_mm is None else 1 / ruler.px_per_mm)


def _doubt(laid: Laid, rows: Sequence[Measured], settings: MeasureSettings) -> str:
    """Return why nothing can be judged; empty if it can."""
    limits = settings.doubt
    judged = float(np.concatenate([row.found for row in rows]).mean())
    if judged < limits.least_judged:
        return (
            f"edges were found along {judged:.0%} of the drawing, {limits.least_judged:.0%} are "
            "needed: the part has nearly the ground's colour, or something lies on it"
        )
    if laid.change_px > limits.most_change_px:
        return (
            f"the edges lie {laid.change_px:.1f} px off the pose, {limits.most_change_px:g} px are "
            "allowed: the pose or the calibration is wrong"
        )
    if laid.settled.scatter_px > limits.most_scatter_px:
        return (
            f"the edges scatter by {laid.settled.scatter_px:.1f} px about the drawing, "
            f"{limits.most_scatter_px:g} px are allowed: light, shadow or pattern hide them"
        )
    return ""


def _contour(row: Measured) -> ContourDeviation:
    sd = np.hypot(row.sd_px, row.noise_px)
    return ContourDeviation(
        number=row.trace.number,
        xy_mm=row.trace.xy_mm,
        points_px=row.trace.points_px,
        normals_px=row.trace.normals_px,
        deviation=row.offset_px * row.per_px,
        uncertainty=K * sd * row.per_px,
        judged=row.found,
    )


def _scale(laid: Laid, part: Part, settings: MeasureSettings, ruler: Ruler) -> Measure | None:
    """Return how much longer a part is than drawn, where a number for the scale was given."""
    if ruler.plane is not None or ruler.px_per_mm is None:
        return None
    longer = max(part.size_mm)
    fitted = float(np.median(laid.traces[0].px_per_mm))
    change = laid.settled.change[:2, :2]
    fitted *= math.sqrt(abs(float(np.linalg.det(change))))
    edges_mm = 2 * settings.edges.bias_px / ruler.px_per_mm
    sd = math.hypot(ruler.relative_sd * longer, edges_mm)
    return Measure((fitted / ruler.px_per_mm - 1) * longer, K * sd)
