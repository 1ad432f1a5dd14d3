"""Reading logs back: lines of all parts in the order of time, such as those of one request or run.

Files are the parts' own, with their rotated predecessors; a stream may be what a container engine
or journald gives. What is no line of our schema is passed over.
"""

import heapq
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.logs.setting_up import SUFFIX

Line = dict[str, Any]

_LOOK_S = 0.3
_LEVELS = ("debug", "info", "warning", "error", "critical")
_REQUIRED = ("time", "level", "part", "message")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines.

    Attributes:
        request: Of this request; None for any. Its first digits suffice.
        run: Of this run, or of this flow run of the Prefect server; likewise.
        part: Of this part; None for any.
        level: Of this level and worse.
    """

    request: str | None = None
    run: str | None = None
    part: str | None = None
    level: str = "debug"

    def holds(self, line: Line) -> bool:
        """Whether a line is among them."""
        if self.part is not None and line["part"] != self.part:
            return False
        if self.request is not None and not _begins(line, self.request, "request_id"):
            return False
        if self.run is not None and not _begins(line, self.run, "run_id", "flow_run_id"):
            return False
        return _rank(line["level"]) >= _rank(self.level)


def _begins(line: Line, start: str, *fields: str) -> bool:
    return any(str(line.get(field, "")).startswith(start) for field in fields)


def _rank(level: object) -> int:
    return _LEVELS.index(str(level)) if level in _LEVELS else len(_LEVELS)


def parsed(text: str) -> Line | None:
    """Return a line of a log as its fields; None if it is none of ours.

    A name that a container engine writes before it, such as `service_1  | `, does no harm.

    Args:
        text: One line.
    """
    start = text.find("{")
    if start < 0:
        return None
    try:
        line = json.loads(text[start:])
    except json.JSONDecodeError:
        return None
    return line if isinstance(line, dict) and all(name in line for name in _REQUIRED) else None


def lines_of(texts: Iterable[str], wanted: Wanted) -> Iterator[Line]:
    """Yield the wanted lines of a stream as they come."""
    for text in texts:
        line = parsed(text)
        if line is not None and wanted.holds(line):
            yield line


def read_logs(folder: Path, wanted: Wanted) -> Iterator[Line]:
    """Yield the wanted lines of all files of a folder, in the order of time.

    Args:
        folder: The home folder's `logs`; may be missing.
        wanted: Which lines.
    """
    streams = [_stored(path, wanted) for path in log_files(folder)]
    return heapq.merge(*streams, key=lambda line: str(line["time"]))


def log_files(folder: Path) -> list[Path]:
    """Return the files of all parts, those before a rotation as well."""
    names = (f"*{SUFFIX}", f"*{SUFFIX}.*")
    return sorted(path for name in names for path in folder.glob(name) if path.name[0] != ".")


def follow_logs(
    folder: Path, wanted: Wanted, go_on: Callable[[], bool] = lambda: True
) -> Iterator[Line]:
    """Yield the wanted lines that come from now on, for ever.

    Files that begin later are followed from their first line; one that is rotated is read to its
    end before the new one.

    Args:
        folder: The home folder's `logs`; may be missing.
        wanted: Which lines.
        go_on: Asked between two looks; false ends it.
    """
    tails = {path: _Tail(path, at_end=True) for path in folder.glob(f"*{SUFFIX}")}
    try:
        while go_on():
            for path in folder.glob(f"*{SUFFIX}"):
                if path not in tails:
                    tails[path] = _Tail(path, at_end=False)
            new = [line for tail in tails.values() for line in lines_of(tail.texts(), wanted)]
            yield from sorted(new, key=lambda line: str(line["time"]))
            if not new:
                time.sleep(_LOOK_S)
    finally:
        for tail in tails.values():
            tail.close()


def _stored(path: Path, wanted: Wanted) -> Iterator[Line]:
    """Yield the wanted lines of one file; processes that share it may have swapped neighbours."""
    with path.open(encoding="utf-8", errors="replace") as texts:
        yield from sorted(lines_of(texts, wanted), key=lambda line: str(line["time"]))


class _Tail:
    """What is added to a file, over its rotations."""

    def __init__(self, path: Path, at_end: bool) -> None:
        self._path = path
        self._handle = path.open("rb")
        self._begun = b""
        if at_end:
            self._handle.seek(0, 2)

    def texts(self) -> Iterator[str]:
        """Yield the whole lines that have come."""
        yield from self._rest()
        try:
            now, ours = self._path.stat(), os.fstat(self._handle.fileno())
        except FileNotFoundError:
            return
        if (now.st_dev, now.st_ino) != (ours.st_dev, ours.st_ino):
            self.close()
            self._handle, self._begun = self._path.open("rb"), b""
            yield from self._rest()

    def close(self) -> None:
        """Let go of the file."""
        self._handle.close()

    def _rest(self) -> Iterator[str]:
        *whole, self._begun = (self._begun + self._handle.read()).split(b"\n")
        for line in whole:
            yield line.decode("utf-8", "replace")
