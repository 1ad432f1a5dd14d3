"""Whether the memory of a long run stays what it is after its start.

Memory is the *proportional set size*: pages that several processes share count in parts, so that
the sum over the processes is what the machine gives. Where the system does not tell it, the
resident set size stands for it.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import psutil

from components.dataset.generate import generate_dataset
from components.domain import Part
from components.home import Home
from components.progress import Progress, SilentProgress
from components.settings.data import DataSettings

TENTHS = 10
SETTLED = 2
"""Tenths of a run after which all that is made once has been made."""

_MIB = 1024**2


@dataclass(frozen=True, slots=True)
class MemoryPoint:
    """Memory at one moment of a run, in MiB.

    Attributes:
        images: Pictures finished.
        parent: Of the process that spreads the work.
        workers: Of its worker processes together; 0 where the parent works itself.
    """

    images: int
    parent: float
    workers: float


@dataclass(frozen=True, slots=True)
class MemoryTrend:
    """Memory over a run.

    Attributes:
        width_px: Of the pictures.
        height_px: Of the pictures.
        images: Pictures of the run.
        executor: What made them.
        workers: How many at once.
        images_per_second: Of the whole run.
        points: At each tenth of the run, and last when its files are written.
        parent_slope: Growth after the second tenth, MiB per 1,000 pictures.
        workers_slope: Likewise.
    """

    width_px: int
    height_px: int
    images: int
    executor: str
    workers: int
    images_per_second: float
    points: list[MemoryPoint]
    parent_slope: float
    workers_slope: float


class _Tenths(SilentProgress):
    """Takes the memory at each tenth of a run."""

    def __init__(self, images: int, bar: Progress) -> None:
        """Begin before the first picture."""
        self._images, self._bar = images, bar
        self._done = 0
        self.points: list[MemoryPoint] = []

    def advance(self, count: float, note: str) -> None:
        """Count pictures; note the memory if a tenth is full."""
        self._done += int(count)
        self._bar.advance(count, note)
        if self._done * TENTHS >= (len(self.points) + 1) * self._images:
            self.points.append(memory_now(self._done))


def memory_now(images: int) -> MemoryPoint:
    """Return the memory of this process and of those it started.

    Args:
        images: Pictures finished so far.
    """
    this = psutil.Process()
    workers = sum(_mib(process) for process in this.children(recursive=True))
    return MemoryPoint(images, _mib(this), workers)


def _mib(process: psutil.Process) -> float:
    try:
        full = process.memory_full_info()
        return float(getattr(full, "pss", full.rss)) / _MIB
    except psutil.Error:
        # It ended meanwhile, or belongs to somebody else.
        return 0.0


def memory_trend(
    parts: Sequence[Part], home: Home, settings: DataSettings, seed: int, bar: Progress
) -> MemoryTrend:
    """Make a dataset and return its memory over time.

    Args:
        parts: Drawings to show.
        home: Where the dataset goes.
        settings: Its size and executor; shards are made small enough for ten points.
        seed: The dataset's.
        bar: Advances with the pictures.
    """
    shard = max(1, min(settings.shard_samples, settings.images // TENTHS))
    settings = settings.model_copy(update={"shard_samples": shard})
    tenths, started = _Tenths(settings.images, bar), time.monotonic()
    card = generate_dataset(parts, home, settings, seed, tenths)
    seconds = time.monotonic() - started
    return MemoryTrend(
        width_px=settings.width_px,
        height_px=settings.height_px,
        images=settings.images,
        executor=card.executor,
        workers=card.workers,
        images_per_second=settings.images / seconds,
        points=[*tenths.points, memory_now(settings.images)],
        parent_slope=slope([(p.images, p.parent) for p in tenths.points]),
        workers_slope=slope([(p.images, p.workers) for p in tenths.points]),
    )


def slope(points: Sequence[tuple[int, float]]) -> float:
    """Return the growth per 1,000 of some (number, value), by least squares.

    The first tenths of ten are left out: memory grows until all that is made once has been made.

    Examples:
        >>> round(slope([(100 * n, 50.0 + 0.2 * n) for n in range(10)]), 6)
        2.0
    """
    settled = points[SETTLED:] if len(points) > SETTLED + 1 else points
    numbers, values = np.array(settled, dtype=np.float64).T
    return float(1000.0 * np.polyfit(numbers, values, 1)[0])
