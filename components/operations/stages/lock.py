"""One process at a time works in a home folder.

A *hold* is an advisory lock on `HOME/.state/run.lock`. The process keeps it until it ends, however
it ends: a flow opens its sub-flows one after the other, and nothing may come between them.
"""

import fcntl
import os
import threading
from pathlib import Path

from components.errors import HomeError
from components.files import remove_partials
from components.home import Home

_held: dict[Path, int] = {}
"""File descriptors of this process's holds by their lock files."""
_taking = threading.Lock()


def hold_home(home: Home) -> None:
    """Keep other processes from working in a prepared home folder until this one ends.

    The first time it also removes what a killed run left under temporary names. Asking again in
    the same process changes nothing.

    Raises:
        HomeError: If another process works there; with its number.
    """
    path = home.state / "run.lock"
    with _taking:
        if _is_held(path):
            return
        _held[path] = _lock(home, path)
        for folder in (home.models, home.reports, home.state):
            remove_partials(folder)


def _is_held(path: Path) -> bool:
    """Return whether this process holds this very file; let go of one that was deleted."""
    handle = _held.get(path)
    if handle is None:
        return False
    if path.exists() and os.path.samestat(os.fstat(handle), path.stat()):
        return True
    os.close(_held.pop(path))
    return False


def _lock(home: Home, path: Path) -> int:
    """Lock the file and write this process's number into it; return the open descriptor."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.read(handle, 20).decode(errors="replace").strip() or "unknown"
        os.close(handle)
        raise HomeError(
            f"{home.root}: another run (process {holder}) is working in this home folder; wait "
            "for it or choose another folder with --home"
        ) from error
    os.ftruncate(handle, 0)
    os.write(handle, f"{os.getpid()}\n".encode())
    return handle
