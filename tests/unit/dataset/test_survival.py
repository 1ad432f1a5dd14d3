"""Nothing is lost: killed at any moment or with a full disk, the next run makes the same bytes."""

import multiprocessing
import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from components import home as home_module
from components.dataset.generate import generate_dataset, remove_dataset
from components.dataset.shards import records_folder
from components.dataset.verify import verify_dataset
from components.domain import Part
from components.errors import DatasetError
from components.home import Home
from components.progress import SilentProgress
from components.settings.data import DataSettings
from tests.unit.dataset.conftest import hashes_of

MOMENTS = 20
SEED = 5
PAGE = 4096
DEADLINE_S = 90


def make(home: Home, parts: list[Part], settings: DataSettings, executor: str) -> None:
    changed = settings.model_copy(update={"executor": executor, "workers": 2})
    generate_dataset(parts, home, changed, SEED, SilentProgress())


def _in_own_group(home: Home, parts: list[Part], settings: DataSettings, executor: str) -> None:
    os.setsid()
    make(home, parts, settings, executor)


def started(
    home: Home, parts: list[Part], settings: DataSettings, executor: str = "process"
) -> BaseProcess:
    """Start a run in a process group of its own; `process` has two workers there."""
    # Forked from a server without threads: a fork of the test's own process may hang.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["components.dataset.generate"])
    child = context.Process(target=_in_own_group, args=(home, parts, settings, executor))
    child.start()
    return child


def end_group(child: BaseProcess) -> None:
    """Kill every process of a child's group and wait until none is left."""
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        try:
            os.killpg(child.pid or 0, signal.SIGKILL)
        except ProcessLookupError:
            if not child.is_alive():  # else it has no group of its own yet
                return
        child.join(0.005)
    raise AssertionError(f"processes of group {child.pid} do not end")


def seconds_of(home: Home, parts: list[Part], settings: DataSettings, executor: str) -> float:
    """Return how long a run takes that nobody kills; nothing of it is left."""
    start = time.monotonic()
    child = started(home, parts, settings, executor)
    child.join(DEADLINE_S)
    assert child.exitcode == 0
    seconds = time.monotonic() - start
    remove_dataset(home)
    return seconds


def test_killed_at_twenty_random_moments_the_dataset_still_becomes_the_same(
    hashes: dict[str, str], parts: list[Part], settings: DataSettings, tmp_path: Path
) -> None:
    home = Home(tmp_path)
    chance, unfinished = random.Random(1), 0
    whole_s = {name: seconds_of(home, parts, settings, name) for name in ("process", "thread")}
    for moment in range(MOMENTS):
        executor = "thread" if moment % 7 else "process"  # workers take seconds to start
        child = started(home, parts, settings, executor)
        child.join(chance.uniform(0.02, whole_s[executor]))
        end_group(child)
        unfinished += any(records_folder(home).glob("*.jsonl"))
        # Whatever calls itself a dataset is whole.
        if (home.processed / "dataset.json").exists():
            assert verify_dataset(home, deep=True) == []
            remove_dataset(home)
    assert unfinished >= 3, "the moments were no test: hardly any met a dataset half made"
    make(home, parts, settings, "sequential")
    assert hashes_of(tmp_path) == hashes
    assert verify_dataset(home, deep=True) == []


def test_workers_end_with_their_killed_parent(
    hashes: dict[str, str], parts: list[Part], settings: DataSettings, tmp_path: Path
) -> None:
    home = Home(tmp_path)
    child = started(home, parts, settings)
    deadline = time.monotonic() + DEADLINE_S
    while not any(records_folder(home).glob("*.jsonl")):
        assert time.monotonic() < deadline
        assert child.is_alive()
        time.sleep(0.01)
    child.kill()
    child.join()
    # The group outlives its leader only as long as a worker does.
    while _group_lives(child.pid or 0):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    make(home, parts, settings, "sequential")
    assert hashes_of(tmp_path) == hashes


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system in memory whose size a test sets with `resize`."""
    disk = tmp_path / "disk"
    disk.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], capture_output=True, check=False
    )
    if made.returncode != 0:
        pytest.skip("mounting a small disk needs root")
    try:
        yield disk
    finally:
        subprocess.run(["umount", disk], check=True)


def resize(disk: Path, size: int) -> None:
    options = f"remount,size={size}"
    subprocess.run(["mount", "-o", options, disk], check=True)


@pytest.mark.parametrize(
    ("share", "executor"), [(0.35, "sequential"), (0.7, "process"), (0.97, "sequential")]
)
def test_full_disk_is_named_and_the_next_run_completes(
    share: float,
    executor: str,
    dataset: tuple[Home, object],
    hashes: dict[str, str],
    parts: list[Part],
    settings: DataSettings,
    small_disk: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(home_module, "MIN_FREE_BYTES", 0)
    files = [path for path in dataset[0].root.rglob("*") if path.is_file()]
    needed = sum(-(-path.stat().st_size // PAGE) * PAGE for path in files)
    resize(small_disk, int(share * needed))
    home = Home(small_disk)
    with pytest.raises(DatasetError, match="the disk is full"):
        make(home, parts, settings, executor)
    assert not (home.processed / "dataset.json").exists()
    assert list(home.root.rglob("*.partial")) == []
    kept = len(list(records_folder(home).glob("*.jsonl")))
    assert kept >= 2
    resize(small_disk, 4 * needed)
    make(home, parts, settings, executor)
    assert hashes_of(home.root) == hashes
