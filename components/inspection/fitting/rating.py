"""How surely an object is what a drawing in its place says, as one number.

What the network saw, how well the drawing covers it and what the picture shows along the drawing's
contours are weighed together by a logistic model. Its weights are measured on scenes of our own
(`tests/benchmarks/fit_rating.py`), never chosen by hand.
"""

import math
from dataclasses import astuple, dataclass, fields

import numpy as np
from numpy.typing import NDArray

from components.settings.inspection import RatingSettings

_LOGIT_LIMIT = 0.02
_MARGIN_LIMIT = 6.0
_CONTRAST_LIMIT = 6.0

_COUNTS = {
    "overlap": (0.0, 0.92),
    "part": (0.0, 0.95),
    "contrast": (0.0, 0.45),
    "edged": (0.3, 0.95),
    "offset": (0.1, 1.0),
    "size": (6.0, 9.0),
}
"""What counts of some evidence: from the least to what good answers usually have.

A clean picture has sharper edges than any that the weights were measured on; that must not make up
for a drawing that is wrong."""
OFFSET_LIMIT_PX = 3.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for a drawing in its place.

    Attributes:
        seen: Network's score of the instance as logarithm of odds; 0 for a proposal without one.
        proposed: 1 for a proposal of plain image processing, else 0.
        overlap: Of the drawing's visible pixels with the object's mask, 0..1.
        belief: The same with the network's probability in place of the mask.
        part: Mean probability of "part" under the drawing.
        contrast: Median change of colour across the contours over its noise, of the limit, 0..1.
        edged: Share of the contours that can be seen at which the picture shows an edge.
        absent: Share of the drawing's contours at which the picture shows no edge.
        offset: Root mean square distance of the picture's edges, of the limit, 0..1.
        shown: Share of the contours that can be seen.
        visible: Share of the drawing's area that can be seen.
        size: Logarithm of the visible pixels.
        margin: Logarithm of the odds against the runner-up, of the limit, 0..1.
        unseen: Share of the drawing's edges that the mask lacks.
        outliers: Share of the mask's edge that the drawing lacks.
        rough: Root mean square distance of the mask's edge, px.
    """

    seen: float
    proposed: float
    overlap: float
    belief: float
    part: float
    contrast: float
    edged: float
    absent: float
    offset: float
    shown: float
    visible: float
    size: float
    margin: float
    unseen: float
    outliers: float
    rough: float


_BOUNDS = np.array([_COUNTS.get(field.name, (-np.inf, np.inf)) for field in fields(Evidence)]).T


def logit(score: float) -> float:
    """Return the logarithm of the odds of a score, never far from the middle."""
    share = min(max(score, _LOGIT_LIMIT), 1 - _LOGIT_LIMIT)
    return math.log(share / (1 - share))


def limited_margin(margin: float) -> float:
    """Return a margin as a share of the most that counts, 0..1."""
    return min(max(margin, 0.0), _MARGIN_LIMIT) / _MARGIN_LIMIT


def limited_contrast(contrast: float) -> float:
    """Return a contrast as a share of the most that counts, 0..1."""
    return min(contrast, _CONTRAST_LIMIT) / _CONTRAST_LIMIT


def counted(evidence: Evidence) -> NDArray[np.float64]:
    """Return what counts of the evidence, in the order of its fields, shape (fields,)."""
    return np.asarray(np.clip(astuple(evidence), *_BOUNDS), dtype=np.float64)


def rating(evidence: Evidence, settings: RatingSettings) -> float:
    """Return the probability that the drawing is right and in its place, 0..1."""
    total = settings.bias + float(np.dot(counted(evidence), settings.weights()))
    return 1 / (1 + math.exp(-min(max(total, -30.0), 30.0)))
