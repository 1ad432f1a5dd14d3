"""Drawings -> dataset: shards over an executor, resumable, whole or absent.

The order of writing makes it safe to be killed at any moment: a dataset in the making has no card;
its *progress file* says what it is made from; finished shards have records; the card comes last.
"""

import errno
import fcntl
import json
import logging
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from components.data_preprocessing.composing import SIZE_LIMITS, fitting
from components.data_preprocessing.outlines import longer_mm
from components.data_preprocessing.photos import usable_photos
from components.dataset.card import DatasetCard, card_path, load_dataset, write_card
from components.dataset.executors import RUNNERS, worker_count
from components.dataset.exports import coco_paths, write_exports, yolo_list
from components.dataset.jobs import Job, job_for
from components.dataset.shards import records_folder, shard_is_whole, write_shard
from components.dataset.verify import verify_dataset
from components.domain import SPLITS, Part
from components.errors import DatasetError
from components.files import file_sha256, remove_partials, sync_folder, write_json
from components.home import Home
from components.progress import Progress, stage
from components.settings.data import DataSettings

logger = logging.getLogger(__name__)


def generate_dataset(
    parts: Sequence[Part], home: Home, settings: DataSettings, seed: int, progress: Progress
) -> DatasetCard:
    """Make the dataset of some drawings, or go on with it, or find it made.

    Args:
        parts: The drawings; their names differ.
        home: Where it goes; the user's photographs there become backgrounds.
        settings: What scenes look like and how the work is spread.
        seed: Not negative; every byte follows from it, the parts and the settings.
        progress: Is told of each finished shard.

    Returns:
        The card of the finished dataset.

    Raises:
        DatasetError: If there are no parts, two have one name, none fits the camera's scale, the
            disk is full, a worker died or another run is writing here.
        HomeError: If the home folder cannot be written to.
    """
    _check(parts, seed)
    _check_scale(parts, settings)
    home.prepare()
    photos = usable_photos(home.photos, home.known_photos, home.shown_frames)
    job = job_for(parts, home, settings, seed, photos)
    with _alone(home), _full_disk_named(home):
        made = _finished(job)
        if made is not None:
            return made
        started = time.monotonic()
        _make_room(job)
        rendered = _render(job, progress)
        return _publish(job, rendered, time.monotonic() - started)


def _check(parts: Sequence[Part], seed: int) -> None:
    names = [part.name for part in parts]
    if not names:
        raise DatasetError("no parts were given: add DXF drawings to data/raw/dxf_templates")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DatasetError(
            f"every part needs a name of its own, these came twice: {', '.join(twice)}; "
            "rename the drawings"
        )
    if seed < 0:
        raise ValueError(f"the seed must not be negative, got {seed}")


def _check_scale(parts: Sequence[Part], settings: DataSettings) -> None:
    """Name the parts that a given scale keeps out of every picture.

    Raises:
        DatasetError: If it leaves none.
    """
    px_per_mm = settings.camera.px_per_mm
    if px_per_mm is None:
        return
    frame_mm = settings.width_px / px_per_mm
    kept = {part.name for part in fitting(parts, frame_mm)}
    out = [f"{p.name} ({longer_mm(p):.4g} mm)" for p in parts if p.name not in kept]
    if not out:
        return
    low, high = (limit * frame_mm for limit in SIZE_LIMITS)
    text = (
        f"camera.px_per_mm {px_per_mm:g} and width_px {settings.width_px} in data_config.yaml show "
        f"{frame_mm:.4g} mm: parts of {low:.3g} to {high:.3g} mm fit, and these are in no "
        f"picture: {', '.join(out)}; change the scale or the width, or set px_per_mm to null"
    )
    if not kept:
        raise DatasetError(text)
    logger.warning("%s", text)


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    """Keep a second run from writing into the same folder."""
    path = home.state / "dataset.lock"
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DatasetError(
                f"{home.processed}: another run is writing a dataset here; wait for it or "
                "choose another folder with --home"
            ) from error
        yield


@contextmanager
def _full_disk_named(home: Home) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise DatasetError(
            f"{home.processed}: the disk is full; what is finished is kept: make room and run the "
            "command again to go on"
        ) from error


