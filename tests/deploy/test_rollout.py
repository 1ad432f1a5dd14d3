"""A model goes to many boxes: network namespaces with home folders and services of their own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.files import write_json, write_text
from components.home import Home
from components.modeling.champion import read_champion
from components.modeling.registry import ModelRegistry
from components.serving.launch import free_port
from tests.bundles import make_bundle
from tests.deploy.stack import ROOT

NAMES = ("box-01", "box-02", "box-03")
RINGS = "canary: box-01\nrest: box-02 box-03\n"

MISSING = "takes minutes: make test-deploy" if not os.environ.get("DXFVISION_DEPLOY") else ""
if not MISSING and (os.geteuid() or shutil.which("ip") is None):
    MISSING = "network namespaces need root and the program ip"


@pytest.fixture
def boxes(tmp_path: Path) -> Iterator[dict[str, Home]]:
    """Three boxes that serve the same champion; no network leads out of them."""
    if MISSING:
        pytest.skip(MISSING)
    homes = {}
    for name in NAMES:
        # A test that was killed leaves its own behind.
        subprocess.run(["ip", "netns", "del", f"dxf-{name}"], capture_output=True, check=False)
        subprocess.run(["ip", "netns", "add", f"dxf-{name}"], check=True)
        subprocess.run(["ip", "-n", f"dxf-{name}", "link", "set", "lo", "up"], check=True)
        homes[name] = home = Home(tmp_path / name)
        write_text(home.configs / "serve_config.yaml", f"port: {free_port()}\nworkers: 1\n")
        registry = ModelRegistry(home.registry)
        registry.promote(registry.register(make_bundle(home.root / "first")).version)
    yield homes
    for name in NAMES:
        subprocess.run(["ip", "netns", "del", f"dxf-{name}"], check=True)


def exported(folder: Path, bundle: Path) -> Path:
    """Register a bundle where models are made; return the file that goes to the boxes."""
    registry = ModelRegistry(folder / "registry")
    version = registry.register(bundle).version
    return registry.export(version, folder / f"{version}.bentomodel")


def roll_out(folder: Path, model: Path, rings: str = RINGS) -> subprocess.CompletedProcess[str]:
    """Run the script; boxes are reached as by ssh, those without a home do not answer."""
    shell = folder / "box-shell"
    shell.write_text(
        "#!/bin/sh\n"
        f'[ -d "{folder}/$1" ] || exit 255\n'
        f'exec ip netns exec "dxf-$1" env DXFVISION_HOME="{folder}/$1" sh -c "$2"\n'
    )
    shell.chmod(0o755)
    (folder / "rings.txt").write_text(rings)
    return subprocess.run(
        [
            *("deploy/rollout.sh", "--rings", str(folder / "rings.txt"), "--pause", "0"),
            *("--via", f"{shell} {{}}", str(model)),
        ],
        cwd=ROOT,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )


def champions(boxes: dict[str, Home]) -> dict[str, str]:
    found = {}
    for name, home in boxes.items():
        record = read_champion(home.registry / "champion.json")
        assert record is not None
        found[name] = record.version
    return found


@pytest.mark.timeout(1200)
def test_a_good_model_reaches_every_box_and_again_changes_nothing(
    boxes: dict[str, Home], tmp_path: Path
) -> None:
    model = exported(tmp_path, make_bundle(tmp_path / "second", "second", sharpness=0.3))
    done = roll_out(tmp_path, model)
    assert done.returncode == 0, done.stdout
    assert set(champions(boxes).values()) == {model.stem}
    again = roll_out(tmp_path, model)
    assert again.returncode == 0, again.stdout
    assert again.stdout.count("has it") == len(NAMES)


@pytest.mark.timeout(900)
def test_a_model_that_no_service_accepts_stops_at_the_first_box(
    boxes: dict[str, Home], tmp_path: Path
) -> None:
    before = champions(boxes)
    liar = make_bundle(tmp_path / "liar", "liar", sharpness=0.4)
    write_json(liar / "golden" / "expected.json", {"1.png": [], "2.png": []})
    done = roll_out(tmp_path, exported(tmp_path, liar))
    assert done.returncode == 1
    assert "box-01" in done.stdout
    assert "stops" in done.stdout
    assert "ring rest" not in done.stdout
    assert champions(boxes) == before


@pytest.mark.timeout(900)
def test_a_box_that_does_not_answer_takes_its_ring_back(
    boxes: dict[str, Home], tmp_path: Path
) -> None:
    before = champions(boxes)
    model = exported(tmp_path, make_bundle(tmp_path / "second", "second", sharpness=0.3))
    done = roll_out(tmp_path, model, "canary: box-01\nrest: box-02 box-lost box-03\n")
    assert done.returncode == 1
    assert "box-lost" in done.stdout
    assert champions(boxes) == {**before, "box-01": model.stem}
