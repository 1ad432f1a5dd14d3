"""Answers of a Dask cluster are those of this process."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.errors import ModelError
from components.inspection.opening import open_inspector
from components.modeling.evaluate import evaluate, read_rgb
from components.operations.pipeline import spreading
from components.operations.pipeline.spreading import LOCAL, SpreadInspector, cluster, on_dask
from components.progress import SilentProgress
from components.settings.inspection import InspectionSettings
from tests.bundles import BLUE, RED, make_bundle, write_coco
from tests.clusters import cluster_without_workers


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    os.environ["DASK_DISTRIBUTED__DIAGNOSTICS__NVML"] = "False"
    with cluster(LOCAL) as client:
        yield client


def test_figures_are_the_same_whoever_answers(client: Any, tmp_path: Path) -> None:
    bundle, settings = make_bundle(tmp_path / "bundle"), InspectionSettings.load()
    coco = write_coco(tmp_path / "pictures", {"plate": RED, "ring": BLUE}, 7)
    pictures = [coco.parent / f"{number}.png" for number in range(7)]
    inspector = open_inspector(bundle, settings)
    spread = SpreadInspector(inspector, bundle, settings, pictures, client)
    ours, theirs = (
        evaluate(detector, coco.parent, coco, SilentProgress()) for detector in (inspector, spread)
    )
    assert spread.card == inspector.card
    for name in ("map", "agnostic_map", "miou", "per_class", "confusion", "worst"):
        assert getattr(theirs, name) == getattr(ours, name), name
    with pytest.raises(ValueError, match="more pictures are asked about"):
        spread.predict(read_rgb(pictures[0]))


def test_clusters_stand_beside_each_other(client: Any) -> None:
    with cluster(LOCAL) as second:
        assert second.scheduler.address != client.scheduler.address
        assert second.submit(sum, (1, 2)).result() == 3


def test_another_picture_than_the_next_is_noticed(client: Any, tmp_path: Path) -> None:
    bundle, settings = make_bundle(tmp_path / "bundle"), InspectionSettings.load()
    write_coco(tmp_path / "pictures", {"plate": RED}, 1)
    inspector = open_inspector(bundle, settings)
    pictures = [tmp_path / "pictures" / "0.png"]
    spread = SpreadInspector(inspector, bundle, settings, pictures, client)
    with pytest.raises(ValueError, match=r"expected the next picture, \(240, 320\)"):
        spread.predict(np.zeros((16, 16, 3), np.uint8))


def test_address_where_nothing_listens_is_named() -> None:
    with (
        pytest.raises(ModelError, match=r"no Dask scheduler answers at 'tcp://127\.0\.0\.1:9'"),
        cluster("tcp://127.0.0.1:9"),
    ):
        pass


def test_scheduler_without_a_worker_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreading, "CONNECT_TIMEOUT_S", 2)
    with (
        cluster_without_workers() as address,
        pytest.raises(ModelError, match="has no worker"),
        cluster(address),
    ):
        pass


@pytest.mark.parametrize(
    ("scheduler", "wanted"),
    [
        (None, {}),
        (LOCAL, {"executor": "dask", "dask_scheduler": None}),
        ("tcp://box:8786", {"executor": "dask", "dask_scheduler": "tcp://box:8786"}),
    ],
    ids=["none", "this machine", "another"],
)
def test_scheduler_decides_who_renders(scheduler: str | None, wanted: dict[str, object]) -> None:
    assert on_dask(scheduler) == wanted
