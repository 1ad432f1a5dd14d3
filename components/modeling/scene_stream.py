"""Scenes made while the network learns: generator processes feed the trainer, no disk is needed.

    workers:   scene 0  1  2  3 ...   each from (seed, number) alone
    waiting:        [---- span ----|-- ahead --]
    trainer asks:      any of the span

The trainer never waits for more than the scenes it asks for; what waits is bounded.
"""

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

from components.dataset.samples import make_sample
from components.dataset.worker_process import begin_worker
from components.domain import Part, Split
from components.errors import ModelError
from components.modeling.targets import Picture, picture_of
from components.settings.data import DataSettings

PartsOfScene = Callable[[int], Sequence[Part]]
"""Which parts may lie in the scene of a number; can be pickled."""


@dataclass(frozen=True, slots=True)
class SameParts:
    """The same parts may lie in every scene: a user's drawings."""

    parts: tuple[Part, ...]

    def __call__(self, number: int) -> Sequence[Part]:
        """Return them all, whatever the scene's number."""
        return self.parts


@dataclass(frozen=True, slots=True)
class SceneRecipe:
    """What a scene is made from, besides its number.

    Attributes:
        parts_of: Drawings that may lie in a scene.
        label_numbers: Number of each drawing's name.
        settings: Of the generator.
        seed: Decides everything random together with the scene's number.
        split: Whose textures and photographs are used.
        photos: The user's photographs, for backgrounds.
    """

    parts_of: PartsOfScene
    label_numbers: dict[str, int]
    settings: DataSettings
    seed: int
    split: Split = "train"
    photos: tuple[Path, ...] = ()

    def picture(self, number: int) -> Picture:
        """Return the scene of a number with its truth."""
        parts = self.parts_of(number)
        sample = make_sample(parts, self.settings, self.seed, number, self.photos, self.split)
        return picture_of(sample.image, sample.instances, sample.annotations, self.label_numbers)


class SceneStream:
    """An endless row of scenes; a `PictureSource`.

    Args:
        recipe: What they are made from.
        workers: Generator processes, 1 or more.
        ahead: Scenes that may wait beyond those the trainer may ask for.
    """

    def __init__(self, recipe: SceneRecipe, workers: int, ahead: int) -> None:
        """Start the processes when the first scenes are wanted."""
        self._ahead = ahead
        self._waiting: dict[int, Future[Picture]] = {}
        self._next: int | None = None
        self._pool = ProcessPoolExecutor(
            workers,
            # Forking with threads about is unsafe.
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_begin_worker,
            initargs=(recipe,),
        )

    def move_to(self, first: int, span: int) -> int:
        """Order the scenes up to `first + span` and some more; see `PictureSource`.

        Raises:
            ModelError: If a generator process died.
        """
        for number in [n for n in self._waiting if n < first]:
            self._waiting.pop(number).cancel()
        start = first if self._next is None else max(self._next, first)
        self._next = max(first + span + self._ahead, start)
        try:
            for number in range(start, self._next):
                self._waiting[number] = self._pool.submit(_scene, number)
        except BrokenProcessPool as error:
            raise _died() from error
        return span

    def picture(self, position: int) -> Picture:
        """Return a scene; waits until it is made.

        Raises:
            ModelError: If a generator process died.
        """
        try:
            return self._waiting[position].result()
        except BrokenProcessPool as error:
            raise _died() from error

    def close(self) -> None:
        """End the processes."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def _died() -> ModelError:
    return ModelError(
        "a process that makes scenes died (killed, or out of memory); train again to go on from "
        "the last checkpoint, perhaps with fewer `stream.workers` in train_config.yaml"
    )


_recipe: SceneRecipe | None = None


def _begin_worker(recipe: SceneRecipe) -> None:
    """Prepare a generator process: it gets the recipe once."""
    global _recipe
    _recipe = recipe
    begin_worker()


def _scene(number: int) -> Picture:
    if _recipe is None:
        raise RuntimeError("the process was not given its recipe")
    return _recipe.picture(number)
