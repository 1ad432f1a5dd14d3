"""What runs of flows leave in the home folder, so that one can tell later what became of them.

    HOME/.state/runs/<id of the run>.json
        {"host", "boot", "pid", "born", "beginning", "outcome": null | "completed" | "failed"}

A server that was down when a process ended knows nothing of it: its run stays "running" for ever.
The file says whether the process still lives and, if not, how its work ended. `boot` and `born` are
the start of the machine and of the process by the kernel's own clock, which nobody sets: another
process with its number has others, and a clock that is put right meanwhile changes neither.
"""

import logging
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import psutil
from pydantic import BaseModel, ConfigDict, ValidationError

from components.files import write_json
from components.home import Home

logger = logging.getLogger(__name__)

Outcome = Literal["completed", "failed"]
_SAME_S = 0.005
"""Two readings of one process's start differ by less; the kernel counts hundredths."""

_BOOT = Path("/proc/sys/kernel/random/boot_id")


class Witness(BaseModel):
    """What is known of a run.

    Attributes:
        host: Name of the machine it ran on.
        boot: Which start of that machine; empty where the kernel does not tell.
        pid: Its process.
        born: When that process began, seconds since the machine did.
        beginning: When the run began, seconds since 1970.
        outcome: How its work ended; None while it runs or if it was killed.
    """

    model_config = ConfigDict(frozen=True)

    host: str
    boot: str
    pid: int
    born: float
    beginning: float
    outcome: Outcome | None = None

    @property
    def here(self) -> bool:
        """Whether it ran on this machine."""
        return self.host == socket.gethostname()

    @property
    def alive(self) -> bool:
        """Whether its process lives; only the machine itself can tell."""
        born = _born(self.pid)
        return born is not None and self.boot == _boot() and abs(born - self.born) < _SAME_S


def _boot() -> str:
    """Return the name that the kernel gave this start of the machine."""
    try:
        return _BOOT.read_text("ascii").strip()
    except OSError:
        return ""


def _born(pid: int) -> float | None:
    """Return when a process began, seconds since the machine did; None if it does not live.

    Both times that psutil tells follow the clock of the day; their difference does not.
    """
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            # It ended, and who started it has not asked how.
            return None
        return process.create_time() - psutil.boot_time()
    except psutil.NoSuchProcess:
        return None


@contextmanager
def witnessed(home: Home, run: str) -> Iterator[None]:
    """Keep the file of a run up to date while the block runs.

    Where it cannot be written (a full disk, which `maintain` is to clear; a home folder that is
    none, which the first stage tells better) the block runs without it.

    Args:
        home: Where it lies.
        run: Id of the run.
    """
    pid = os.getpid()
    known = Witness(
        host=socket.gethostname(),
        boot=_boot(),
        pid=pid,
        born=_born(pid) or 0.0,
        beginning=time.time(),
    )
    file = witness_file(home, run)
    _write(file, known)
    try:
        yield
    except Exception:
        _write(file, known.model_copy(update={"outcome": "failed"}))
        raise
    _write(file, known.model_copy(update={"outcome": "completed"}))


def _write(file: Path, known: Witness) -> None:
    try:
        write_json(file, known)
    except OSError as error:
        logger.warning("%s: cannot be written (%s)", file, error.strerror)


def witness_file(home: Home, run: str) -> Path:
    """Return the file of a run."""
    return home.state / "runs" / f"{run}.json"


def read_witness(home: Home, run: str) -> Witness | None:
    """Return what is known of a run; None if it never began to work here."""
    try:
        return Witness.model_validate_json(witness_file(home, run).read_bytes())
    except (OSError, ValidationError):
        return None
