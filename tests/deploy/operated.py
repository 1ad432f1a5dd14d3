"""A home folder with everything that `dxfvision up` runs but the service."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import psutil

from components.files import write_text
from components.home import Home
from components.operations.server.witness import read_witness
from components.serving.launch import free_port

SCRIPT = Path(sys.executable).with_name("dxfvision")
DRAWINGS = Path(__file__).parents[2] / "data" / "raw" / "dxf_templates"
PROGRAMS = ("prefect-server", "deploy", "worker", "watcher")
KINDS = ("worker", "flow", "server")
FIRST_RUN_S = 1200.0
"""A machine that is busy with other work takes its time."""
ALIVE = {"type": {"any_": ["PENDING", "RUNNING", "CANCELLING"]}}


class Box:
    """The programs of one home folder.

    Args:
        home: With drawings.
        variables: Further ones of the environment.
    """

    def __init__(self, home: Home, **variables: str) -> None:
        """Start them."""
        self.home = home
        self.port = free_port()
        self._environment = os.environ | {
            "DXFVISION_OPERATIONS__SERVER__PORT": str(self.port),
            "DXFVISION_OPERATIONS__WORKER__PORT": str(free_port()),
            "DXFVISION_OPERATIONS__WATCHER__SWEEP_S": "10",
            "DXFVISION_OPERATIONS__WATCHER__PENDING_S": "60",
            "DXFVISION_OPERATIONS__WATCHER__RETRY_S": "5",
            "DXFVISION_SERVE__PORT": str(free_port()),
            **variables,
        }
        only = [word for name in PROGRAMS for word in ("--only", name)]
        self.up = subprocess.Popen(
            [SCRIPT, "up", "--home", home.root, "--profile", "tiny", *only],
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def ask(self, path: str, **body: Any) -> Any:
        """Ask the server's API."""
        url = f"http://127.0.0.1:{self.port}/api/{path}"
        return httpx.post(url, json=body, timeout=60).raise_for_status().json()

    def runs(self, **runs: Any) -> list[dict[str, Any]]:
        """Return the runs that fit."""
        found: list[dict[str, Any]] = self.ask("flow_runs/filter", flow_runs=runs)
        return found

    def processes(self, kind: str) -> list[psutil.Process]:
        """Return the processes of a kind that belong to this box."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                variables, words = process.environ(), process.cmdline()
                if variables.get("DXFVISION_HOME") == str(self.home.root) and kind == _kind(words):
                    found.append(process)
        return found

    def settled(self) -> bool:
        """Whether every run that the server calls alive has a process."""
        for run in self.runs(state=ALIVE):
            witness = read_witness(self.home, run["id"])
            if witness is not None and not witness.alive:
                return False
        return True

    def reached(self) -> bool:
        """Whether the watcher has seen a run for these drawings end well."""
        file = self.home.state / "watcher.json"
        return file.exists() and '"done": true' in file.read_text()


def _kind(words: list[str]) -> str | None:
    """Return which of our processes has such a command line."""
    line = " ".join(words)
    if "prefect.engine" in line:
        return "flow"
    if "prefect worker start" in line:
        return "worker"
    return "server" if "prefect server start" in line or "create_app" in line else None


@contextmanager
def operated(folder: Path, **variables: str) -> Iterator[Box]:
    """Run a box with two drawings; whatever of it lives at the end is killed.

    Args:
        folder: The home folder comes in there.
        variables: Further ones of its environment.
    """
    home = Home(folder / "home")
    home.prepare()
    for drawing in sorted(DRAWINGS.glob("*.dxf"))[:2]:
        (home.drawings / drawing.name).write_bytes(drawing.read_bytes())
    write_text(home.configs / "operations_config.yaml", "publish: {pictures: 10}\n")
    box = Box(home, **variables)
    try:
        yield box
    finally:
        box.up.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            box.up.wait(120)
        box.up.kill()
        for kind in KINDS:
            for process in box.processes(kind):
                process.kill()
