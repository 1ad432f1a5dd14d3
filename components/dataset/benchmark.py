"""How fast datasets are made: each executor and number of workers, and where the time goes.

A shared machine changes its speed from second to second. So all runs of a repetition follow each
other at once, ratios are taken inside a repetition, and each figure comes with its spread and with
the share of the time that the run really had the cores it asked for.
"""

import os
import resource
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from components.dataset.generate import generate_dataset
from components.dataset.jobs import Job, job_for
from components.dataset.memory import MemoryTrend, memory_trend
from components.dataset.stage_costs import CoreCost, Figure, core_cost, figure, start_seconds
from components.domain import SPLITS, Part
from components.home import Home
from components.progress import Progress, SilentProgress, stage
from components.settings.data import DataSettings, ExecutorName

SEED = 1
SHARDS = 16
"""Of each run: some for every worker, so that the last one keeps nobody waiting long."""
COST_SHARD = 20
"""Pictures of a shard where one core's cost is measured: few, so that some go undisturbed."""

Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure.

    Attributes:
        executors: Who works.
        workers: How many at once; `sequential` is measured once.
        sizes: Width and height of the pictures, in pixels.
        images: Pictures of each run.
        repetitions: How often each is measured.
        scratch: Folder on the disk to write to; None for the system's temporary folder.
        memory_images: Pictures of a run whose memory is measured; 0 leaves it out.
    """

    executors: Sequence[ExecutorName]
    workers: Sequence[int]
    sizes: Sequence[Size]
    images: int
    repetitions: int
    scratch: Path | None = None
    memory_images: int = 0

    @property
    def runs(self) -> list[tuple[ExecutorName, int]]:
        """Executors with their numbers of workers."""
        fewest = min(self.workers)
        return [
            (executor, workers)
            for executor in self.executors
            for workers in self.workers
            if executor != "sequential" or workers == fewest
        ]


@dataclass(frozen=True, slots=True)
class ExecutorRate:
    """How fast one executor makes datasets.

    Attributes:
        executor: Its name.
        workers: How many at once.
        width_px: Of the pictures.
        height_px: Of the pictures.
        images_per_second: Of wall time while all workers work, their start left out.
        whole_run: The same from the start to the finished dataset.
        images_per_cpu_second: Of the CPU time of all processes, the start of workers included.
        cores_used: CPU time over wall time of the whole run: less than `workers` where processes
            start, or where others had the machine.
        speed_up: `images_per_second` over that of one worker in the same repetition; None for one.
    """

    executor: ExecutorName
    workers: int
    width_px: int
    height_px: int
    images_per_second: Figure
    whole_run: Figure
    images_per_cpu_second: Figure
    cores_used: Figure
    speed_up: Figure | None


@dataclass(frozen=True, slots=True)
class GenerationBenchmark:
    """All that was measured.

    Attributes:
        load: Average number of running processes before the start.
        images: Pictures of each run.
        repetitions: How often each was measured.
        start_seconds: CPU time that each worker process needs once: imports, textures, plates.
        costs: One for each size.
        rates: One for each executor, number of workers and size.
        memory: Of a long run with the most workers, in pictures of the smallest size.
    """

    load: float
    images: int
    repetitions: int
    start_seconds: Figure
    costs: list[CoreCost] = field(default_factory=list)
    rates: list[ExecutorRate] = field(default_factory=list)
    memory: MemoryTrend | None = None


@dataclass(frozen=True, slots=True)
class _Run:
    """One run's figures: rates a second, and cores."""

    steady: float
    whole: float
    per_cpu: float
    cores: float


