"""Single random numbers, drawn quickly.

A scene takes some two hundred. NumPy's generators take 2 us for a number between limits and 0.5 us
for one of the unit interval, from which the others follow.
"""

import numpy as np


def between(rng: np.random.Generator, low: float, high: float) -> float:
    """Return a number from `low` up to `high`, all equally likely."""
    return low + (high - low) * rng.random()


def below(rng: np.random.Generator, count: int) -> int:
    """Return a whole number from 0 up to `count` - 1, all equally likely.

    Examples:
        >>> sorted({below(np.random.default_rng(seed), 3) for seed in range(40)})
        [0, 1, 2]
    """
    return int(rng.random() * count)
