"""How well a drawing in its place explains the pixels of a mask.

The drawing's signed distances are drawn into the object's window, pushed along the walls; below 0
a pixel must be on the object, above not. Pixels that disagree right at the edge say little: edges
of masks are off by a pixel or two. So *faults* are counted by depth: a pixel that disagrees counts
with its distance from the edge, less a tolerance, at most a limit. A missing hole is a deep fault,
a slightly wrong place a shallow one. What the drawing would show beyond the window counts, too.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from components.inspection.fitting.material import Material, Window, drawn_distances
from components.inspection.fitting.refinement import Fit
from components.inspection.fitting.views import View

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

PIXEL_WEIGHT = 1.5
"""Logarithm of odds per pixel that disagrees, measured on near-identical drawings."""


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """A fit and what its pixels say.

    Attributes:
        fit: The drawing in its place.
        fit_iou: Overlap of the drawing, walls included, with the mask where it can be judged, 0..1.
        extra_px: Sum of the depths of pixels of the object that the drawing does not cover, in px
            times pixels.
        missing_px: Likewise of pixels that the drawing covers and the object does not: holes that
            the drawing lacks, and whatever lies on the object.
        error: What the drawing leaves unexplained: the less, the better it fits. The errors of
            two drawings in one place differ by the logarithm of the odds that one is right.
        rms_px: Root mean square distance of the edge points that are not far.
        outliers: Share of the edge points that are, 0..1.
        visible_fraction: Share of the drawing's area that can be judged, 0..1.
        distance_px: Signed distance of every pixel of the window to the drawing's edge.
    """

    fit: Fit
    fit_iou: float
    extra_px: float
    missing_px: float
    error: float
    rms_px: float
    outliers: float
    visible_fraction: float
    distance_px: Singles


def verified(
    fit: Fit, material: Material, view: View, tolerance_px: float, limit_px: float
) -> Verdict:
    """Return what the pixels say about a fit.

    Args:
        fit: The drawing in its place.
        material: Of its part.
        view: What is seen.
        tolerance_px: Depth that counts for nothing.
        limit_px: Greatest depth that one pixel counts with, and greatest distance of an edge point.
    """
    high, wide = view.mask.shape
    distance = drawn_distances(fit, material.field, Window(view.left, view.top, wide, high))
    drawn = distance < 0
    mask = view.mask.view(np.bool_)
    wrong = drawn != mask
    if view.others is not None:
        wrong &= view.judged.view(np.bool_)
    # Few pixels are wrong: taking them by number is much faster than by a mask.
    off = distance.ravel()[np.flatnonzero(wrong)]
    depth = np.minimum(np.maximum(np.abs(off) - tolerance_px, 0.0), limit_px)
    missing = off < 0
    missing_px, extra_px = float(depth[missing].sum()), float(depth[~missing].sum())
    both = int(np.count_nonzero(drawn & mask))
    visible, beyond, beyond_px = 1.0, 0.0, 0.0
    if view.cut or _at_border(drawn):
        visible, beyond, beyond_px = _beyond(fit, material, view, tolerance_px, limit_px)
    far = _edge_distances(distance, view)
    near = far[far < limit_px]
    squares = float(near @ near)
    outliers = len(far) - len(near)
    error = PIXEL_WEIGHT * (_pixel_error(distance, view) + beyond)
    if view.soft is None:
        edges = (squares + outliers * limit_px**2) * len(view.edge_px) / len(far)
        error += edges / 2 + missing_px + extra_px + beyond_px
    return Verdict(
        fit=fit,
        fit_iou=both / max(both + len(off) + beyond, 1.0),
        extra_px=extra_px,
        missing_px=missing_px + beyond_px,
        error=error,
        rms_px=math.sqrt(squares / max(len(near), 1)),
        outliers=outliers / len(far),
        visible_fraction=visible,
        distance_px=distance,
    )


def _pixel_error(distance: Singles, view: View) -> float:
    """Return the sum of the squared differences between what is seen and what would be seen.

    A pixel at the drawing's edge is partly covered; the network's probability is blurred, and so
    is the drawing for comparison: features of two pixels, lost in the mask, still show in it.
    """
    covered = np.float32(0.5) - distance
    np.clip(covered, 0, 1, out=covered)
    if view.soft is None:
        covered -= view.mask
    else:
        covered = cv2.GaussianBlur(
            covered, (0, 0), view.blur_px, borderType=cv2.BORDER_REPLICATE
        ).astype(np.float32)
        covered -= view.soft
    if view.others is not None:
        covered *= view.judged
    flat = covered.ravel()
    return float(flat @ flat)


def _at_border(drawn: NDArray[np.bool_]) -> bool:
    """Return whether a drawing reaches the border of its window."""
    sides = drawn[0], drawn[-1], drawn[:, 0], drawn[:, -1]
    return any(bool(side.any()) for side in sides)


def _beyond(
    fit: Fit, material: Material, view: View, tolerance_px: float, limit_px: float
) -> tuple[float, float, float]:
    """Return the visible share, and pixels and faults of the drawing beyond the window."""
    height, width = view.picture_hw
    xy = np.linalg.inv(fit.to_mm) @ material.inner_mm
    xy = xy[:2] / xy[2]
    inside = np.flatnonzero(
        ((xy > -0.5) & (xy < [[width - 0.5], [height - 0.5]])).all(axis=0),
    )
    columns, rows = np.rint(xy[:, inside]).astype(np.intp)
    seen = np.ones(len(rows), dtype=np.bool_)
    if view.others is not None:
        seen = ~view.others[rows, columns]
    count = max(len(material.depth_mm), 1)
    visible = float(np.count_nonzero(seen)) / count
    high, wide = view.mask.shape
    out = (rows < view.top) | (rows >= view.top + high)
    out |= (columns < view.left) | (columns >= view.left + wide)
    out &= seen
    pixels = material.area_mm2 * fit.px_per_mm**2 / count
    depth = material.depth_mm[inside[out]] * fit.px_per_mm - tolerance_px
    faults = float(np.minimum(np.maximum(depth, 0.0), limit_px).sum())
    return visible, pixels * float(np.count_nonzero(out)), pixels * faults


def _edge_distances(distance: Singles, view: View) -> Floats:
    """Return how far edge points, or a sample of them, lie from the drawing's edges, in px."""
    flat, passes = distance.ravel(), view.passes
    here = flat.take(passes.before)
    there = flat.take(passes.after)
    return np.asarray(np.abs(here + passes.share * (there - here)), dtype=np.float64)


def outline_error(verdict: Verdict, view: View, limit_px: float) -> tuple[float, float]:
    """Return how far the drawing's edges lie from the mask's edge.

    Args:
        verdict: The drawing in its place.
        view: What is seen.
        limit_px: Edges farther away count with this distance.

    Returns:
        Root mean square distance in px, and the share of the edges that are farther away, 0..1.
    """
    drawn = verdict.distance_px.ravel()
    near = np.flatnonzero((drawn > -0.5) & (drawn <= 0.5))
    if view.others is not None:
        near = near[view.judged.ravel()[near] > 0]
    if len(near) == 0:
        return limit_px, 1.0
    # To the last pixels of the object; its edge runs half a pixel beyond them.
    rim = view.mask - cv2.erode(view.mask, np.ones((3, 3), np.uint8))
    far = cv2.distanceTransform(1 - rim, cv2.DIST_L2, cv2.DIST_MASK_3).ravel()[near]
    signed = np.where(view.mask.ravel()[near] > 0, -0.5 - far, far - 0.5)
    error = np.minimum(np.abs(signed - drawn[near]), limit_px)
    return float(np.sqrt(np.square(error).mean())), float((error >= limit_px).mean())
