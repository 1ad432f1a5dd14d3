"""Drift that is really told to a Prefect server starts `improve` there, which asks a person.

The server has a database of its own, everything that `dxfvision deploy` sets up, twice, and
evaluates its automations; the one that all tests share does not.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from components.files import write_text
from components.home import Home
from components.modeling.registry import ModelRegistry
from components.operations.drift.frames import write_frames
from components.operations.server.automations import ON_DRIFT
from components.operations.server.prefect_server import (
    client_environment,
    server_command,
    server_environment,
)
from components.serving.feature_log import features_folder
from components.serving.launch import free_port
from components.settings.operations import OperationsSettings
from tests.bundles import encoded, make_bundle, scene
from tests.unit.operations.drift.test_looking import darker, frames

pytestmark = pytest.mark.flow

LONGEST_S = 240.0
LOOK = """
import sys
from pathlib import Path
from flows.watch_drift import watch_drift
for _ in range(int(sys.argv[2])):
    print("found:", watch_drift(Path(sys.argv[1])).state)
"""
DEPLOY = "from components.cli.app import main; main()"
POOL = "belt-1"
"""As the home folder's own settings call it."""


@dataclass
class Site:
    """A home folder and the server that knows it."""

    home: Home
    settings: OperationsSettings

    def python(self, *words: str) -> str:
        """Run Python as a process of the worker would run; return what it printed."""
        done = subprocess.run(
            [sys.executable, *words],
            env=client_environment(self.home, self.settings),
            cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LONGEST_S,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def set_up(self) -> list[dict[str, Any]]:
        """Run `dxfvision deploy`; return what it says."""
        told = self.python("-c", DEPLOY, "deploy", "--home", str(self.home.root), "--json")
        return [json.loads(line) for line in told.splitlines() if line.startswith("{")]

    def looks(self, times: int) -> list[str]:
        """Return what so many looks at drift find."""
        told = self.python("-c", LOOK, str(self.home.root), str(times))
        return [line.split()[-1] for line in told.splitlines() if line.startswith("found:")]

    def ask(self, path: str, **body: Any) -> list[dict[str, Any]]:
        """Return what the server has of a kind."""
        url = f"{self.settings.server.api_url}/{path}"
        found: list[dict[str, Any]] = httpx.post(url, json=body, timeout=60).json()
        return found

    def improvements(self) -> list[dict[str, Any]]:
        """Return the runs of the flow `improve`."""
        return self.ask("flow_runs/filter", flows={"name": {"any_": ["improve"]}})


def wait_until(what: str, seen: Any) -> Any:
    deadline = time.monotonic() + LONGEST_S
    while time.monotonic() < deadline:
        try:
            if found := seen():
                return found
        except httpx.HTTPError:
            pass
        time.sleep(0.5)
    raise AssertionError(f"{what}: not within {LONGEST_S:g} s")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    home = Home(tmp_path / "belt-1")
    home.prepare()
    (home.photos / "frame.png").write_bytes(encoded(scene()))
    registry = ModelRegistry(home.registry)
    registry.promote(registry.register(make_bundle(tmp_path / "bundle")).version)
    write_text(home.configs / "operations_config.yaml", f"worker: {{pool: {POOL}}}\n")
    loaded = OperationsSettings.load(home.configs)
    server = loaded.server.model_copy(update={"port": free_port()})
    settings = loaded.model_copy(update={"server": server})
    with (tmp_path / "server.log").open("wb") as log:
        process = subprocess.Popen(
            server_command(settings),
            env=server_environment(home, settings),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        health = f"{server.api_url}/health"
        wait_until("a server", lambda: httpx.get(health, timeout=5).is_success)
        yield Site(home, settings)
    finally:
        process.terminate()
        process.wait(60)


def test_drift_starts_improve_once_and_it_asks_a_person(site: Site) -> None:
    done = site.set_up()
    assert site.set_up() == done
    for path, kind in (("deployments", "deployment"), ("work_pools", "work pool")):
        names = sorted(each["name"] for each in site.ask(f"{path}/filter"))
        assert names == sorted(each["name"] for each in done if each["kind"] == kind)

    champion = ModelRegistry(site.home.registry).champion()
    assert champion is not None
    log = features_folder(site.home)
    write_frames(log / "1.jsonl", frames(champion.version, 220, 1, ago_s=3600))
    assert site.looks(1) == ["steady"]
    write_frames(log / "2.jsonl", frames(champion.version, 600, 2, change=darker))
    assert site.looks(2) == ["drifting", "drifting"]

    (run,) = wait_until("a run of improve", site.improvements)
    assert run["created_by"]["type"] == "AUTOMATION"
    assert run["created_by"]["display_value"] == ON_DRIFT
    assert run["parameters"]["home"] == str(site.home.root)
    assert (run["work_pool_name"], run["work_queue_name"]) == (POOL, "home")
    site.python("-m", "prefect", "flow-run", "execute", run["id"])
    (ended,) = site.improvements()
    assert ended["state_name"] == "AwaitingReview"
    assert str(site.home.autolabel) in ended["state"]["message"]
