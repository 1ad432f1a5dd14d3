"""Maintenance and self-check against a real Prefect server."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey

from components.errors import PipelineError
from components.home import Home
from components.modeling.registry import ModelRegistry
from components.operations.health.checking import all_checks
from components.operations.server.prefect_server import sqlite_file
from components.operations.stages.metrics import metrics_file
from components.operations.upkeep import maintaining
from components.settings.operations import OperationsSettings
from flows import maintain as module
from flows.maintain import maintain
from flows.monitor import monitor
from tests.bundles import make_bundle

pytestmark = pytest.mark.flow
SETTINGS = OperationsSettings.load()


def test_maintenance_keeps_what_serves_and_reports(home: Home, tmp_path: Path) -> None:
    registry = ModelRegistry(home.registry)
    champion = registry.promote(registry.register(make_bundle(tmp_path / "b")).version)
    old = home.logs / "worker.log.1"
    old.parent.mkdir()
    old.write_text("x")
    os.utime(old, (1, 1))
    retention, _, backup = maintain(home.root)
    assert not old.exists()
    assert retention.figures["removed"][0]["kind"] == "logs"
    assert backup.figures["archive"]["champion"] == champion.version
    with get_client(sync_client=True) as client:
        reports = client.read_artifacts(
            artifact_filter=ArtifactFilter(key=ArtifactFilterKey(any_=["maintenance-report"]))
        )
    assert "restored on trial" in str(reports[0].data)


def test_step_that_fails_keeps_no_other_from_its_work(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(maintaining, "care_for", refuse)
    monkeypatch.setattr(module.care_for_database, "retries", 0)
    database = sqlite_file(home, SETTINGS)
    assert database is not None
    database.parent.mkdir(parents=True)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE flow_run (name TEXT)")
    with pytest.raises(sqlite3.OperationalError, match="disk is full"):
        maintain(home.root)
    assert len(list(home.backups.glob("*.tar.gz"))) == 1


def _health(home: Home) -> str:
    return metrics_file(home, "health").read_text("utf-8")


def test_self_check_has_nothing_to_ask_before_the_first_promotion(home: Home) -> None:
    examination, check = monitor(home.root)
    assert "nothing to check" in check.summary
    # No champion is a fault, and no reason to fail: metrics and an alert tell of it.
    assert "model" in examination.figures["faults"]
    assert {row["check"] for row in examination.figures["findings"]} == set(all_checks())
    assert 'dxfvision_health_check_state{check="model"} 2.0' in _health(home)


def test_doctor_that_runs_by_itself_is_left_to_it(home: Home) -> None:
    monitor(home.root)
    written = _health(home)
    examination, _ = monitor(home.root)
    assert "the doctor looked" in examination.summary
    assert "model" in examination.figures["faults"]
    assert _health(home) == written


def test_self_check_fails_when_no_service_answers(home: Home, tmp_path: Path) -> None:
    registry = ModelRegistry(home.registry)
    registry.promote(registry.register(make_bundle(tmp_path / "b")).version)
    home.configs.mkdir()
    text = "monitor: {url: 'http://127.0.0.1:9', tries: 1}\n"
    (home.configs / "operations_config.yaml").write_text(text)
    with pytest.raises(PipelineError, match="cannot be asked"):
        monitor(home.root)
