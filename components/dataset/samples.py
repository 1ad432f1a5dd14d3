"""One generated sample, in memory: scene, picture, masks, annotations.

Sample i depends on (seed, i), the parts and the settings alone: whoever makes it, and when.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from components.data_preprocessing.composing import Place, compose, random_place
from components.data_preprocessing.renderer import Rendering, render
from components.data_preprocessing.scene import Scene
from components.dataset.annotations import annotate
from components.dataset.splits import group_name, group_number, split_of_group
from components.domain import Annotation, Part, Split
from components.settings.data import DataSettings

_GROUP, _SAMPLE = 10, 11
"""Streams of randomness: no two uses of a seed may draw the same numbers."""


@dataclass(frozen=True, slots=True, eq=False)
class PlannedSample:
    """A sample before it is drawn.

    Attributes:
        index: Number of the sample.
        split: Where it stands.
        group: Samples of one group share background and lamps.
        scene: What is to be drawn.
    """

    index: int
    split: Split
    group: str
    scene: Scene


@dataclass(frozen=True, slots=True, eq=False)
class RenderedSample(PlannedSample):
    """A picture with its truth.

    Attributes:
        image: RGB, shape (H, W, 3), uint8.
        instances: Shape (H, W), uint8: 0 the ground, else `Annotation.instance_id`.
        annotations: Of every object that shows, other objects included.
    """

    image: NDArray[np.uint8]
    instances: NDArray[np.uint8]
    annotations: tuple[Annotation, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _LastPlace:
    """The place that was made last, and from what: neighbours share it."""

    settings: DataSettings
    photos: Sequence[Path]
    key: tuple[int, int, Split | None]
    split: Split
    place: Place


_last: _LastPlace | None = None


def _place_of_group(
    settings: DataSettings, seed: int, group: int, split: Split | None, photos: Sequence[Path]
) -> tuple[Split, Place]:
    """Return the split and the place of a group of scenes."""
    global _last
    # Read once: another thread may replace it at any moment.
    last, key = _last, (seed, group, split)
    if last and last.settings is settings and last.photos is photos and last.key == key:
        return last.split, last.place
    split = split or split_of_group(seed, group, settings.splits)
    rng = np.random.default_rng([seed, _GROUP, group])
    place = random_place(rng, settings, split, photos)
    _last = _LastPlace(settings, photos, key, split, place)
    return split, place


def plan_sample(
    parts: Sequence[Part],
    settings: DataSettings,
    seed: int,
    index: int,
    photos: Sequence[Path] = (),
    split: Split | None = None,
) -> PlannedSample:
    """Return what one sample shows.

    Args:
        parts: Drawings to choose from.
        settings: Size and ranges.
        seed: The dataset's.
        index: Number of the sample, from 0, without end.
        photos: The user's photographs, for backgrounds.
        split: Whose textures and photographs to use; None takes the group's own.
    """
    group = group_number(index, settings.samples_per_group)
    split, place = _place_of_group(settings, seed, group, split, photos)
    scene = compose(np.random.default_rng([seed, _SAMPLE, index]), parts, place, settings, seed)
    return PlannedSample(index, split, group_name(seed, group), scene)


def described(planned: PlannedSample, rendering: Rendering, min_area_px: int) -> RenderedSample:
    """Return a drawn sample with its truth; objects smaller than `min_area_px` are left out."""
    annotations = annotate(planned.scene, rendering, min_area_px)
    return RenderedSample(
        index=planned.index,
        split=planned.split,
        group=planned.group,
        image=rendering.image,
        instances=rendering.instances,
        annotations=annotations,
        scene=planned.scene,
    )


def make_sample(
    parts: Sequence[Part],
    settings: DataSettings,
    seed: int,
    index: int,
    photos: Sequence[Path] = (),
    split: Split | None = None,
) -> RenderedSample:
    """Return one sample, drawn and described; the arguments are `plan_sample`'s."""
    planned = plan_sample(parts, settings, seed, index, photos, split)
    return described(planned, render(planned.scene), settings.min_area_px)
