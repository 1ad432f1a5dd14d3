"""Answers about the same pixels compete: the better one stays.

Touching parts that a network has merged, a part that it has split, and a region that thresholds
find once more all end here: each is claimed by several drawings in their places, and the claim with
the best score takes the pixels.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components.domain import FitQuality, Pose
from components.inspection.fitting.material import Window
from components.inspection.fitting.rating import Evidence
from components.inspection.fitting.refinement import Fit

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Claim:
    """A drawing in its place, with the pixels that show it.

    Attributes:
        label: Of the drawing, or `ambiguous: a | b`.
        score: Probability that it is right.
        fit: Its place.
        pixels: Visible pixels, shape of the window.
        window: Where they lie.
        candidates: Drawings and their scores, the best first.
        pose: Of the drawing.
        quality: How well it fits.
        evidence: What speaks for it.
    """

    label: str
    score: float
    fit: Fit
    pixels: Bools
    window: Window
    candidates: tuple[tuple[str, float], ...]
    pose: Pose
    quality: FitQuality
    evidence: Evidence

    @property
    def area_px(self) -> int:
        """Number of visible pixels."""
        return int(np.count_nonzero(self.pixels))


def settled(claims: Sequence[Claim], most_shared: float) -> list[Claim]:
    """Return the claims that stay, best first.

    Args:
        claims: In any order.
        most_shared: A claim that shares more of the smaller one's pixels with a better one goes.
    """
    kept: list[Claim] = []
    for claim in sorted(claims, key=lambda c: -c.score):
        area = claim.area_px
        if area and all(
            shared_px(claim, other) <= most_shared * min(area, other.area_px) for other in kept
        ):
            kept.append(claim)
    return kept


def shared_px(one: Claim, other: Claim) -> int:
    """Return how many pixels two claims share."""
    a, b = one.window, other.window
    left, top = max(a.left, b.left), max(a.top, b.top)
    right = min(a.left + a.width, b.left + b.width)
    bottom = min(a.top + a.height, b.top + b.height)
    if right <= left or bottom <= top:
        return 0
    first = one.pixels[top - a.top : bottom - a.top, left - a.left : right - a.left]
    second = other.pixels[top - b.top : bottom - b.top, left - b.left : right - b.left]
    return int(np.count_nonzero(first & second))


def whole_mask(pixels: Bools, window: Window, hw: tuple[int, int]) -> Bools:
    """Return the pixels of a window, (h, w), in a picture of that height and width."""
    mask = np.zeros(hw, dtype=np.bool_)
    mask[window.slices] = pixels
    return mask
