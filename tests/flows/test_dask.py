"""Datasets made on a Dask cluster, through Prefect's task runner."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from distributed import LocalCluster

from components.dataset import dask_executor
from components.dataset.generate import generate_dataset
from components.domain import Part
from components.errors import DatasetError
from components.files import file_sha256
from components.home import Home
from components.progress import SilentProgress
from components.settings.data import DataSettings
from tests.clusters import cluster_without_workers
from tests.unit.strategies import part, plate_with_hole, square

pytestmark = pytest.mark.flow

PARTS = [part("square", square(50.0)), plate_with_hole()]
IMAGES = 24


class StopError(Exception):
    """Raised by a listener to interrupt a run."""


class StopAtFirst(SilentProgress):
    """Interrupts a run at its first finished task."""

    def advance(self, count: float, note: str) -> None:
        if count:
            raise StopError


def make(
    home: Home, executor: str, listener: SilentProgress | None = None, **changes: object
) -> dict[str, str]:
    """Make a dataset; return the hash of each of its files but the card, which holds times."""
    settings = DataSettings.load(None, "tiny").model_copy(
        update={
            "images": IMAGES,
            "width_px": 128,
            "height_px": 96,
            "shard_samples": 3,
            "executor": executor,
            "workers": 2,
            **changes,
        }
    )
    parts: list[Part] = PARTS
    generate_dataset(parts, home, settings, 5, listener or SilentProgress())
    return {
        str(path.relative_to(home.root)): file_sha256(path)
        for path in sorted((home.root / "data").rglob("*"))
        if path.is_file() and path.name != "dataset.json"
    }


@pytest.fixture(scope="module")
def hashes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Hashes of the dataset as one thread makes it."""
    return make(Home(tmp_path_factory.mktemp("sequential")), "sequential")


@pytest.fixture
def scheduler() -> Iterator[str]:
    """Address of a cluster that somebody else started."""
    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=False,
        host="127.0.0.1",
        protocol="tcp",
        dashboard_address=None,
    ) as cluster:
        yield cluster.scheduler_address


def test_cluster_started_here_makes_the_same_bytes(hashes: dict[str, str], tmp_path: Path) -> None:
    assert make(Home(tmp_path), "dask") == hashes


def test_cluster_of_somebody_else_makes_the_same_bytes(
    hashes: dict[str, str], tmp_path: Path, scheduler: str
) -> None:
    assert make(Home(tmp_path), "dask", dask_scheduler=scheduler) == hashes


def test_interrupted_run_is_completed(
    hashes: dict[str, str], tmp_path: Path, scheduler: str
) -> None:
    home = Home(tmp_path)
    with pytest.raises(StopError):
        make(home, "dask", StopAtFirst(), dask_scheduler=scheduler)
    assert make(home, "dask", dask_scheduler=scheduler) == hashes


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense"])
def test_address_without_a_scheduler_is_named(tmp_path: Path, address: str) -> None:
    with pytest.raises(DatasetError, match=f"nothing listens at '{address}'"):
        make(Home(tmp_path), "dask", dask_scheduler=address)


def test_scheduler_without_a_worker_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask_executor, "CONNECT_TIMEOUT_S", 2)
    with (
        cluster_without_workers() as address,
        pytest.raises(DatasetError, match="no worker of a Dask scheduler answers"),
    ):
        make(Home(tmp_path), "dask", dask_scheduler=address)
