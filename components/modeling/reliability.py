"""Whether scores mean what they say: of detections with a score of .8, four in five are right."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 10


@dataclass(frozen=True, slots=True)
class ScoreBin:
    """Detections with about the same score.

    Attributes:
        low: Least score, 0..1.
        high: Scores are below it; 1 belongs to the last bin.
        detections: How many.
        mean_score: Of them; None if there are none, as the next.
        right: Share of them that is right.
    """

    low: float
    high: float
    detections: int
    mean_score: float | None
    right: float | None


@dataclass(frozen=True, slots=True)
class Reliability:
    """How scores and success go together.

    Attributes:
        detections: How many, of any score from the lowest that is asked for.
        expected_error: Mean distance of score and share of right ones over the bins, weighted by
            their detections (expected calibration error), 0..1.
        brier: Mean square of score minus success, 0..1.
        bins: Of equal width.
    """

    detections: int
    expected_error: float
    brier: float
    bins: tuple[ScoreBin, ...]


def reliability_of(scores: Sequence[float], right: Sequence[bool]) -> Reliability:
    """Return how scores and success go together.

    Args:
        scores: 0..1, of each detection.
        right: Whether it is right.

    References:
        Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, section 2.
    """
    values, success = np.array(scores, np.float64), np.array(right, np.float64)
    places = np.minimum((values * BINS).astype(np.int64), BINS - 1)
    bins = tuple(
        _bin(number, values[places == number], success[places == number]) for number in range(BINS)
    )
    count = len(values)
    gaps = [
        each.detections * abs(each.mean_score - each.right)
        for each in bins
        if each.mean_score is not None and each.right is not None
    ]
    return Reliability(
        detections=count,
        expected_error=sum(gaps) / count if count else 0.0,
        brier=float(np.mean((values - success) ** 2)) if count else 0.0,
        bins=bins,
    )


def _bin(number: int, scores: NDArray[np.float64], right: NDArray[np.float64]) -> ScoreBin:
    some = len(scores) > 0
    return ScoreBin(
        low=number / BINS,
        high=(number + 1) / BINS,
        detections=len(scores),
        mean_score=float(scores.mean()) if some else None,
        right=float(right.mean()) if some else None,
    )
