"""How fast datasets are made: each executor and worker count, and where the time goes.

The *limit* is the least any generator could need: copying each finished picture and its masks and
encoding them. Times of stages are CPU times of one process, so that a busy machine does not
distort them.
"""

import os
import platform
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from components.data_preprocessing.composing import compose, random_place
from components.data_preprocessing.distractors import PLATES, unknown_plate
from components.data_preprocessing.renderer import render
from components.data_preprocessing.textures import PATTERNS, VARIANTS, tile
from components.dataset.annotations import annotate
from components.dataset.executors import single_threaded_opencv
from components.dataset.generate import generate_dataset
from components.dataset.jobs import Job, job_for
from components.dataset.samples import make_sample
from components.dataset.shards import packed_files, write_shard
from components.domain import SPLITS, Part
from components.home import Home
from components.progress import Progress, SilentProgress, stage
from components.settings.data import DataSettings, ExecutorName

SIZES = ((320, 240), (640, 480))


@dataclass(frozen=True, slots=True)
class ExecutorRate:
    """Pictures per second of wall time, start-up of the workers included.

    Attributes:
        executor: Its name.
        workers: How many at once.
        width_px: Of the pictures.
        images_per_second: Median over the repetitions.
        spread: Greatest less smallest rate.
    """

    executor: ExecutorName
    workers: int
    width_px: int
    images_per_second: float
    spread: float


@dataclass(frozen=True, slots=True)
class CoreCost:
    """What one core needs for one picture, start-up left out, in milliseconds of CPU time.

    Attributes:
        width_px: Of the pictures.
        total_ms: Scenes, labels, encoding and writing.
        limit_ms: Copying and encoding the same pictures and masks.
        stages_ms: Time of each stage; what `total_ms` has besides is writing.
    """

    width_px: int
    total_ms: float
    limit_ms: float
    stages_ms: dict[str, float]

    @property
    def images_per_cpu_second(self) -> float:
        """The same as a rate."""
        return 1000.0 / self.total_ms


@dataclass(frozen=True, slots=True)
class GenerationBenchmark:
    """All that was measured, and on what.

    Attributes:
        machine: Processor and system.
        cores: That this process may use.
        load: Average number of running processes before the start.
        costs: One for each size.
        rates: One for each executor, worker count and size.
    """

    machine: str
    cores: int
    load: float
    costs: list[CoreCost] = field(default_factory=list)
    rates: list[ExecutorRate] = field(default_factory=list)


def benchmark_generation(
    parts: Sequence[Part],
    settings: DataSettings,
    progress: Progress,
    executors: Sequence[ExecutorName] = ("sequential", "thread", "async", "process"),
    workers: Sequence[int] = (1, 2),
    images: int = 200,
    repetitions: int = 3,
) -> GenerationBenchmark:
    """Measure the generator.

    Args:
        parts: Drawings to show.
        settings: Ranges; size, number and executor are set here.
        progress: Is told of each measurement.
        executors: Which to measure.
        workers: Worker counts for each of them.
        images: Pictures of each measurement, 2 or more.
        repetitions: Measurements of each executor.
    """
    cores = len(os.sched_getaffinity(0))
    result = GenerationBenchmark(
        platform.processor() or platform.machine(), cores, os.getloadavg()[0]
    )
    runs = [(e, n) for e in executors for n in workers if e != "sequential" or n == workers[0]]
    with stage(progress, "Benchmark", len(SIZES) * (1 + len(runs)), "measurements") as bar:
        for width, height in SIZES:
            sized = settings.model_copy(
                update={"width_px": width, "height_px": height, "images": images}
            )
            cost = core_cost(parts, sized)
            result.costs.append(cost)
            bar.advance(1, f"{width}x{height}: {cost.images_per_cpu_second:.0f} images/CPU-s")
            for executor, count in runs:
                rate = _executor_rate(parts, sized, executor, count, repetitions)
                result.rates.append(rate)
                bar.advance(1, f"{executor} x{count}: {rate.images_per_second:.0f} images/s")
    return result


