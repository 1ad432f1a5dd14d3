"""Which samples belong together and in which split they stand.

Samples of one *group* share background and lamps; a group stands in one split, so that nothing a
network is judged on was seen in training.
"""

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache

import numpy as np

from components.domain import Sample, Split
from components.settings.data import SplitSettings

_GOLDEN = (5**0.5 - 1) / 2


def group_number(index: int, samples_per_group: int) -> int:
    """Return the number of a sample's group.

    Examples:
        >>> [group_number(i, 2) for i in range(5)]
        [0, 0, 1, 1, 2]
    """
    return index // samples_per_group


def group_name(seed: int, group: int) -> str:
    """Return the name under which the manifest lists a group."""
    return f"{seed}-{group:06d}"


def split_of_group(seed: int, group: int, shares: SplitSettings) -> Split:
    """Return a group's split.

    Multiples of the golden ratio fill the unit interval more evenly than random numbers, so that
    the shares hold within about one group for any number of groups, and a group's split does not
    depend on how many there are.

    Args:
        seed: The dataset's.
        group: Number of the group, from 0.
        shares: Of the splits.

    References:
        Weyl's equidistribution; Knuth, TAOCP 3, 6.4, on the golden ratio.
    """
    place = (_phase(seed) + group * _GOLDEN) % 1.0
    if place < shares.train:
        return "train"
    return "val" if place < shares.train + shares.val else "test"


@lru_cache(maxsize=8)
def _phase(seed: int) -> float:
    """Return where in the unit interval a dataset's groups begin."""
    return float(np.random.default_rng([seed, 5]).random())


def leaks(samples: Iterable[Sample]) -> list[str]:
    """Return the groups that stand in more than one split, with those splits; empty if none."""
    splits: dict[str, set[Split]] = defaultdict(set)
    for sample in samples:
        splits[sample.group].add(sample.split)
    return [
        f"{group}: {', '.join(sorted(found))}"
        for group, found in sorted(splits.items())
        if len(found) > 1
    ]
