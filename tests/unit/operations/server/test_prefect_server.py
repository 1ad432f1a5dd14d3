import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect.flows import load_flow_from_entrypoint
from prefect.settings import Settings

from components.home import Home
from components.operations.server import prefect_server
from components.operations.server.deployments import PREFECT_FILE, QUEUES, deployment_names
from components.settings.operations import OperationsSettings

DEPLOYMENTS = yaml.safe_load(PREFECT_FILE.read_text())["deployments"]


def settings(**server: object) -> OperationsSettings:
    loaded = OperationsSettings.load()
    changed = loaded.server.model_copy(update=server)
    return loaded.model_copy(update={"server": changed})


def test_prefect_understands_what_the_server_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = prefect_server.server_environment(Home(tmp_path), settings(keep_events_days=3))
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    known = Settings()
    vacuum = known.server.services.db_vacuum
    assert known.server.events.retention_period.days == 3
    assert vacuum.retention_period.days == 30
    assert vacuum.enabled_vacuum_types == {"events", "flow_runs", "orphans"}
    assert known.server.database.timeout == 60
    assert known.server.concurrency.lease_storage.endswith("filesystem")
    assert not known.server.analytics_enabled
    assert known.results.persist_by_default


def test_postgresql_takes_the_place_of_the_file(tmp_path: Path) -> None:
    url = "postgresql+asyncpg://ops@db/prefect"
    home, chosen = Home(tmp_path), settings(database_url=url)
    given = prefect_server.server_environment(home, chosen)
    assert given["PREFECT_SERVER_DATABASE_CONNECTION_URL"] == url
    assert prefect_server.sqlite_file(home, chosen) is None
    assert prefect_server.sqlite_file(home, settings()) == tmp_path / ".state/prefect/prefect.db"


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=deployment_names())
def test_deployment_explains_itself_and_fits_its_flow(deployment: dict[str, Any]) -> None:
    flow = load_flow_from_entrypoint(str(deployment["entrypoint"]))
    assert flow.description
    properties = flow.parameters.properties
    given = json.loads(json.dumps(deployment["parameters"]))
    assert set(given) <= set(properties)
    assert set(flow.parameters.required) <= set(given)
    assert all(each.get("description") for each in properties.values())
    assert "dxfvision" in deployment["tags"]
    # One that hangs must not keep the others of its queue waiting for ever.
    assert flow.timeout_seconds


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=deployment_names())
def test_deployment_says_what_happens_when_two_runs_meet(deployment: dict[str, Any]) -> None:
    assert deployment["concurrency_limit"]["collision_strategy"] in ("ENQUEUE", "CANCEL_NEW")
    assert deployment["work_pool"]["work_queue_name"] in {queue.name for queue in QUEUES}
    for schedule in deployment.get("schedules", ()):
        assert {"slug", "cron", "timezone", "active"} <= set(schedule)
