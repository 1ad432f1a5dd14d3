"""`dxfvision bench generate` as a user calls it."""

import json
from pathlib import Path

import pytest

from tests.unit.cli.test_app import DRAWINGS, dxfvision


def test_figures_name_machine_versions_and_every_run(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    done = dxfvision(
        "bench", "generate", "--home", tmp_path, "--drawings", DRAWINGS, "--json",
        "--images", "32", "--sizes", "96x72", "--executors", "sequential,thread",
        "--workers", "1,2", "--repetitions", "1", "--scratch", scratch,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["machine"]["versions"]["numpy"]
    assert found["machine"]["cores"] >= 1
    runs = {(rate["executor"], rate["workers"]) for rate in found["rates"]}
    assert runs == {("sequential", 1), ("thread", 1), ("thread", 2)}
    assert set(found["costs"][0]["stages_ms"]) >= {"layout", "render", "camera", "write"}
    assert {"median", "spread"} == set(found["costs"][0]["limit_ms"])
    assert list(scratch.iterdir()) == []
    assert {each.name for each in tmp_path.iterdir()} == {"scratch", "logs"}


@pytest.mark.parametrize(
    "arguments",
    [("--sizes", "big"), ("--sizes", "16x16"), ("--executors", "gpu"), ("--workers", "0")],
    ids=lambda pair: pair[1],
)
def test_wrong_usage_is_refused(tmp_path: Path, arguments: tuple[str, str]) -> None:
    done = dxfvision("bench", "generate", "--home", tmp_path, *arguments)
    assert done.returncode == 2
    assert arguments[1] in done.stderr
