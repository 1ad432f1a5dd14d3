"""Records as lines of JSON, a file a day (UTC); old files are removed."""

import errno
import json
import os
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from components.camera.sinks import Delivery, Sink, SinkError
from components.camera.state import FaultName

SUFFIX = ".jsonl"
_DAY_S = 86_400.0


class JsonLines(Sink):
    """Appends each record to the file of its day.

    Args:
        folder: Where the files lie.
        days: How long they are kept.
    """

    name: FaultName = "lines"

    def __init__(self, folder: Path, days: float) -> None:
        """Open nothing yet: the disk may be missing and come back."""
        self._folder, self._days = folder, days
        self._file: BinaryIO | None = None
        self._path: Path | None = None

    def send(self, delivery: Delivery) -> None:
        """Append a record.

        Raises:
            SinkError: If the disk does not take it.
        """
        line = json.dumps(delivery.record, ensure_ascii=False).encode() + b"\n"
        path = self._folder / f"{datetime.now(UTC):%Y-%m-%d}{SUFFIX}"
        try:
            # A file that was removed, or whose disk was, is not written to for ever.
            if self._file is None or path != self._path or not path.exists():
                self._open(path)
            assert self._file
            _write_whole(self._file, line)
        except OSError as error:
            self.close()
            raise SinkError(
                f"{path}: cannot be written ({error.strerror}); make room or unlock the disk, "
                "judging goes on"
            ) from error

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            # What a full disk did not take is offered again.
            with suppress(OSError):
                self._file.close()
            self._file = None

    def _open(self, path: Path) -> None:
        self.close()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file, self._path = path.open("ab", buffering=0), path
        if _is_cut_short(path):
            self._file.write(b"\n")
        for old in self._folder.glob(f"*{SUFFIX}"):
            if old != path and time.time() - old.stat().st_mtime > self._days * _DAY_S:
                old.unlink(missing_ok=True)


def _write_whole(file: BinaryIO, line: bytes) -> None:
    """Write to an unbuffered file.

    Raises:
        OSError: Also if the disk, nearly full, took a part, which the count alone tells.
    """
    if file.write(line) != len(line):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _is_cut_short(path: Path) -> bool:
    """Whether the last line has no end: a power cut, or a disk that was full."""
    with path.open("rb") as handle:
        if handle.seek(0, 2) == 0:
            return False
        handle.seek(-1, 2)
        return handle.read(1) != b"\n"
