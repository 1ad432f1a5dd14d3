"""The service's private record of what it answered: bounded files of numbers, no pictures.

    HOME/.state/features/001767225600123456-4711.jsonl     one worker process, from when on

Lines are written by a thread of their own, and no request waits for it: what it cannot take is let
go. A worker begins a new file when one is full; the oldest files of all workers are removed. A home
folder that cannot be written to has no record, and the service goes on.
"""

import json
import logging
import os
import queue
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from components.home import Home
from components.settings.drift import FeatureLogSettings

logger = logging.getLogger(__name__)

SUFFIX = ".jsonl"
WAITING = 256
"""Lines that wait to be written; about a second of a busy worker."""

_MINUTE_S = 60.0


def features_folder(home: Home) -> Path:
    """Return where the lines lie."""
    return home.state / "features"


class FeatureLog:
    """Writes lines; threads may share it.

    Args:
        folder: Where to; made with the first line.
        settings: Bounds.
    """

    def __init__(self, folder: Path, settings: FeatureLogSettings) -> None:
        """Write nothing yet."""
        self._folder, self._settings = folder, settings
        self._lines: queue.Queue[str | None] = queue.Queue(WAITING)
        self._pace = _Pace(settings.share_per_minute)
        self._file: Path | None = None
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def due(self) -> bool:
        """Return whether one more picture may be written down this minute, and count it."""
        with self._lock:
            return self._pace.take()

    def add(self, line: dict[str, Any]) -> None:
        """Have a line written; never waits."""
        with self._lock:
            if self._thread is None:
                # Not before the first line: a thread does not outlive the fork of a process.
                self._thread = threading.Thread(target=self._write, name="features", daemon=True)
                self._thread.start()
        try:
            self._lines.put_nowait(json.dumps(line, separators=(",", ":")))
        except queue.Full:
            return

    def close(self) -> None:
        """Write what waits and end."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._lines.put(None)
            thread.join()

    def _write(self) -> None:
        broken = False
        while (line := self._lines.get()) is not None:
            if broken:
                continue
            try:
                self._append(line)
            except OSError as error:
                broken = True
                logger.warning(
                    "%s: cannot be written (%s); drift cannot be told until the service starts "
                    "again",
                    self._folder,
                    error.strerror,
                )

    def _append(self, line: str) -> None:
        if self._file is None or self._is_full(self._file):
            self._folder.mkdir(parents=True, exist_ok=True)
            self._file = self._folder / f"{time.time_ns():018d}-{os.getpid()}{SUFFIX}"
            self._remove_oldest()
        with self._file.open("a", encoding="utf-8") as handle:
            handle.write(f"{line}\n")

    def _is_full(self, file: Path) -> bool:
        try:
            return file.stat().st_size >= self._settings.file_mib * 2**20
        except FileNotFoundError:
            # Another worker began so many files that this one was the oldest.
            return True

    def _remove_oldest(self) -> None:
        files = sorted(self._folder.glob(f"*{SUFFIX}"))
        for old in files[: max(0, len(files) - self._settings.files + 1)]:
            old.unlink(missing_ok=True)


class _Pace:
    """Lets so many through in a minute, spread evenly.

    Args:
        per_minute: How many.
    """

    def __init__(self, per_minute: int) -> None:
        self._gap_s = _MINUTE_S / per_minute if per_minute else None
        self._next = 0.0

    def take(self) -> bool:
        now = time.monotonic()
        if self._gap_s is None or now < self._next:
            return False
        self._next = now + self._gap_s
        return True


def read_lines(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines of all files, file by file; those cut short by a kill are left out."""
    for file in sorted(folder.glob(f"*{SUFFIX}")):
        try:
            text = file.read_text("utf-8", errors="replace")
        except FileNotFoundError:
            # A worker removed it meanwhile.
            continue
        yield from parsed_lines(text)


def parsed_lines(text: str) -> Iterator[dict[str, Any]]:
    """Yield the lines that are whole."""
    for line in text.splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict):
            yield record
