"""The console script, ended in the middle of the training as a user or the system ends it."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from components.files import write_text
from components.home import Home

pytestmark = pytest.mark.flow

DRAWINGS = Path(__file__).parents[2] / "data" / "raw" / "dxf_templates"
SCRIPT = Path(sys.executable).with_name("dxfvision")
BEFORE_TRAINING = ("read-drawings", "generate", "validate")
LONG_ENOUGH = "profiles: {tiny: {steps: 40, checkpoint_every_s: 0.2}}\n"
DEADLINE_S = 100
SOON_S = 20


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home folder whose training takes a few seconds."""
    write_text(tmp_path / "configs" / "train_config.yaml", LONG_ENOUGH)
    return Home(tmp_path)


@contextmanager
def started(home: Home) -> Iterator[subprocess.Popen[str]]:
    """Run the pipeline in a process group of its own, with a Prefect server of its own."""
    environment = {name: value for name, value in os.environ.items() if "PREFECT" not in name}
    run = subprocess.Popen(
        [SCRIPT, "run", "--home", home.root, "--drawings", DRAWINGS, "--profile", "tiny"],
        env=environment | {"PREFECT_SERVER_ANALYTICS_ENABLED": "false", "COLUMNS": "200"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with run:
        try:
            yield run
        finally:
            if run.poll() is None:
                with suppress(ProcessLookupError):
                    os.killpg(run.pid, signal.SIGKILL)


def end_during_training(run: subprocess.Popen[str], home: Home, number: signal.Signals) -> None:
    """Send a signal to the whole group, as a terminal does, once a checkpoint is there."""
    deadline = time.monotonic() + DEADLINE_S
    while not home.checkpoint.exists():
        assert run.poll() is None, run.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(run.pid, number)


def test_killed_run_goes_on_where_it_stopped(home: Home) -> None:
    with started(home) as run:
        end_during_training(run, home, signal.SIGKILL)
    assert not (home.state / "train.json").exists()
    with started(home) as run:
        shown, messages = run.communicate(timeout=DEADLINE_S)
    assert run.returncode == 0, messages
    for stage in BEFORE_TRAINING:
        assert re.search(rf"{stage}\W+unchanged, skipped", shown), shown
    assert not re.search(r"train\W+unchanged, skipped", shown), shown


def test_interrupted_run_says_how_to_go_on(home: Home) -> None:
    with started(home) as run:
        end_during_training(run, home, signal.SIGINT)
        _, messages = run.communicate(timeout=SOON_S)
    assert run.returncode == 130, messages
    assert "goes on where this one stopped" in messages
    assert "Traceback" not in messages
