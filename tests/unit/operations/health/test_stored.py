"""What the doctor says of the database, of archives and of drift."""

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from components.files import write_json
from components.home import Home
from components.operations.health import stored as health_stored
from components.operations.health.checking import Box
from components.operations.health.network import PREFECT_VARIABLE
from components.operations.health.stored import check_backup, check_database, check_drift
from components.operations.server.prefect_server import prefect_folder
from components.serving.launch import free_port
from components.settings.health import HealthSettings
from tests.answering import answering


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Box:
    monkeypatch.delenv(PREFECT_VARIABLE, raising=False)
    return Box(Home(tmp_path), HealthSettings.load())


def database(box: Box) -> Path:
    """Make a file such as Prefect's: in WAL mode, with a table of runs."""
    file = prefect_folder(box.home) / "prefect.db"
    file.parent.mkdir(parents=True)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE flow_run (id TEXT)")
        connection.execute("INSERT INTO flow_run VALUES ('a')")
        connection.commit()
    return file


def test_a_database_that_can_be_read_is_good(box: Box) -> None:
    assert check_database(box).state == "left out"
    database(box)
    finding = check_database(box)
    assert (finding.state, finding.found) == ("good", "prefect.db: 0.0 MiB, can be read")


def test_a_damaged_database_is_a_fault(box: Box) -> None:
    file = database(box)
    file.write_bytes(b"this is no database" * 500)
    finding = check_database(box)
    assert (finding.state, "damaged" in finding.found) == ("fault", True)
    assert "restore" in finding.advice


def test_another_programs_database_is_a_fault(box: Box) -> None:
    file = database(box)
    file.unlink()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE recipes (id TEXT)")
        connection.commit()
    assert "no table of runs" in check_database(box).found


def test_a_database_on_a_network_share_is_a_fault(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    database(box)
    monkeypatch.setattr(health_stored, "_file_system", lambda _: "nfs4")
    finding = check_database(box)
    assert (finding.state, "network share (nfs4)" in finding.found) == ("fault", True)


def test_a_large_database_is_a_warning(box: Box) -> None:
    database(box)
    small = box.settings.model_copy(update={"max_database_mib": 0.001})
    assert check_database(Box(box.home, small)).state == "warning"


def test_the_file_system_of_a_path_is_that_of_the_nearest_mount() -> None:
    assert health_stored._file_system(Path("/proc/self")) == "proc"


@pytest.mark.parametrize(("status", "state"), [(200, "good"), (503, "fault")])
def test_a_database_elsewhere_is_asked_through_prefect(
    box: Box, monkeypatch: pytest.MonkeyPatch, status: int, state: str
) -> None:
    monkeypatch.setenv(
        "DXFVISION_OPERATIONS__SERVER__DATABASE_URL", "postgresql+asyncpg://a:b@db/prefect"
    )
    monkeypatch.setenv("DXFVISION_OPERATIONS__SERVER__PORT", str(free_port()))
    assert check_database(box).state == "left out"
    with answering({"/api/ready": {}}, status) as url:
        monkeypatch.setenv(PREFECT_VARIABLE, f"{url}/api")
        assert check_database(box).state == state


@pytest.mark.parametrize(("days", "state"), [(0.5, "good"), (4.0, "warning")])
def test_the_newest_archive_is_judged_by_its_age(box: Box, days: float, state: str) -> None:
    assert check_backup(box).state == "left out"
    box.home.backups.mkdir()
    for name, age in (("dxfvision-1.tar.gz", 30.0), ("dxfvision-2.tar.gz", days)):
        (box.home.backups / name).write_bytes(b"")
        moment = time.time() - 86_400 * age
        os.utime(box.home.backups / name, (moment, moment))
    finding = check_backup(box)
    assert (finding.state, finding.found) == (
        state,
        f"2 archives, the newest {days} days old",
    )


@pytest.mark.parametrize(
    ("state", "expected"),
    [("drifting", "warning"), ("steady", "good"), ("unknown", "left out")],
)
def test_drift_is_told_as_it_was_found(box: Box, state: str, expected: str) -> None:
    assert check_drift(box).state == "left out"
    write_json(box.home.reports / "drift.json", {"state": state, "reason": "140 pictures"})
    assert check_drift(box).state == expected
