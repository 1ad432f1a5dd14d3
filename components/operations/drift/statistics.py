"""How far two samples of a figure lie apart: stability index and a test.

References:
    Siddiqi, "Credit Risk Scorecards", 2006 (population stability index, 0.1 and 0.25);
    Massey, "The Kolmogorov-Smirnov Test for Goodness of Fit", JASA 46 (1951).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

RANGES = 10
"""Ranges of equal share in the reference whose shares are compared."""

PRIOR = 0.5
"""Counted in every range beside what was seen, so that an empty one does not make the index
infinite (Jeffreys)."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Apart:
    """How far a sample lies from its reference.

    Attributes:
        psi: Population stability index, 0 for the same shares.
        chance: Probability of as great a difference without drift, were pictures independent.
    """

    psi: float
    chance: float


def numbers_apart(reference: Sequence[float], recent: Sequence[float]) -> Apart:
    """Compare two samples of a number, each with one value or more.

    Examples:
        >>> same = list(range(100))
        >>> numbers_apart(same, same)
        Apart(psi=0.0, chance=1.0)
        >>> numbers_apart(same, [value + 60 for value in same]).psi > 1
        True
    """
    one, other = np.array(reference, float), np.array(recent, float)
    inner = np.unique(np.quantile(one, np.linspace(0, 1, RANGES + 1)[1:-1]))
    counts = [_counts(values, inner) for values in (one, other)]
    found = stats.ks_2samp(one, other, method="asymp")
    return Apart(stability(*counts), float(found.pvalue))


def _counts(values: Floats, inner: Floats) -> Floats:
    """Return how many values lie in each range; of a figure with few values each is a range."""
    places = np.searchsorted(inner, values, side="left")
    return np.bincount(places, minlength=len(inner) + 1).astype(float)


def names_apart(reference: Mapping[str, int], recent: Mapping[str, int]) -> Apart:
    """Compare how often names were counted in two samples.

    Examples:
        >>> names_apart({"a": 50, "b": 50}, {"a": 50, "b": 50})
        Apart(psi=0.0, chance=1.0)
        >>> names_apart({"a": 90, "b": 10}, {"a": 10, "b": 90}).chance < 1e-6
        True
    """
    names = sorted({*reference, *recent})
    table = np.array([[counts.get(name, 0) for name in names] for counts in (reference, recent)])
    table = table[:, table.sum(axis=0) > 0]
    if table.shape[1] < 2 or not table.sum(axis=1).all():
        return Apart(0.0, 1.0)
    chance = float(stats.chi2_contingency(table, correction=False).pvalue)
    return Apart(stability(table[0].astype(float), table[1].astype(float)), chance)


def stability(reference: Floats, recent: Floats) -> float:
    """Return the population stability index of two samples' counts in the same ranges.

    sum (q_i - p_i) ln(q_i / p_i), where p and q are the shares of the ranges.

    Args:
        reference: Counts, shape (N,).
        recent: Counts, shape (N,).

    Examples:
        >>> round(stability(np.array([500.0, 500.0]), np.array([750.0, 250.0])), 2)
        0.27
    """
    p, q = ((counts + PRIOR) / (counts + PRIOR).sum() for counts in (reference, recent))
    return float(np.sum((q - p) * np.log(q / p)))


def counted(rows: Sequence[Mapping[str, int]]) -> dict[str, int]:
    """Return the sum of counts by name."""
    total: Counter[str] = Counter()
    for row in rows:
        total.update(row)
    return dict(total)
