"""Which random parts may lie in a scene of the generic training; free of torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from components.data_preprocessing.shapes import random_part
from components.domain import Part
from components.modeling.utils.seeding import rng_of
from components.settings.train import GenericSettings

LABEL = "part"
"""The one label of the generic network."""

FIRST_HELD_OUT = 10**9
"""Outlines from this number on are drawn for validation alone."""


@dataclass(frozen=True, slots=True)
class RandomParts:
    """The parts that may lie in a scene: a few out of many.

    Attributes:
        seed: Decides the outlines and which of them a scene gets.
        settings: How many there are and how many a scene gets.
        first: Number of the first outline.
    """

    seed: int
    settings: GenericSettings
    first: int = 0

    def __call__(self, scene: int) -> Sequence[Part]:
        """Return the parts of a scene."""
        rng = rng_of(self.seed, "scene", self.first, scene)
        least, most = self.settings.outlines_a_scene
        numbers = rng.integers(self.settings.outlines, size=rng.integers(least, most + 1))
        return tuple(outline(self.seed, self.first + int(number)) for number in numbers)


@lru_cache(maxsize=4096)
def outline(seed: int, number: int) -> Part:
    """Return random outline `number`: the same for the same arguments."""
    return random_part(rng_of(seed, "outline", number), LABEL)
