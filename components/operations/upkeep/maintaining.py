"""The nightly maintenance as plain steps: room on the disk, Prefect's database, a backup."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from components.files import fingerprint, plain
from components.home import Home
from components.operations.server.database import care_for
from components.operations.server.prefect_server import sqlite_file
from components.operations.stages.metrics import reported
from components.operations.stages.running import Checked, Figures, StageResult
from components.operations.upkeep.backup import back_up
from components.operations.upkeep.disk import measure_room
from components.operations.upkeep.retention import Removed, keep_by_age, make_room
from components.settings.operations import OperationsSettings


@reported("retention")
def apply_retention(about: Checked) -> StageResult:
    """Remove what is too old, and the oldest if the disk runs full."""
    start = time.monotonic()
    home = about.home
    settings = OperationsSettings.load(home.configs).maintain
    removed = keep_by_age(home, settings)
    room = measure_room(home)
    removed += make_room(home, settings, room)
    after = measure_room(home)
    freed = sum(each.bytes for each in removed)
    hours = "no end in sight" if after.hours == float("inf") else f"{after.hours:.0f} hours"
    figures = {
        "summary": f"{freed / 2**20:.1f} MiB freed; {after.free_bytes / 2**30:.1f} GiB are free: "
        f"{hours} at the rate of the last days",
        "removed": [plain(each) for each in removed],
        "freed_bytes": freed,
        "free_bytes": after.free_bytes,
        "bytes_per_hour": after.bytes_per_hour,
    }
    return _result("retention", start, figures)


@reported("database")
def care_for_database(about: Checked) -> StageResult:
    """Give unused pages of Prefect's SQLite file back to the disk.

    Raises:
        sqlite3.OperationalError: If others write all the time.
    """
    start = time.monotonic()
    settings = OperationsSettings.load(about.home.configs)
    file = sqlite_file(about.home, settings)
    if file is None or not file.exists():
        told = "Prefect keeps its data elsewhere: PostgreSQL cleans up after itself"
        return _result("database", start, {"summary": told, "bytes": None})
    care = care_for(file, settings.maintain.min_free_pages, settings.server.database_wait_s)
    did = f"rewritten in {care.seconds:.1f} s" if care.rewritten else "left as it is"
    figures = {
        "summary": f"{file.name}: {care.bytes_before / 2**20:.1f} MiB, {care.unused:.0%} unused, "
        f"{did}, now {care.bytes_after / 2**20:.1f} MiB",
        "bytes": care.bytes_after,
        "care": plain(care),
    }
    return _result("database", start, figures)


@reported("backup")
def back_up_home(about: Checked, folder: Path | None = None) -> StageResult:
    """Write an archive and try to restore it.

    Args:
        about: Whose home folder.
        folder: Where the archive goes; None for the home folder's own.

    Raises:
        HomeError: If it cannot be written or restored.
    """
    start = time.monotonic()
    archive = back_up(about.home, OperationsSettings.load(about.home.configs), folder)
    database = "with Prefect's database" if archive.database else "without Prefect's database"
    figures = {
        "summary": f"{archive.path}: {archive.bytes / 2**20:.1f} MiB, {archive.files} files, "
        f"{archive.versions} versions, champion {archive.champion}, {database}; restored on trial",
        "archive": plain(archive),
    }
    return _result("backup", start, figures)


def removed_rows(removed: Sequence[Removed | dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what went as rows of a table."""
    rows = [plain(each) for each in removed]
    return [
        {
            "what": row["kind"],
            "why": row["reason"],
            "entries": row["entries"],
            "MiB": round(row["bytes"] / 2**20, 2),
        }
        for row in rows
    ]


def checked(home: Path) -> Checked:
    """Return what steps of operations are about."""
    return Checked(Home(home.resolve()))


def _result(name: str, start: float, figures: Figures) -> StageResult:
    return StageResult(name, fingerprint(name), False, round(time.monotonic() - start, 3), figures)
