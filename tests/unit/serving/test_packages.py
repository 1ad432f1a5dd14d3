"""What the serving image runs needs no package that is not in it."""

import subprocess
import sys
from pathlib import Path

import pytest

LOCK = Path(__file__).parents[3] / "requirements-serve.txt"

ONLY_LOCKED = """
import re, sys
from importlib.metadata import packages_distributions

def plain(name):
    return re.sub("[-_.]+", "-", name).lower()

locked = {plain(name) for name in re.findall(r"^([\\w.-]+)==", open(sys.argv[1]).read(), re.M)}

class Refused:
    known = packages_distributions()

    def find_spec(self, name, path=None, target=None):
        owners = {plain(owner) for owner in self.known.get(name.partition(".")[0], ())}
        if owners and not owners & (locked | {"dxfvision"}):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Refused())
"""
"""What is installed here beyond the lock cannot be imported any more."""


def run(program: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", ONLY_LOCKED + program, str(LOCK), *words],
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_is_not_locked_is_refused() -> None:
    assert "No module named 'scipy'" in run("import scipy").stderr


@pytest.mark.parametrize(
    "module",
    ["components.serving.service", "components.serving.inspecting", "components.camera.agent"],
)
def test_service_and_camera_agent_can_be_imported(module: str) -> None:
    done = run(f"import {module}")
    assert done.returncode == 0, done.stderr


def test_the_doctor_looks_at_everything(tmp_path: Path) -> None:
    program = "from components.cli.app import app; app(sys.argv[2:])"
    done = run(program, "doctor", "--home", str(tmp_path), "--json")
    assert '"check": "drift"' in done.stdout, done.stderr
    assert "Traceback" not in done.stderr
