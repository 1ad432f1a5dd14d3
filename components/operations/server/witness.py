"""What runs of flows leave in the home folder, so that one can tell later what became of them.

    HOME/.state/runs/<id of the run>.json
        {"host", "pid", "born", "beginning", "outcome": null | "completed" | "failed"}

A server that was down when a process ended knows nothing of it: its run stays "running" for ever.
The file says whether the process still lives and, if not, how its work ended. `born` is the start
of the process by the kernel's clock: another process with its number has another.
"""

import logging
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
_SAME_S = 1.0
"""Two readings of one process's start differ by less."""


class Witness(BaseModel):
    """What is known of a run.

    Attributes:
        host: Name of the machine it ran on.
        pid: Its process.
        born: When that process began, seconds since 1970.
        beginning: When the run began, seconds since 1970.
        outcome: How its work ended; None while it runs or if it was killed.
    """

    model_config = ConfigDict(frozen=True)

    host: str
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
        try:
            return abs(psutil.Process(self.pid).create_time() - self.born) < _SAME_S
        except psutil.NoSuchProcess:
            return False


@contextmanager
def witnessed(home: Home, run: str) -> Iterator[None]:
    """Keep the file of a run up to date while the block runs.

    Where it cannot be written (a full disk, which `maintain` is to clear; a home folder that is
    none, which the first stage tells better) the block runs without it.

    Args:
        home: Where it lies.
        run: Id of the run.
    """
    process = psutil.Process()
    known = Witness(
        host=socket.gethostname(),
        pid=process.pid,
        born=process.create_time(),
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
