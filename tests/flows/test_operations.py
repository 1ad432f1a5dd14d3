"""Sweeping and watching against a real Prefect server."""

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from prefect import flow
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitUpdate
from prefect.client.schemas.objects import StateType
from prefect.states import Completed, Crashed, Failed, Pending, Running, State

from components.files import write_json
from components.home import Home
from components.operations.launch import watcher as watcher_module
from components.operations.launch.drawing_watch import Change
from components.operations.launch.watcher import DEPLOYMENT, PipelineStarter
from components.operations.server import sweeping
from components.operations.server.sweeping import sweep
from components.operations.server.witness import Witness, witness_file
from components.settings.operations import OperationsSettings

pytestmark = pytest.mark.flow
SETTINGS = OperationsSettings.load()
NOBODY = 2**22 - 1
"""No process has this number."""


@flow(name="work-in-a-home")
def work(home: str, profile: str = "tiny", publish_first: bool = False) -> None:
    """Do nothing."""


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[SyncPrefectClient]:
    monkeypatch.setattr(sweeping, "SECOND_LOOK_S", 0.01)
    with get_client(sync_client=True) as client:
        yield client


def begun(client: SyncPrefectClient, home: Home, state: State[object]) -> UUID:
    return client.create_flow_run(work, parameters={"home": str(home.root)}, state=state).id


def saw(home: Home, run: UUID, pid: int, outcome: str | None) -> None:
    witness = Witness.model_validate(
        {
            "host": socket.gethostname(),
            "boot": "",
            "pid": pid,
            "born": 1.0,
            "beginning": time.time(),
            "outcome": outcome,
        }
    )
    write_json(witness_file(home, str(run)), witness)


def state_of(client: SyncPrefectClient, run: UUID) -> StateType:
    state = client.read_flow_run(run).state
    assert state is not None
    return state.type


@pytest.mark.parametrize(
    ("outcome", "end"),
    [
        (None, StateType.CRASHED),
        ("completed", StateType.COMPLETED),
        ("failed", StateType.FAILED),
    ],
)
def test_run_without_process_ends_as_its_work_did(
    client: SyncPrefectClient, home: Home, outcome: str | None, end: StateType
) -> None:
    run = begun(client, home, Running())
    saw(home, run, NOBODY, outcome)
    sweep(client, home, 60)
    assert state_of(client, run) == end


def test_run_that_never_began_to_work_is_dead_after_a_while(
    client: SyncPrefectClient, home: Home
) -> None:
    run = begun(client, home, Pending())
    sweep(client, home, 3600)
    assert state_of(client, run) == StateType.PENDING
    sweep(client, home, 0)
    assert state_of(client, run) == StateType.CRASHED


