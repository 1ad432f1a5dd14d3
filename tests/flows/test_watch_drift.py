"""Drift on a real Prefect server: an event at its beginning and end, and who answers it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from prefect.client.orchestration import get_client

from components.errors import ServiceError
from components.home import Home
from components.modeling.registry import ModelRegistry
from components.operations.drift.frames import write_frames
from components.operations.drift.looking import check_drift
from components.operations.server.automations import (
    DRIFT_BEGAN,
    DRIFT_ENDED,
    IMPROVEMENT,
    ON_DRIFT,
    set_up_automations,
)
from components.operations.server.witness import read_witness
from components.serving.feature_log import features_folder
from flows import watch_drift as module
from flows.improve import improve
from flows.watch_drift import watch_drift
from tests.bundles import make_bundle
from tests.unit.operations.drift.test_looking import darker, frames

pytestmark = pytest.mark.flow


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "belt-1")
    registry = ModelRegistry(home.registry)
    version = registry.promote(registry.register(make_bundle(tmp_path / "bundle")).version).version
    old = frames(version, 200, 1, ago_s=48 * 3600)
    write_frames(features_folder(home) / "1.jsonl", old)
    return home


def answered(home: Home, change: Callable[[dict[str, Any]], None] | None, seed: int) -> None:
    (version,) = (each.version for each in ModelRegistry(home.registry).list())
    write_frames(features_folder(home) / "2.jsonl", frames(version, 300, seed, change=change))


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the events, in order."""
    names: list[str] = []

    def emit(event: str, resource: dict[str, str], payload: dict[str, Any]) -> None:
        assert resource["prefect.resource.id"] == "dxfvision.home.belt-1"
        assert payload["version"]
        names.append(event)

    monkeypatch.setattr(module, "emit_event", emit)
    return names


def test_each_drift_is_told_once_when_it_begins_and_once_when_it_ends(
    home: Home, told: list[str]
) -> None:
    answered(home, None, 2)
    assert watch_drift(home.root).state == "steady"
    assert told == []
    answered(home, darker, 3)
    assert [watch_drift(home.root).state for _ in range(2)] == ["drifting", "drifting"]
    assert told == [DRIFT_BEGAN]
    answered(home, None, 4)
    assert watch_drift(home.root).state == "steady"
    assert told == [DRIFT_BEGAN, DRIFT_ENDED]


def test_drift_that_a_person_saw_first_is_told_all_the_same(home: Home, told: list[str]) -> None:
    answered(home, None, 2)
    watch_drift(home.root)
    answered(home, darker, 3)
    assert check_drift(home).state == "drifting"
    watch_drift(home.root)
    assert told == [DRIFT_BEGAN]


def test_event_that_the_server_did_not_take_is_told_by_the_next_look(
    home: Home, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answered(home, None, 2)
    watch_drift(home.root)
    answered(home, darker, 3)
    with monkeypatch.context() as away:

        def refuse(**_: Any) -> None:
            raise httpx.ConnectError("the server restarts")

        away.setattr(module, "emit_event", refuse)
        with pytest.raises(httpx.ConnectError):
            watch_drift(home.root)
    assert watch_drift(home.root).state == "drifting"
    assert told == [DRIFT_BEGAN]


def test_run_leaves_a_note_how_it_ended(home: Home, told: list[str]) -> None:
    """Else one that ended well while the server was away would be called crashed."""
    answered(home, None, 2)
    watch_drift(home.root)
    (note,) = (home.state / "runs").glob("*.json")
    witness = read_witness(home, note.stem)
    assert witness is not None
    assert witness.outcome == "completed"


def test_automation_is_set_up_once_however_often_it_is_asked_for() -> None:
    with get_client(sync_client=True) as client:
        flow_id = client.create_flow(improve)
        deployment = client.create_deployment(flow_id, IMPROVEMENT.partition("/")[2])
    for _ in range(2):
        assert set_up_automations() == [ON_DRIFT]
    with get_client(sync_client=True) as client:
        (found,) = client.read_automations_by_name(ON_DRIFT)
        assert found.model_dump()["actions"][0]["deployment_id"] == deployment
        assert found.enabled
        client.delete_automation(found.id)
        client.delete_deployment(deployment)
    with pytest.raises(ServiceError, match="run `dxfvision deploy`"):
        set_up_automations()
