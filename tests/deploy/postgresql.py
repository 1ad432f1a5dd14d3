"""A real PostgreSQL server beside a test."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from components.serving.launch import free_port

ACCOUNT = "postgres"
"""PostgreSQL refuses to run as root; Debian's package makes this account for it."""
_START_S = 60


def missing() -> str:
    """Return why no server can be started here; empty if one can."""
    return "" if _programs() else "PostgreSQL is not installed (apt-get install postgresql)"


@contextmanager
def postgresql() -> Iterator[str]:
    """Run a server with an empty database; yields its URL for SQLAlchemy."""
    programs = _programs()
    account = {"user": ACCOUNT, "group": ACCOUNT, "extra_groups": []} if os.getuid() == 0 else {}
    port = free_port()
    # Not in pytest's folder: that account could not enter it.
    with tempfile.TemporaryDirectory(prefix="dxfvision-postgresql-") as folder:
        data = Path(folder) / "data"
        if account:
            shutil.chown(folder, ACCOUNT, ACCOUNT)

        def do(program: str, *words: str) -> None:
            command = [str(programs / program), "--pgdata", str(data), *words]
            subprocess.run(
                command, check=True, cwd=folder, stdout=subprocess.DEVNULL, timeout=120, **account
            )

        do("initdb", "--username", "prefect", "--auth", "trust", "--encoding", "UTF8")
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
        log = str(Path(folder) / "log")
        do("pg_ctl", "start", "--wait", f"--timeout={_START_S}", "--log", log, "--options", options)
        try:
            yield f"postgresql+asyncpg://prefect@127.0.0.1:{port}/postgres"
        finally:
            do("pg_ctl", "stop", "--wait", "--mode", "immediate")


def _programs() -> Path | None:
    """Return the folder of the newest version that is installed; Debian has none on the PATH."""
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda each: int(each.parent.name)
    )
    if folders:
        return folders[-1]
    found = shutil.which("pg_ctl")
    return Path(found).resolve().parent if found else None
