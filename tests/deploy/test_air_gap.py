"""A bundle is installed on a bare Debian without any network, and its model answers there."""

import shutil
import subprocess
from pathlib import Path

import pytest

from components.home import Home
from components.modeling.registry import ModelRegistry
from tests.bundles import make_bundle
from tests.deploy.boxed import engine_missing
from tests.deploy.stack import DRAWINGS, ROOT

PYTHON_IMAGE = "python:3.11.14-slim-bookworm"
BOX = Path(__file__).with_name("air_gap.sh")
"""What is done on the box; it prints a line for each thing that a test looks for."""

MISSING = engine_missing()


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the box printed: a container without network and without any package of ours."""
    if MISSING:
        pytest.skip(MISSING)
    folder = tmp_path_factory.mktemp("air-gap")
    home = Home(folder / "home")
    home.prepare()
    shutil.copytree(DRAWINGS, home.drawings, dirs_exist_ok=True)
    registry = ModelRegistry(home.registry)
    registry.promote(registry.register(make_bundle(folder / "bundle")).version)
    packed = folder / "packed" / "bundle.tar"
    subprocess.run(
        ["deploy/bundle.sh", "--home", str(home.root), "--out", str(packed)], cwd=ROOT, check=True
    )
    done = subprocess.run(
        [
            *("docker", "run", "--rm", "--network", "none"),
            *("-v", f"{packed.parent}:/packed:ro", "-v", f"{BOX}:/air_gap.sh:ro"),
            *(PYTHON_IMAGE, "bash", "/air_gap.sh"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.timeout(1200)
def test_there_is_no_way_out(told: str) -> None:
    assert "a way out: none" in told


def test_every_file_is_checked_before_it_is_installed(told: str) -> None:
    assert "bundle.tar: OK" in told
    assert "bundle: every file is as it was packed" in told


def test_the_model_of_the_bundle_answers_there(told: str) -> None:
    assert "answered: plate, ring" in told


def test_a_second_installation_changes_nothing(told: str) -> None:
    assert "releases/0.1.0 is there" in told


def test_a_damaged_bundle_is_refused_and_nothing_is_installed(told: str) -> None:
    assert "damaged: refused, nothing below /other" in told
