import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

import numpy as np
import pytest

from components.domain import Part
from components.errors import ModelError
from components.modeling.heads import NO_LABEL
from components.modeling.scene_stream import SceneRecipe, SceneStream
from components.settings.data import DataSettings
from tests.unit.strategies import plate_with_hole


@dataclass(frozen=True, slots=True)
class OnePlate:
    def __call__(self, scene: int) -> Sequence[Part]:
        return (plate_with_hole(),)


@pytest.fixture(scope="module")
def recipe() -> SceneRecipe:
    settings = DataSettings.load(None, "tiny")
    return SceneRecipe(OnePlate(), {plate_with_hole().name: 0}, settings, seed=4)


@pytest.fixture(scope="module")
def stream(recipe: SceneRecipe) -> Iterator[SceneStream]:
    with closing(SceneStream(recipe, workers=2, ahead=1)) as stream:
        yield stream


def test_scene_is_the_same_whoever_makes_it_and_when(
    recipe: SceneRecipe, stream: SceneStream
) -> None:
    assert stream.move_to(3, 4) == 4
    for number in (6, 3, 5, 3):
        made, wanted = stream.picture(number), recipe.picture(number)
        assert np.array_equal(made.image, wanted.image)
        assert np.array_equal(made.instances, wanted.instances)
        assert np.array_equal(made.labels, wanted.labels)


def test_scene_shows_the_parts_of_its_recipe(recipe: SceneRecipe) -> None:
    pictures = [recipe.picture(number) for number in range(4)]
    assert any(0 in picture.labels for picture in pictures)
    assert all(set(picture.labels.tolist()) <= {0, NO_LABEL} for picture in pictures)


def test_death_of_a_generator_is_told_with_what_to_do(recipe: SceneRecipe) -> None:
    with closing(SceneStream(recipe, workers=1, ahead=0)) as stream:
        stream.move_to(0, 1)
        stream.picture(0)
        for process in stream._pool._processes.values():
            os.kill(process.pid, signal.SIGKILL)
            process.join()

        def next_scene() -> None:
            stream.move_to(1, 1)
            stream.picture(1)

        with pytest.raises(ModelError, match="train again to go on from the last checkpoint"):
            next_scene()
