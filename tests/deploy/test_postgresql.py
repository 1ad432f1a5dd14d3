"""Prefect's data in PostgreSQL: the pipeline, upkeep and a server that is killed."""

import os
from pathlib import Path

import psutil
import pytest

from components.modeling.registry import ModelRegistry
from tests.deploy.operated import ALIVE, FIRST_RUN_S, operated
from tests.deploy.postgresql import missing, postgresql
from tests.deploy.programs import wait_for

pytestmark = [
    pytest.mark.skipif(
        not os.environ.get("DXFVISION_DEPLOY"), reason="takes minutes: make test-deploy"
    ),
    pytest.mark.skipif(bool(missing()), reason=missing() or "PostgreSQL is there"),
    pytest.mark.timeout(3600),
]


def test_pipeline_upkeep_and_killed_server_on_postgresql(tmp_path: Path) -> None:
    variable = "DXFVISION_OPERATIONS__SERVER__DATABASE_URL"
    with postgresql() as url, operated(tmp_path, **{variable: url}) as box:
        wait_for("a first run", lambda: box.processes("flow"), FIRST_RUN_S)
        for process in box.processes("server"):
            process.kill()
            psutil.wait_procs([process], timeout=10)
        wait_for("a run that ends well", box.reached, FIRST_RUN_S)
        assert ModelRegistry(box.home.registry).champion() is not None
        assert not (box.home.state / "prefect" / "prefect.db").exists()

        deployments = {each["name"]: each["id"] for each in box.ask("deployments/filter")}
        started = box.ask(f"deployments/{deployments['maintenance']}/create_flow_run")
        ended = {"id": {"any_": [started["id"]]}, "state": {"type": {"any_": ["COMPLETED"]}}}
        wait_for("maintenance that completes", lambda: box.runs(**ended), 300)
        wait_for("no run that is alive", lambda: not box.runs(state=ALIVE), 120)
