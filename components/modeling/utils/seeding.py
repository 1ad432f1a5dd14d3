"""One seed for everything, and a stream of chance for each purpose."""

import hashlib

import numpy as np


def rng_of(seed: int, *purpose: str | int) -> np.random.Generator:
    """Return the generator that belongs to a purpose: same arguments, same numbers.

    Examples:
        >>> rng_of(1, "batch", 7).integers(100) == rng_of(1, "batch", 7).integers(100)
        np.True_
        >>> bool(rng_of(1, "batch", 7).random() == rng_of(1, "batch", 8).random())
        False
    """
    text = "/".join([str(seed), *(str(part) for part in purpose)])
    words = np.frombuffer(hashlib.sha256(text.encode()).digest(), np.uint32)
    return np.random.default_rng(words)
