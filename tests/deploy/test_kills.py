"""Worker, flow process and server are killed at random moments; nothing may be lost.

`DXFVISION_KILLS=20` kills twenty times, without it once each; the moments follow from
`DXFVISION_KILL_SEED`.
"""

import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from components.modeling.champion import read_champion
from components.modeling.registry import ModelRegistry
from components.operations.server.witness import read_witness
from tests.deploy.operated import ALIVE, FIRST_RUN_S, KINDS, Box, operated
from tests.deploy.programs import wait_for

KILLS = int(os.environ.get("DXFVISION_KILLS", "3"))
SEED = int(os.environ.get("DXFVISION_KILL_SEED", "0"))
RIGHT_WITHIN_S = 300.0
LONGEST_S = 3600.0

pytestmark = [
    pytest.mark.skipif(
        not os.environ.get("DXFVISION_DEPLOY"), reason="takes minutes: make test-deploy"
    ),
    pytest.mark.timeout(LONGEST_S + 600),
]


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    with operated(tmp_path) as box:
        yield box


def test_kills_at_random_moments_lose_nothing(box: Box) -> None:
    moments = random.Random(SEED)
    wait_for("a first run", lambda: box.processes("flow"), FIRST_RUN_S)
    for number in range(KILLS):
        time.sleep(moments.uniform(0.5, 25))
        kind = KINDS[number % len(KINDS)]
        for process in box.processes(kind):
            with suppress(psutil.NoSuchProcess):
                process.kill()
        wait_for(f"order after kill {number} of the {kind}", box.settled, RIGHT_WITHIN_S)
    wait_for("a run that ends well", box.reached, LONGEST_S)
    assert read_champion(ModelRegistry(box.home.registry).champion_file) is not None
    wait_for("no run that is alive", lambda: not box.runs(state=ALIVE), RIGHT_WITHIN_S)
    for run in box.runs():
        witness = read_witness(box.home, run["id"])
        if witness is not None and witness.outcome == "completed":
            assert run["state_type"] == "COMPLETED", run["name"]
    for deployment in box.ask("deployments/filter"):
        limit = deployment["global_concurrency_limit"]
        assert limit is None or limit["active_slots"] == 0, deployment["name"]


def test_everything_ends_together_and_at_once(box: Box) -> None:
    wait_for("a first run", lambda: box.processes("flow"), FIRST_RUN_S)
    box.up.send_signal(signal.SIGINT)
    assert box.up.wait(120) == 0
    wait_for("an end of all", lambda: not any(box.processes(kind) for kind in KINDS), 60)