def test_living_ended_and_foreign_runs_are_left_alone(
    client: SyncPrefectClient, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    living = begun(client, home, Running())
    monkeypatch.setattr(sweeping, "_has_process", lambda run: run == living)
    elsewhere = begun(client, Home(tmp_path / "another"), Running())
    ended = begun(client, home, Running())
    client.set_flow_run_state(ended, Completed())
    saw(home, ended, NOBODY, None)
    sweep(client, home, 0)
    found = [state_of(client, run) for run in (living, elsewhere, ended)]
    assert found == [StateType.RUNNING, StateType.RUNNING, StateType.COMPLETED]


def test_run_that_ends_between_the_two_looks_is_not_crashed(
    client: SyncPrefectClient, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begun(client, home, Running())
    saw(home, run, NOBODY, None)

    def meanwhile(_: float) -> None:
        client.set_flow_run_state(run, Completed())

    monkeypatch.setattr(sweeping.time, "sleep", meanwhile)
    assert sweep(client, home, 60) == []
    assert state_of(client, run) == StateType.COMPLETED


@pytest.fixture
def deployment(client: SyncPrefectClient) -> UUID:
    """The pipeline's deployment, of a flow that does nothing."""
    flow_id = client.create_flow(work)
    return client.create_deployment(
        flow_id,
        DEPLOYMENT,
        parameters={"home": "/nowhere"},
        concurrency_limit=1,
        enforce_parameter_schema=False,
    )


def test_slot_that_nobody_holds_is_freed(
    client: SyncPrefectClient, home: Home, deployment: UUID
) -> None:
    limit = client.read_deployment(deployment).global_concurrency_limit
    assert limit is not None
    client.update_global_concurrency_limit(
        str(limit.id), GlobalConcurrencyLimitUpdate(active_slots=1)
    )
    assert [each.name for each in sweep(client, home, 60)] == [DEPLOYMENT]
    after = client.read_deployment(deployment).global_concurrency_limit
    assert after is not None
    assert after.active_slots == 0


def starter(home: Home) -> PipelineStarter:
    return PipelineStarter(home, "tiny", SETTINGS.watcher.model_copy(update={"retry_s": 0.0}))


def run_of(home: Home) -> UUID:
    return UUID(json.loads((home.state / "watcher.json").read_text())["run"])


def test_changed_drawings_start_one_run_until_it_ends_well(
    client: SyncPrefectClient, home: Home, deployment: UUID
) -> None:
    change = Change("a" * 64, 2, 0.0)
    assert starter(home).step(client, change) == "started"
    run = run_of(home)
    assert client.read_flow_run(run).parameters["publish_first"] is True
    # Another watcher goes on where this one ended.
    assert starter(home).step(client, change) == "running"
    client.set_flow_run_state(run, Completed(), force=True)
    assert starter(home).step(client, change) == "reached"
    assert starter(home).step(client, change) == "reached"
    assert run_of(home) == run


def test_newer_drawings_end_the_run_for_older_ones(
    client: SyncPrefectClient, home: Home, deployment: UUID
) -> None:
    watcher = starter(home)
    watcher.step(client, Change("a" * 64, 2, 0.0))
    older = run_of(home)
    client.set_flow_run_state(older, Running(), force=True)
    assert watcher.step(client, Change("b" * 64, 3, 0.0)) == "started"
    assert state_of(client, older) == StateType.CANCELLING
    assert run_of(home) != older


def test_run_for_older_drawings_that_waits_its_turn_never_begins(
    client: SyncPrefectClient, home: Home, deployment: UUID
) -> None:
    watcher = starter(home)
    watcher.step(client, Change("a" * 64, 2, 0.0))
    older = run_of(home)
    assert state_of(client, older) == StateType.SCHEDULED
    watcher.step(client, Change("b" * 64, 3, 0.0))
    assert state_of(client, older) == StateType.CANCELLED
    assert state_of(client, run_of(home)) == StateType.SCHEDULED


def test_run_that_is_killed_each_time_is_not_started_without_a_pause(
    client: SyncPrefectClient, home: Home, deployment: UUID
) -> None:
    patient = PipelineStarter(home, "tiny", SETTINGS.watcher.model_copy(update={"retry_s": 300.0}))
    change = Change("a" * 64, 2, 0.0)
    steps = [patient.step(client, change)]
    for _ in range(2):
        client.set_flow_run_state(run_of(home), Crashed(), force=True)
        steps.append(patient.step(client, change))
    assert steps == ["started", "started", "waiting"]


def test_clock_that_was_set_back_keeps_no_failed_run_waiting(
    client: SyncPrefectClient, home: Home, deployment: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = PipelineStarter(home, "tiny", SETTINGS.watcher.model_copy(update={"retry_s": 300.0}))
    change = Change("a" * 64, 2, 0.0)
    patient.step(client, change)
    client.set_flow_run_state(run_of(home), Failed(), force=True)
    assert patient.step(client, change) == "waiting"
    then = time.time()
    monkeypatch.setattr(watcher_module.time, "time", lambda: then - 86_400)
    assert patient.step(client, change) == "started"


def test_killed_run_is_started_again_and_a_failing_one_not_for_ever(
    client: SyncPrefectClient, home: Home, deployment: UUID
) -> None:
    watcher, change = starter(home), Change("a" * 64, 2, 0.0)
    watcher.step(client, change)
    client.set_flow_run_state(run_of(home), Crashed(), force=True)
    assert watcher.step(client, change) == "started"
    steps = []
    for _ in range(4):
        client.set_flow_run_state(run_of(home), Failed(), force=True)
        steps.append(watcher.step(client, change))
    assert steps == ["started", "started", "failed", "failed"]
