"""A month of schedules on a real Prefect server: does its database stop growing?

Each day's runs are created through the API, with states, tasks and their events, logs and an
artifact as ours have them; then every time in the SQLite file is moved back by a day, so that the
server's own vacuum sees the month pass. The server is started for it on a free port.

    .venv/bin/python tests/benchmarks/bench_month.py --days 45 --keep-days 30      # 3 hours
    .venv/bin/python tests/benchmarks/bench_month.py --days 12 --keep-days 4 --share 0.05

With `--lateness FILE` it tells instead how late the scheduled runs in a server's SQLite file began.
"""

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from components.home import Home
from components.operations.server.database import care_for
from components.operations.server.prefect_server import (
    server_command,
    server_environment,
    sqlite_file,
)
from components.operations.stages.machine import this_machine
from components.serving.launch import free_port
from components.settings.operations import OperationsSettings

A_DAY = {"monitor": 288, "watch-drift": 24, "maintain": 1, "pipeline": 4}
"""Runs by flow, as deploy/prefect.yaml schedules them, and drawings that change now and then."""

TASKS = {"monitor": 2, "watch-drift": 1, "maintain": 4, "pipeline": 10}
STATES = ("PENDING", "RUNNING", "COMPLETED")
LOG_LINES = 12
EVENT_BYTES = 750
"""Of an event of a task, in the mean of real ones."""

VACUUM_S = 5.0
PLATEAU = 1.1
"""The largest size after the retention time, over that when it began."""

AGED = {
    "flow_run": ("created", "updated", "start_time", "end_time", "expected_start_time"),
    "flow_run_state": ("created", "updated", "timestamp"),
    "task_run": ("created", "updated", "start_time", "end_time"),
    "task_run_state": ("created", "updated", "timestamp"),
    "log": ("created", "updated", "timestamp"),
    "artifact": ("created", "updated"),
    "events": ("occurred", "received"),
    "event_resources": ("occurred",),
}
"""Columns with times, by table."""


@contextmanager
def running_server(home: Home, settings: OperationsSettings) -> Iterator[httpx.Client]:
    """Run a server whose vacuum looks every few seconds."""
    environment = server_environment(home, settings) | {
        "PREFECT_SERVER_SERVICES_DB_VACUUM_LOOP_SECONDS": str(VACUUM_S),
    }
    log = home.root / "server.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            server_command(settings), env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        with httpx.Client(base_url=settings.server.api_url, timeout=120) as client:
            _wait_until_ready(client)
            yield client
    finally:
        server.terminate()
        server.wait(60)


def _wait_until_ready(client: httpx.Client) -> None:
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline:
        try:
            if client.get("/health").is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.5)
    raise TimeoutError(f"{client.base_url}: no server")


def ask(client: httpx.Client, path: str, body: Any) -> Any:
    """Return what the API answers; asked again while it says that it is busy, as our clients do."""
    for pause_s in (1, 2, 4, 8, 16):
        answer = client.post(path, json=body)
        if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            break
        time.sleep(pause_s)
    answer.raise_for_status()
    return answer.json() if answer.content else None


def task_event(run_id: str, task_id: str, state: str) -> dict[str, Any]:
    """Return what a flow's process sends the server when a task changes its state."""
    return {
        "id": str(uuid4()),
        "event": f"prefect.task-run.{state.title()}",
        "occurred": datetime.now(UTC).isoformat(),
        "resource": {"prefect.resource.id": f"prefect.task-run.{task_id}"},
        "related": [
            {
                "prefect.resource.id": f"prefect.flow-run.{run_id}",
                "prefect.resource.role": "flow-run",
            }
        ],
        "payload": {"task_run": "x" * EVENT_BYTES},
    }