@contextmanager
def _scratch_job(parts: Sequence[Part], settings: DataSettings) -> Iterator[Job]:
    """Yield a job in a folder that is removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="dxfvision-bench-"))
    try:
        home = Home(folder)
        home.prepare()
        for split in SPLITS:
            (home.yolo / "labels" / split).mkdir(parents=True)
        yield job_for(parts, home, settings, 1, [])
    finally:
        shutil.rmtree(folder)


def core_cost(parts: Sequence[Part], settings: DataSettings) -> CoreCost:
    """Return what one core needs for a picture of the given settings."""
    half = max(1, settings.images // 2)
    conf = settings.model_copy(update={"images": 2 * half, "shard_samples": half})
    with _scratch_job(parts, conf) as job, single_threaded_opencv():
        _warm_up(job)
        write_shard(job, 0)
        started = time.process_time()
        write_shard(job, 1)
        total = time.process_time() - started
        stages = _stages(job, range(half, 2 * half))
        limit = _limit(job, range(half, min(2 * half, half + 50)))
    return CoreCost(conf.width_px, 1000 * total / half, limit, stages)


def _warm_up(job: Job) -> None:
    """Make what every process makes once, two seconds' work: it is no cost of a picture."""
    for name in PATTERNS:
        for variant in range(VARIANTS):
            tile(name, variant, job.seed)
    for number in range(PLATES):
        unknown_plate(job.seed, number)


def _stages(job: Job, indices: Sequence[int]) -> dict[str, float]:
    """Return the CPU time of each stage in milliseconds per picture."""
    times = dict.fromkeys(("compose", "render", "label", "encode"), 0.0)
    settings, seed = job.settings, job.seed
    for index in indices:
        marks = [time.process_time()]
        place = random_place(np.random.default_rng([seed, index]), settings, "train")
        scene = compose(np.random.default_rng([seed, index, 1]), job.parts, place, settings, seed)
        marks.append(time.process_time())
        rendering = render(scene)
        marks.append(time.process_time())
        annotate(scene, rendering, settings.min_area_px)
        marks.append(time.process_time())
        sample = make_sample(job.parts, settings, seed, index)
        marks.append(time.process_time())
        packed_files(job, sample)
        encoded = time.process_time() - marks[-1]
        for name, start, end in zip(times, marks, marks[1:4], strict=False):
            times[name] += end - start
        times["encode"] += encoded
    return {name: 1000 * spent / len(indices) for name, spent in times.items()}


def _limit(job: Job, indices: Sequence[int]) -> float:
    """Return the CPU time of copying and encoding finished pictures, in milliseconds each."""
    samples = [make_sample(job.parts, job.settings, job.seed, index) for index in indices]
    started = time.process_time()
    for sample in samples:
        quality = [cv2.IMWRITE_JPEG_QUALITY, job.settings.image_quality]
        cv2.imencode(".jpg", sample.image.copy(), quality)
        # Semantic and instance masks.
        cv2.imencode(".png", sample.instances.copy())
        cv2.imencode(".png", sample.instances.copy())
    return 1000 * (time.process_time() - started) / len(samples)


def _executor_rate(
    parts: Sequence[Part],
    settings: DataSettings,
    executor: ExecutorName,
    workers: int,
    repetitions: int,
) -> ExecutorRate:
    conf = settings.model_copy(update={"executor": executor, "workers": workers})
    rates = []
    for _ in range(repetitions):
        folder = Path(tempfile.mkdtemp(prefix="dxfvision-bench-"))
        try:
            card = generate_dataset(parts, Home(folder), conf, 1, SilentProgress())
        finally:
            shutil.rmtree(folder)
        rates.append(card.images_per_second)
    spread = max(rates) - min(rates)
    return ExecutorRate(executor, workers, conf.width_px, statistics.median(rates), spread)
