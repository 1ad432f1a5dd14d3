"""How the Prefect server and its worker are started: commands and environments.

Everything Prefect keeps lies in `HOME/.state/prefect`: the database, results, leases of slots.
"""

import json
import os
import sys
from datetime import timedelta
from pathlib import Path

from components.home import Home
from components.logs.setting_up import PART_VARIABLE
from components.settings.operations import OperationsSettings

API_VARIABLE = "PREFECT_API_URL"
HOME_VARIABLE = "DXFVISION_HOME"
SQLITE_NAME = "prefect.db"
HEARTBEAT_DAYS = 1
_DAY_S = 86_400


def prefect_folder(home: Home) -> Path:
    """Folder of Prefect's database, results and leases."""
    return home.state / "prefect"


def sqlite_file(home: Home, settings: OperationsSettings) -> Path | None:
    """Return the server's SQLite file; None if it keeps its data elsewhere."""
    url = settings.server.database_url
    if url is None:
        return prefect_folder(home) / SQLITE_NAME
    scheme, _, path = url.partition(":///")
    return Path(path) if scheme == "sqlite+aiosqlite" else None


def client_environment(home: Home, settings: OperationsSettings) -> dict[str, str]:
    """Return the environment of everything that talks to the server, flow runs included."""
    return {
        **os.environ,
        API_VARIABLE: settings.server.api_url,
        HOME_VARIABLE: str(home.root),
        "PREFECT_HOME": str(prefect_folder(home)),
        "PREFECT_CLIENT_MAX_RETRIES": "10",
        # What tasks return goes to the disk: a run that is tried again does not do it twice.
        "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "true",
        "DO_NOT_TRACK": "1",
        "PYTHONUNBUFFERED": "1",
    }


def server_environment(home: Home, settings: OperationsSettings) -> dict[str, str]:
    """Return the environment of the server.

    Leases lie on the disk: in memory, a restart would forget who holds which slot, and the slots
    would never be freed. SQLite itself is opened by Prefect in WAL mode; statements wait for a
    locked database instead of failing after ten seconds.
    """
    server = settings.server
    overrides = {"prefect.flow-run.heartbeat": HEARTBEAT_DAYS * _DAY_S}
    environment = {
        **client_environment(home, settings),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_METRICS_ENABLED": "true",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": (
            "prefect.server.concurrency.lease_storage.filesystem"
        ),
        "PREFECT_SERVER_DATABASE_TIMEOUT": str(server.database_wait_s),
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs,orphans",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": _seconds(server.keep_runs_days),
        "PREFECT_SERVER_SERVICES_DB_VACUUM_EVENT_RETENTION_OVERRIDES": json.dumps(overrides),
        # Of this one Prefect wants an ISO 8601 duration.
        "PREFECT_SERVER_EVENTS_RETENTION_PERIOD": f"PT{_seconds(server.keep_events_days)}S",
    }
    if server.database_url:
        environment["PREFECT_SERVER_DATABASE_CONNECTION_URL"] = server.database_url
    return environment


def worker_environment(home: Home, settings: OperationsSettings) -> dict[str, str]:
    """Return the environment of the worker, which its flow runs inherit."""
    worker = settings.worker
    return {
        **client_environment(home, settings),
        "PREFECT_WORKER_QUERY_SECONDS": str(worker.poll_s),
        "PREFECT_WORKER_WEBSERVER_HOST": "127.0.0.1",
        "PREFECT_WORKER_WEBSERVER_PORT": str(worker.port),
        # A port of its own in every flow run would clash.
        "PREFECT_CLIENT_METRICS_ENABLED": "false",
        PART_VARIABLE: "flow",
    }


def server_command(settings: OperationsSettings) -> list[str]:
    """Return the command that starts the server."""
    server = settings.server
    return [*_prefect(), "server", "start", "--host", server.host, "--port", str(server.port)]


def worker_command(settings: OperationsSettings) -> list[str]:
    """Return the command that starts the worker with its health check."""
    worker = settings.worker
    command = [*_prefect(), "worker", "start", "--pool", worker.pool, "--type", "process"]
    return [*command, "--limit", str(worker.runs), "--with-healthcheck"]


def deploy_command(file: Path) -> list[str]:
    """Return the command that creates or updates every deployment of a file."""
    return [*_prefect(), "--no-prompt", "deploy", "--all", "--prefect-file", str(file)]


def _prefect() -> list[str]:
    return [sys.executable, "-m", "prefect"]


def _seconds(days: float) -> str:
    return str(int(timedelta(days=days).total_seconds()))