def _finished(job: Job) -> DatasetCard | None:
    """Return the card if this very dataset is whole already, down to the last byte."""
    try:
        card = load_dataset(job.home)
    except DatasetError:
        return None
    if card.fingerprint != job.fingerprint:
        return None
    faults = verify_dataset(job.home, deep=True)
    if faults:
        logger.warning("the dataset is made again, %d faults: %s", len(faults), faults[0])
        return None
    shutil.rmtree(records_folder(job.home), ignore_errors=True)
    return card


def _progress_path(home: Home) -> Path:
    return home.processed / ".progress.json"


def _make_room(job: Job) -> None:
    """Keep what an interrupted run of this very dataset made; remove any other dataset."""
    home = job.home
    begun = {"fingerprint": job.fingerprint, "shard_samples": job.settings.shard_samples}
    # The card goes first: from here on there is no dataset until the next one is whole.
    card_path(home).unlink(missing_ok=True)
    sync_folder(home.processed)
    if _read_progress(home) != begun:
        remove_dataset(home)
        write_json(_progress_path(home), begun)
    home.prepare()
    for split in SPLITS:
        (home.yolo / "labels" / split).mkdir(parents=True, exist_ok=True)
    for folder in (home.processed, home.yolo, home.coco):
        remove_partials(folder)


def _read_progress(home: Home) -> object:
    try:
        return json.loads(_progress_path(home).read_text("utf-8"))
    except (OSError, ValueError):
        return None


def remove_dataset(home: Home) -> None:
    """Remove a dataset's files, the card first; the folders' README files stay."""
    card_path(home).unlink(missing_ok=True)
    _progress_path(home).unlink(missing_ok=True)
    shutil.rmtree(records_folder(home), ignore_errors=True)
    home.manifest.unlink(missing_ok=True)
    folders = [folder(split) for split in SPLITS for folder in (home.images, home.masks)]
    for folder in folders:
        for path in folder.glob("*"):
            if path.suffix != ".md" and path.is_file():
                path.unlink()
    shutil.rmtree(home.yolo / "labels", ignore_errors=True)
    shutil.rmtree(home.yolo / "images", ignore_errors=True)
    whole = [
        path for split in SPLITS for path in (*coco_paths(home, split), yolo_list(home, split))
    ]
    for path in [*whole, home.yolo / "data.yaml", *home.processed.glob("statistics*")]:
        path.unlink(missing_ok=True)


def _render(job: Job, progress: Progress) -> int:
    """Make the shards that are missing; return how many pictures were made."""
    missing = [shard for shard in job.shards if not shard_is_whole(job, shard)]
    wanted = sum(len(job.samples(shard)) for shard in missing)
    if kept := job.settings.images - wanted:
        logger.info("%d of %d pictures are there already", kept, job.settings.images)
    workers = worker_count(job.settings.workers)
    run = RUNNERS[job.settings.executor]
    started, made = time.monotonic(), 0
    # Only what is missing counts: rate and time left are of this run.
    with stage(progress, "Rendering scenes", wanted, "images") as bar:
        for count in run(write_shard, job, missing, workers):
            made += count
            bar.advance(count, f"{made / max(time.monotonic() - started, 1e-9):.0f} images/s")
    return made


def _publish(job: Job, rendered: int, seconds: float) -> DatasetCard:
    """Write the files that stand for the whole, then the card."""
    home = job.home
    exported = write_exports(job)
    card = DatasetCard(
        fingerprint=job.fingerprint,
        seed=job.seed,
        labels=tuple(job.numbers),
        width_px=job.settings.width_px,
        height_px=job.settings.height_px,
        images=exported.images,
        instances=exported.instances,
        files={str(path.relative_to(job.root)): file_sha256(path) for path in exported.files},
        settings=job.settings.content(),
        executor=job.settings.executor,
        workers=worker_count(job.settings.workers),
        rendered=rendered,
        seconds=seconds,
    )
    write_card(home, card)
    sync_folder(home.processed)
    shutil.rmtree(records_folder(home), ignore_errors=True)
    _progress_path(home).unlink(missing_ok=True)
    return card