class _Stamps(SilentProgress):
    """Remembers when shards were finished."""

    def __init__(self) -> None:
        """Begin without shards."""
        self.stamps: list[tuple[float, float]] = []

    def advance(self, count: float, note: str) -> None:
        """Remember the time and the number of finished pictures."""
        del note
        done = self.stamps[-1][1] if self.stamps else 0.0
        self.stamps.append((time.monotonic(), done + count))

    def steady_rate(self, workers: int) -> float:
        """Return pictures a second after the start.

        It ends when each worker has finished a shard and a quarter of all are finished: until then
        textures and plates are made, in every process anew.
        """
        start = min(max(workers, len(self.stamps) // 4), len(self.stamps))
        first, last = self.stamps[start - 1], self.stamps[-1]
        return (last[1] - first[1]) / max(last[0] - first[0], 1e-9)


def _cpu_seconds() -> float:
    """Return the CPU time of this process and of its children that have ended."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, who))


def benchmark_generation(
    parts: Sequence[Part], settings: DataSettings, plan: Plan, progress: Progress
) -> GenerationBenchmark:
    """Measure the generator.

    Args:
        parts: Drawings to show.
        settings: Ranges; size, number and executor are the plan's.
        plan: What to measure.
        progress: Is told of each measurement.
    """
    load = os.getloadavg()[0]
    total = len(plan.sizes) * (1 + plan.repetitions * len(plan.runs))
    sized = [
        settings.model_copy(update={"width_px": width, "height_px": height})
        for width, height in plan.sizes
    ]
    with _scratch(plan.scratch) as scratch:
        start = figure([start_seconds(SEED) for _ in range(plan.repetitions)])
        result = GenerationBenchmark(load, plan.images, plan.repetitions, start)
        with stage(progress, "Benchmark", total, "measurements") as bar:
            for size in sized:
                result.costs.append(_cost(parts, size, plan, scratch))
                bar.advance(1, f"stages of {size.width_px}x{size.height_px}")
                result.rates.extend(_rates(parts, size, plan, scratch, bar))
        if plan.memory_images:
            smallest = min(sized, key=lambda size: size.width_px * size.height_px)
            trend = _memory(parts, smallest, plan, scratch, progress)
            result = replace(result, memory=trend)
    return result


def _memory(
    parts: Sequence[Part], settings: DataSettings, plan: Plan, scratch: Path, progress: Progress
) -> MemoryTrend:
    """Measure the memory of one long run."""
    executor = "process" if "process" in plan.executors else plan.executors[0]
    long = {"images": plan.memory_images, "executor": executor, "workers": max(plan.workers)}
    with stage(progress, "Memory", plan.memory_images, "images") as bar:
        changed = settings.model_copy(update=long)
        return memory_trend(parts, _new_home(scratch), changed, SEED, bar)


def _cost(parts: Sequence[Part], settings: DataSettings, plan: Plan, scratch: Path) -> CoreCost:
    images = {"images": plan.images, "shard_samples": COST_SHARD}
    changed = settings.model_copy(update=images)
    jobs = [_job(parts, _new_home(scratch), changed) for _ in range(2 * plan.repetitions)]
    return core_cost(list(zip(jobs[::2], jobs[1::2], strict=True)))


def _job(parts: Sequence[Part], home: Home, settings: DataSettings) -> Job:
    """Return a job whose shards can be written at once."""
    home.prepare()
    for split in SPLITS:
        (home.yolo / "labels" / split).mkdir(parents=True)
    return job_for(parts, home, settings, SEED, [])


@contextmanager
def _scratch(below: Path | None) -> Iterator[Path]:
    """Yield a folder for all datasets, which is removed when all is measured.

    Not sooner: some file systems search for new files' places among those of removed ones.
    """
    folder = Path(tempfile.mkdtemp(prefix="dxfvision-bench-", dir=below))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _new_home(scratch: Path) -> Home:
    return Home(Path(tempfile.mkdtemp(dir=scratch)))


def _rates(
    parts: Sequence[Part], settings: DataSettings, plan: Plan, scratch: Path, bar: Progress
) -> list[ExecutorRate]:
    """Measure all executors in turn, again and again."""
    found: dict[tuple[ExecutorName, int], list[_Run]] = {run: [] for run in plan.runs}
    for _ in range(plan.repetitions):
        for (executor, workers), figures in found.items():
            run = _measured(parts, settings, plan.images, _new_home(scratch), executor, workers)
            figures.append(run)
            bar.advance(1, f"{executor} x{workers}: {run.steady:.0f} images/s")
    return [
        _rate(settings, executor, workers, runs, found.get((executor, 1)))
        for (executor, workers), runs in found.items()
    ]


def _measured(
    parts: Sequence[Part],
    settings: DataSettings,
    images: int,
    home: Home,
    executor: ExecutorName,
    workers: int,
) -> _Run:
    """Make one dataset."""
    spread = {
        "images": images,
        "shard_samples": max(1, images // SHARDS),
        "executor": executor,
        "workers": workers,
    }
    stamps = _Stamps()
    start, cpu = time.monotonic(), _cpu_seconds()
    generate_dataset(parts, home, settings.model_copy(update=spread), SEED, stamps)
    wall, spent = time.monotonic() - start, _cpu_seconds() - cpu
    return _Run(stamps.steady_rate(workers), images / wall, images / spent, spent / wall)


def _rate(
    settings: DataSettings,
    executor: ExecutorName,
    workers: int,
    runs: Sequence[_Run],
    single: Sequence[_Run] | None,
) -> ExecutorRate:
    """Return what the repetitions of one executor say, against those of one worker."""
    ratios = (
        [run.steady / one.steady for run, one in zip(runs, single, strict=True)]
        if single is not None and workers > 1
        else None
    )
    return ExecutorRate(
        executor=executor,
        workers=workers,
        width_px=settings.width_px,
        height_px=settings.height_px,
        images_per_second=figure([run.steady for run in runs]),
        whole_run=figure([run.whole for run in runs]),
        images_per_cpu_second=figure([run.per_cpu for run in runs]),
        cores_used=figure([run.cores for run in runs]),
        speed_up=None if ratios is None else figure(ratios),
    )
