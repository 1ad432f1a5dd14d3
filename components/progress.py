"""How long work tells that it goes on, without knowing who listens.

A stage calls `begin`, `advance` as items are done and `end`; the command line shows bars, a worker
writes log lines, a test listens to nothing.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

logger = logging.getLogger(__name__)


class Progress(Protocol):
    """Who listens to a stage's progress."""

    def begin(self, title: str, total: float | None, unit: str) -> None:
        """Start a stage of `total` units; None if the number is unknown."""

    def advance(self, count: float, note: str) -> None:
        """Say that `count` more units are done; `note` is a short text of figures."""

    def end(self) -> None:
        """End the stage."""


class SilentProgress:
    """Listens to nothing."""

    def begin(self, title: str, total: float | None, unit: str) -> None:
        """Do nothing."""

    def advance(self, count: float, note: str) -> None:
        """Do nothing."""

    def end(self) -> None:
        """Do nothing."""


class LogProgress:
    """Writes a log line every few seconds: for workers and pipes.

    Args:
        every_s: Shortest time between two lines, in seconds.
    """

    def __init__(self, every_s: float = 10.0) -> None:
        """Keep the pace."""
        self._every_s = every_s

    def begin(self, title: str, total: float | None, unit: str) -> None:
        """Start the clock."""
        self._title, self._total, self._unit, self._done = title, total, unit, 0.0
        self._start = self._last = time.monotonic()

    def advance(self, count: float, note: str) -> None:
        """Log the count, the rate, the time left and the note, if it is time to."""
        self._done += count
        now = time.monotonic()
        if now - self._last < self._every_s:
            return
        self._last = now
        rate = self._done / max(now - self._start, 1e-9)
        of_total = left = ""
        if self._total is not None:
            of_total = f"/{self._total:.0f}"
            left = f", {(self._total - self._done) / max(rate, 1e-9):.0f} s left"
        text = f"{self._title}: {self._done:.0f}{of_total} {self._unit}, {rate:.1f}/s{left}"
        logger.info("%s", f"{text}; {note}" if note else text)

    def end(self) -> None:
        """Log the total and its time."""
        seconds = time.monotonic() - self._start
        logger.info("%s: %.0f %s in %.1f s", self._title, self._done, self._unit, seconds)


@contextmanager
def stage(
    progress: Progress, title: str, total: float | None = None, unit: str = ""
) -> Iterator[Progress]:
    """Begin a stage and end it whatever happens inside.

    Examples:
        >>> with stage(SilentProgress(), "render", 2, "images") as bar:
        ...     bar.advance(1, "")
    """
    progress.begin(title, total, unit)
    try:
        yield progress
    finally:
        progress.end()


_listener: ContextVar[Progress | None] = ContextVar("listener", default=None)


@contextmanager
def listening(progress: Progress) -> Iterator[None]:
    """Make `progress` what `listener` returns inside the block.

    It carries the command line's bars through an orchestrator that passes only plain values.
    """
    token = _listener.set(progress)
    try:
        yield
    finally:
        _listener.reset(token)


def listener() -> Progress:
    """Return who listens here: the innermost `listening`, else log lines."""
    return _listener.get() or LogProgress()
