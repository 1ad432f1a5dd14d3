"""Whether two answers about one picture say the same.

Used to check a model on its golden pictures before it serves, and the service against the same
work done in this process.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from components.domain import Detection


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How much two answers may differ.

    Attributes:
        min_iou: Smallest overlap of two masks of one object, 0..1.
        score: Largest difference of two scores of one object.
    """

    min_iou: float
    score: float


def mask_iou(first: Detection, second: Detection) -> float:
    """Return the overlap of two masks: common pixels / pixels of either, 0..1.

    Two empty masks overlap fully; masks of different sizes do not overlap.
    """
    if first.mask.shape != second.mask.shape:
        return 0.0
    union = np.count_nonzero(first.mask | second.mask)
    return float(np.count_nonzero(first.mask & second.mask) / union) if union else 1.0


def disagreements(
    wanted: Sequence[Detection], got: Sequence[Detection], tolerance: Tolerance
) -> list[str]:
    """Say in what two answers differ; an empty list if they agree.

    Each wanted detection is paired with the one not yet paired whose mask overlaps it most.
    """
    faults = []
    left = list(got)
    for detection in wanted:
        match = max(left, key=lambda other: mask_iou(detection, other), default=None)
        if match is None:
            faults.append(f"{_name(detection)} is missing")
            continue
        left.remove(match)
        faults += _pair_faults(detection, match, tolerance)
    return faults + [f"{_name(detection)} was not expected" for detection in left]


def _pair_faults(wanted: Detection, got: Detection, tolerance: Tolerance) -> list[str]:
    iou = mask_iou(wanted, got)
    faults = []
    if iou < tolerance.min_iou:
        faults.append(f"{_name(wanted)}: masks overlap {iou:.3f}, wanted {tolerance.min_iou:g}")
    if wanted.label != got.label:
        faults.append(f"{_name(wanted)}: got the label {got.label!r}")
    if abs(wanted.score - got.score) > tolerance.score:
        faults.append(
            f"{_name(wanted)}: got the score {got.score:.3f}, may differ by {tolerance.score:g}"
        )
    return faults


def _name(detection: Detection) -> str:
    x0, y0, x1, y1 = detection.xyxy_px
    return (
        f"{detection.label!r} (score {detection.score:.3f}) at "
        f"[{x0:.0f}, {y0:.0f}, {x1:.0f}, {y1:.0f}]"
    )
