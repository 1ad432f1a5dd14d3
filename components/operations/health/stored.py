"""The doctor's checks of what is kept: Prefect's database, archives, and what drift found."""

import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import httpx
import psutil

from components.operations.drift.state import last_state, report_file
from components.operations.health.checking import Box, Check, Finding
from components.operations.health.network import PREFECT_VARIABLE, prefect_api
from components.operations.server.prefect_server import sqlite_file
from components.settings.operations import OperationsSettings

_REMOTE = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "ceph", "glusterfs"}
"""File systems on which SQLite's locks cannot be relied on: https://www.sqlite.org/faq.html#q5."""

_DAY_S = 86_400


def check_database(box: Box) -> Finding:
    """Prefect's database: whole, on a disk of this machine, not too large."""
    settings = OperationsSettings.load(box.home.configs)
    file = sqlite_file(box.home, settings)
    if file is None:
        return _remote_database(box)
    if not file.exists():
        return Finding("left out", "Prefect has not kept anything here yet")
    mib = file.stat().st_size / 2**20
    found = f"{file.name}: {mib:.1f} MiB"
    kind = _file_system(file)
    if kind in _REMOTE:
        advice = "move the home folder to a disk of this machine, or use PostgreSQL"
        return Finding("fault", f"{found}, on a network share ({kind})", advice)
    try:
        wrong = _faults(file, box.settings.timeout_s)
    except sqlite3.OperationalError as error:
        return Finding("warning", f"{found}, not looked into: {error}", "look again")
    except sqlite3.DatabaseError as error:
        wrong = str(error)
    if wrong:
        advice = "stop `dxfvision up`, then `dxfvision restore`"
        return Finding("fault", f"{found}, damaged: {wrong}", advice)
    if mib > box.settings.max_database_mib:
        return Finding("warning", found, "run the deployment `maintenance`")
    return Finding("good", f"{found}, can be read")


def _faults(file: Path, timeout_s: float) -> str:
    """Return what is wrong with a SQLite file's schema; reading all of it would take too long."""
    address = f"{file.resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True, timeout=timeout_s)) as connection:
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
        return "" if "flow_run" in tables else "it has no table of runs"


def _file_system(path: Path) -> str:
    """Return the kind of the file system that a path lies on, as the kernel calls it."""
    mounts = [
        mount for mount in psutil.disk_partitions(all=True) if path.is_relative_to(mount.mountpoint)
    ]
    return max(mounts, key=lambda mount: len(mount.mountpoint)).fstype if mounts else ""


def _remote_database(box: Box) -> Finding:
    """Ask the Prefect server whether it reaches a database that lies elsewhere."""
    api = prefect_api(box)
    if api is None:
        return Finding("left out", f"not SQLite, and {PREFECT_VARIABLE} is not set")
    try:
        answer = httpx.get(f"{api.rstrip('/')}/ready", timeout=box.settings.timeout_s)
    except httpx.HTTPError as error:
        return Finding("fault", f"{api}: {type(error).__name__}: {error}", "start the server")
    if answer.status_code != httpx.codes.OK:
        return Finding("fault", "Prefect does not reach its database", "start the database")
    return Finding("good", "Prefect reaches its database")


def check_backup(box: Box) -> Finding:
    """How old the newest archive in the home folder is."""
    archives = [path.stat().st_mtime for path in box.home.backups.glob("dxfvision-*.tar.gz")]
    if not archives:
        return Finding("left out", "no archive was made here: `dxfvision backup` makes one")
    days = (time.time() - max(archives)) / _DAY_S
    found = f"{len(archives)} archives, the newest {days:.1f} days old"
    if days > box.settings.max_backup_days:
        return Finding("warning", found, "`dxfvision backup`, or see why its schedule failed")
    return Finding("good", found)


def check_drift(box: Box) -> Finding:
    """What the last look at drift found."""
    report = report_file(box.home)
    if not report.exists():
        return Finding("left out", "nobody has looked: `dxfvision drift`")
    state = last_state(box.home)
    if state == "drifting":
        return Finding("warning", "pictures are no longer what they were", "see reports/drift.md")
    reason = json.loads(report.read_text("utf-8")).get("reason", "")
    return Finding("good" if state == "steady" else "left out", f"{state}: {reason}")


CHECKS: dict[str, Check] = {
    "database": check_database,
    "backup": check_backup,
    "drift": check_drift,
}
"""By name."""