def one_run(client: httpx.Client, flow_id: str, flow: str) -> None:
    """Create a run with everything that it leaves in the database."""
    run = ask(client, "/flow_runs/", {"flow_id": flow_id, "name": flow, "tags": ["dxfvision"]})
    for state in STATES:
        body = {"state": {"type": state}, "force": True}
        ask(client, f"/flow_runs/{run['id']}/set_state", body)
    for number in range(TASKS[flow]):
        task = {"flow_run_id": run["id"], "task_key": "t", "dynamic_key": str(number), "name": "t"}
        made = ask(client, "/task_runs/", task | {"state": {"type": "COMPLETED"}})
        ask(client, "/events", [task_event(run["id"], made["id"], state) for state in STATES])
    line = {"name": "prefect", "level": 20, "message": "did " * 20, "flow_run_id": run["id"]}
    ask(client, "/logs/", [line | {"timestamp": datetime.now(UTC).isoformat()}] * LOG_LINES)
    report = {"key": "report", "type": "markdown", "data": "| stage | result |\n" * 40}
    ask(client, "/artifacts/", report | {"flow_run_id": run["id"]})


def one_day_older(file: Path) -> None:
    """Move every time in the database back by a day."""
    with closing(sqlite3.connect(file, timeout=120)) as connection:
        for table, columns in AGED.items():
            known = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
            moved = [
                f"{name} = strftime('%Y-%m-%d %H:%M:%f', {name}, '-1 day')"
                for name in columns
                if name in known
            ]
            if moved:
                connection.execute(f"UPDATE {table} SET {', '.join(moved)}")
        connection.commit()


def simulate(days: int, keep_days: int, share: float) -> dict[str, Any]:
    """Let days pass; return the size of the database after each."""
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        home.state.mkdir()
        loaded = OperationsSettings.load()
        changes = {"port": free_port(), "keep_runs_days": keep_days, "keep_events_days": 1}
        settings = loaded.model_copy(update={"server": loaded.server.model_copy(update=changes)})
        file = sqlite_file(home, settings)
        assert file is not None
        rows = []
        with running_server(home, settings) as client:
            flows = {name: ask(client, "/flows/", {"name": name})["id"] for name in A_DAY}
            for day in range(1, days + 1):
                for name, count in A_DAY.items():
                    for _ in range(max(1, round(count * share))):
                        one_run(client, flows[name], name)
                one_day_older(file)
                time.sleep(3 * VACUUM_S)
                care = care_for(file, loaded.maintain.min_free_pages, 120.0)
                runs = ask(client, "/flow_runs/count", {})
                rows.append({"day": day, "runs": runs, "bytes": care.bytes_after})
                print(json.dumps(rows[-1]), file=sys.stderr)
    before = [row["bytes"] for row in rows if row["day"] <= keep_days + 1]
    after = [row["bytes"] for row in rows if row["day"] > keep_days + 1]
    growth = max(after) / max(before) if after else None
    return {
        "machine": this_machine(()).processor,
        "days": days,
        "keep_days": keep_days,
        "share": share,
        "rows": rows,
        "growth_after_retention": growth,
        "plateaus": growth is not None and growth <= PLATEAU,
    }


def lateness(file: Path) -> dict[str, Any]:
    """Return how late scheduled runs began, in seconds."""
    query = (
        "SELECT (julianday(start_time) - julianday(expected_start_time)) * 86400 "
        "FROM flow_run WHERE auto_scheduled AND start_time IS NOT NULL"
    )
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        late = sorted(row[0] for row in connection.execute(query))
    if not late:
        return {"runs": 0}
    return {
        "runs": len(late),
        "median_s": round(late[len(late) // 2], 1),
        "latest_s": round(late[-1], 1),
    }


def main() -> None:
    """Run the simulation, or look at a real database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=45)
    parser.add_argument("--keep-days", type=int, default=30)
    parser.add_argument("--share", type=float, default=1.0, help="of each day's runs")
    parser.add_argument("--lateness", type=Path, help="a server's SQLite file")
    arguments = parser.parse_args()
    os.environ["DO_NOT_TRACK"] = "1"
    if arguments.lateness:
        found = lateness(arguments.lateness)
    else:
        found = simulate(arguments.days, arguments.keep_days, arguments.share)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
