"""Whether two answers about one picture say the same.

Used to check a model on its golden pictures before it serves, and the service against the same
work done in this process.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from components.domain import Detection
from components.geometry.masks import mask_iou


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How much two answers may differ.

    Attributes:
        min_iou: Smallest overlap of two masks of one object, 0..1.
        score: Largest difference of two scores of one object.
    """

    min_iou: float
    score: float


def disagreements(
    wanted: Sequence[Detection],
    got: Sequence[Detection],
    tolerance: Tolerance,
    score_threshold: float,
) -> list[str]:
    """Say in what two answers differ; an empty list if they agree.

    Each wanted detection is paired with the one not yet paired whose mask overlaps it most. One
    that overlaps none has no pair; it counts only if its score is farther from the threshold than
    two scores of one object may differ, for otherwise the last bits decide whether it is there.

    Args:
        wanted: Best first.
        got: Of the same picture.
        tolerance: How much they may differ.
        score_threshold: At which both answers were cut.
    """
    faults, missing = [], []
    left = list(got)
    for detection in wanted:
        match = _most_overlapping(detection, left)
        if match is None:
            missing.append(detection)
        else:
            left.remove(match)
            faults += _pair_faults(detection, match, tolerance)

    def sure(detection: Detection) -> bool:
        return abs(detection.score - score_threshold) > tolerance.score

    faults += [f"{_name(detection)} is missing" for detection in missing if sure(detection)]
    return faults + [f"{_name(each)} was not expected" for each in left if sure(each)]


def _most_overlapping(detection: Detection, others: Sequence[Detection]) -> Detection | None:
    """Return the detection whose mask overlaps this one's most; None if none does at all."""
    overlaps = [mask_iou(detection.mask, other.mask) for other in others]
    best = max(overlaps, default=0.0)
    return others[overlaps.index(best)] if best > 0.0 else None


def _pair_faults(wanted: Detection, got: Detection, tolerance: Tolerance) -> list[str]:
    iou = mask_iou(wanted.mask, got.mask)
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
