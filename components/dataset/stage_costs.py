"""What one core needs for one picture, stage by stage, against the least it could need.

All times are CPU times of this process: a busy machine stretches them by what its caches lose, not
by the time it gives to others. The *limit* is what any generator needs that makes the same files:
copying each finished picture and its two masks, and encoding them.
"""

import multiprocessing
import resource
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from components.data_preprocessing.augmentations import photographed
from components.data_preprocessing.distractors import shapes
from components.data_preprocessing.outlines import COARSEST, shape_of
from components.data_preprocessing.renderer import render
from components.data_preprocessing.textures import PATTERNS, VARIANTS, tile
from components.dataset.executors import single_threaded_opencv
from components.dataset.jobs import Job
from components.dataset.packing import encoded, encoded_image, encoded_mask, outlines, recorded
from components.dataset.samples import RenderedSample, described, plan_sample
from components.dataset.shards import write_new, write_packed, write_shard

STAGES = ("layout", "render", "camera", "labels", "encode", "write")
_LIMITS = ("limit", "files")


@dataclass(frozen=True, slots=True)
class Figure:
    """One quantity measured several times.

    Attributes:
        median: The middle value.
        spread: Greatest less smallest value.
    """

    median: float
    spread: float


def figure(values: Sequence[float]) -> Figure:
    """Return what several measurements say.

    Examples:
        >>> figure([3.0, 1.0, 2.0])
        Figure(median=2.0, spread=2.0)
    """
    return Figure(statistics.median(values), max(values) - min(values))


@dataclass(frozen=True, slots=True)
class CoreCost:
    """What one core needs for one picture, start-up left out, in milliseconds of CPU time.

    Attributes:
        width_px: Of the pictures.
        height_px: Of the pictures.
        images_per_cpu_second: Scenes, labels, encoding and writing of whole shards.
        total_ms: The same as a time.
        fastest_ms: The same if each shard had always its fastest repetition: nearest to what an
            idle machine needs, since others can only slow a shard down.
        limit_ms: Copying and encoding the same pictures and masks.
        files_ms: Creating as many files of the same sizes, part of `write`: what the disk's file
            system takes.
        stages_ms: Each stage by itself. `camera` is part of drawing a picture and measured on the
            finished ones; `render` is the rest of drawing.
    """

    width_px: int
    height_px: int
    images_per_cpu_second: Figure
    total_ms: Figure
    fastest_ms: float
    limit_ms: Figure
    files_ms: Figure
    stages_ms: dict[str, Figure]

    @property
    def shares(self) -> dict[str, float]:
        """Share of each stage in their sum, 0..1."""
        whole = sum(stage.median for stage in self.stages_ms.values())
        return {name: stage.median / whole for name, stage in self.stages_ms.items()}


class _Clock:
    """Adds up the CPU time of each stage."""

    def __init__(self) -> None:
        """Start at nothing."""
        self.seconds = dict.fromkeys((*STAGES, *_LIMITS), 0.0)

    @contextmanager
    def timing(self, stage: str) -> Iterator[None]:
        """Count what happens inside for a stage."""
        start = time.process_time()
        yield
        self.seconds[stage] += time.process_time() - start


def core_cost(repetitions: Sequence[tuple[Job, Job]]) -> CoreCost:
    """Return what one core needs for a picture of a job.

    Args:
        repetitions: The same job in two folders for each: in one shards are written whole, in the
            other stage by stage. Writing over a file costs many times what a new one does.
    """
    first = repetitions[0][0]
    totals, clocks = [], []
    with single_threaded_opencv():
        warm_up(first.seed)
        for whole, staged in repetitions:
            seconds, clock = [], _Clock()
            for shard in whole.shards:
                start = time.process_time()
                write_shard(whole, shard)
                seconds.append(time.process_time() - start)
                _write_by_stages(staged, shard, clock)
            totals.append(seconds)
            clocks.append(clock.seconds)
    images = first.settings.images
    per_image = {
        name: figure([1000 * clock[name] / images for clock in clocks])
        for name in (*STAGES, *_LIMITS)
    }
    return CoreCost(
        width_px=first.settings.width_px,
        height_px=first.settings.height_px,
        images_per_cpu_second=figure([images / sum(seconds) for seconds in totals]),
        total_ms=figure([1000 * sum(seconds) / images for seconds in totals]),
        fastest_ms=1000 * sum(map(min, zip(*totals, strict=True))) / images,
        limit_ms=per_image.pop("limit"),
        files_ms=per_image.pop("files"),
        stages_ms=per_image,
    )


def warm_up(seed: int) -> None:
    """Make all that every process makes once, when it is first needed: it is no cost of a picture.

    Args:
        seed: The dataset's.
    """
    for name in PATTERNS:
        for variant in range(VARIANTS):
            tile(name, variant, seed)
    for part in shapes(seed):
        for level in range(COARSEST + 1):
            shape_of(part, level)


def start_seconds(seed: int) -> float:
    """Return the CPU time that a worker process needs once: imports, textures, plates.

    Args:
        seed: The dataset's.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = multiprocessing.get_context("spawn").Process(target=warm_up, args=(seed,))
    process.start()
    process.join()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _write_by_stages(job: Job, shard: int, clock: _Clock) -> None:
    """Make a shard as `write_shard` does; count the time of each stage and of the limits."""
    packed = []
    camera = clock.seconds["camera"]
    for index in job.samples(shard):
        sample = _sample_by_stages(job, index, clock)
        with clock.timing("labels"):
            polygons = outlines(job, sample)
        with clock.timing("encode"):
            pictures = encoded(job, sample)
        with clock.timing("write"):
            packed.append(recorded(job, sample, pictures, polygons))
        with clock.timing("limit"):
            _copy_and_encode(job, sample)
    with clock.timing("write"):
        write_packed(job, shard, packed)
    contents = [content for sample in packed for content in sample.contents.values()]
    folder = job.root / f"plain-{shard}"
    folder.mkdir()
    with clock.timing("files"):
        for number, content in enumerate(contents):
            write_new(folder / str(number), content)
    # Drawing ends with the camera.
    clock.seconds["render"] -= clock.seconds["camera"] - camera


def _sample_by_stages(job: Job, index: int, clock: _Clock) -> RenderedSample:
    """Make a sample as `make_sample` does; count the times of laying out, drawing, describing."""
    settings = job.settings
    with clock.timing("layout"):
        planned = plan_sample(job.parts, settings, job.seed, index, job.photos)
    scene = planned.scene
    with clock.timing("render"):
        rendering = render(scene)
    with clock.timing("camera"):
        photographed(rendering.image, scene.effects, scene.seed)
    with clock.timing("labels"):
        return described(planned, rendering, settings.min_area_px)


def _copy_and_encode(job: Job, sample: RenderedSample) -> None:
    encoded_image(sample.image.copy(), job)
    # Semantic and instance masks.
    encoded_mask(sample.instances.copy())
    encoded_mask(sample.instances.copy())
