"""Datasets are whole or absent, resumable, and the same bytes whoever makes them."""

import fcntl
import json

import cv2
import pytest

from components.dataset.card import load_dataset
from components.dataset.executors import RUNNERS, sequential
from components.dataset.generate import generate_dataset
from components.dataset.jobs import job_for
from components.errors import DatasetError
from components.home import Home
from components.progress import SilentProgress
from tests.unit.dataset.conftest import hashes_of


class StopError(Exception):
    """Raised by a listener to interrupt a run."""


class StopAfter(SilentProgress):
    """Interrupts a run after some shards."""

    def __init__(self, shards):
        self.left = shards

    def advance(self, count, note):
        if count:
            self.left -= 1
        if self.left < 0:
            raise StopError


def make(home, parts, settings, progress=None, **changes):
    changed = settings.model_copy(update=changes)
    return generate_dataset(parts, home, changed, 5, progress or SilentProgress())


def test_card_counts_what_lies_in_the_folders(dataset, parts):
    home, card = dataset
    assert card.labels == ("frame", "plate", "square")
    assert card.total == 40
    for split, count in card.images.items():
        assert len(list(home.images(split).glob("*.jpg"))) == count
        assert len(list(home.masks(split).glob("*.instances.png"))) == count
    assert load_dataset(home) == card


def scaled(settings, px_per_mm):
    """Those settings with a camera that shows 128 / px_per_mm of the table."""
    camera = settings.camera.model_copy(update={"px_per_mm": px_per_mm})
    return settings.model_copy(update={"camera": camera, "images": 4})


def test_scale_that_shows_no_part_is_refused_with_the_sizes_that_fit(parts, settings, tmp_path):
    # 4 px per mm on 128 px show 32 mm: parts of 1.6 to 35.2 mm; the smallest here has 50.
    with pytest.raises(DatasetError, match=r"show 32 mm: parts of 1\.6 to 35\.2 mm fit.*square"):
        make(Home(tmp_path), parts, scaled(settings, 4.0))
    assert not (tmp_path / "data" / "processed").exists()


def test_scale_that_leaves_some_parts_out_names_them(parts, settings, tmp_path, caplog):
    # 2 px per mm show 64 mm, up to 70.4 mm: the frame of 80 mm and the plate of 100 mm do not fit.
    card = make(Home(tmp_path), parts, scaled(settings, 2.0))
    (told,) = [line for line in caplog.messages if "px_per_mm" in line]
    assert "frame (80 mm)" in told
    assert "plate (100 mm)" in told
    assert "square" not in told
    assert {label for counts in card.instances.values() for label in counts} <= {"square", "other"}


@pytest.mark.parametrize("workers", [1, 2, 3])
@pytest.mark.parametrize("executor", ["process", "thread", "async"])
def test_every_executor_and_number_of_workers_makes_the_same_bytes(
    executor, workers, hashes, parts, settings, tmp_path
):
    # `sequential` made the hashes; tests/flows/test_dask.py has the fifth.
    make(Home(tmp_path), parts, settings, executor=executor, workers=workers)
    assert hashes_of(tmp_path) == hashes


def test_order_of_the_work_changes_nothing(hashes, parts, settings, tmp_path, monkeypatch):
    def backwards(work, job, shards, workers):
        yield from sequential(work, job, shards[::-1], workers)

    monkeypatch.setitem(RUNNERS, "sequential", backwards)
    make(Home(tmp_path), parts, settings)
    assert hashes_of(tmp_path) == hashes


@pytest.mark.parametrize("executor", ["process", "thread", "async", "sequential"])
def test_opencv_starts_no_threads_beside_the_workers(executor, parts, settings, tmp_path):
    before = cv2.getNumThreads()
    job = job_for(parts, Home(tmp_path), settings, 5, [])
    assert set(RUNNERS[executor](opencv_threads, job, range(4), 2)) == {1}
    assert cv2.getNumThreads() == before


def opencv_threads(job, shard):
    return cv2.getNumThreads()


def test_order_of_drawings_and_size_of_shards_change_nothing(hashes, parts, settings, tmp_path):
    make(Home(tmp_path), parts[::-1], settings, shard_samples=7)
    assert hashes_of(tmp_path) == hashes


def test_other_seed_makes_another_dataset(dataset, parts, settings, tmp_path):
    other = generate_dataset(parts, Home(tmp_path), settings, 6, SilentProgress())
    assert other.fingerprint != dataset[1].fingerprint


def test_finished_dataset_is_found_and_not_made_again(dataset, parts, settings):
    home, card = dataset
    before = home.manifest.stat().st_mtime_ns
    assert make(home, parts, settings, StopAfter(0)) == card
    assert home.manifest.stat().st_mtime_ns == before


def test_interrupted_run_goes_on_where_it_stopped(hashes, parts, settings, tmp_path):
    home = Home(tmp_path)
    with pytest.raises(StopError):
        make(home, parts, settings, StopAfter(6))
    with pytest.raises(DatasetError, match="no finished dataset"):
        load_dataset(home)
    card = make(home, parts, settings)
    assert card.rendered <= 40 - 6 * 4
    assert hashes_of(tmp_path) == hashes


def test_changed_file_of_an_interrupted_run_is_made_again(hashes, parts, settings, tmp_path):
    home = Home(tmp_path)
    with pytest.raises(StopError):
        make(home, parts, settings, StopAfter(8))
    victim = next(home.images("train").glob("*.jpg"))
    victim.write_bytes(victim.read_bytes()[:-1])
    record = sorted((home.processed / ".shards").glob("*.jsonl"))[-1]
    record.write_text(record.read_text().replace('"plate"', '"plake"', 1))
    make(home, parts, settings)
    assert hashes_of(tmp_path) == hashes


def test_new_dataset_takes_the_place_of_the_old_one(hashes, parts, settings, tmp_path):
    home = Home(tmp_path)
    make(home, parts[:1], settings, images=12)
    (home.images("train") / "README.md").write_text("kept")
    with pytest.raises(StopError):
        make(home, parts, settings, StopAfter(1))
    with pytest.raises(DatasetError):
        load_dataset(home)
    make(home, parts, settings)
    kept = hashes_of(tmp_path)
    assert kept.pop("data/processed/train/images/README.md")
    assert kept == hashes


def test_second_run_in_the_same_folder_is_refused(parts, settings, tmp_path):
    home = Home(tmp_path)
    home.prepare()
    with (home.state / "dataset.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(DatasetError, match="another run"):
            make(home, parts, settings)


def test_no_parts_and_equal_names_are_refused(parts, settings, tmp_path):
    with pytest.raises(DatasetError, match="no parts"):
        make(Home(tmp_path), [], settings)
    with pytest.raises(DatasetError, match="came twice: square"):
        make(Home(tmp_path), [parts[0], parts[0]], settings)


def test_damaged_card_is_no_dataset(parts, settings, tmp_path):
    home = Home(tmp_path)
    make(home, parts, settings, images=4)
    card = home.processed / "dataset.json"
    card.write_text(json.dumps({"fingerprint": "x"}))
    with pytest.raises(DatasetError, match="cannot be read"):
        load_dataset(home)
