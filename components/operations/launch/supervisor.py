"""Keeps programs running beside each other: started in order, asked, started again, stopped.

A program starts when those it comes after are well. One that ends is started again after a pause
that doubles; one that gives bad answers for too long is ended first. At the end they are asked to
stop in reverse order and what is left is killed. Each runs in a process group of its own, so that
Ctrl-C reaches the supervisor alone, and ends when the supervisor does, even by `kill -9`.
"""

import logging
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import httpx

from components.settings.operations import SupervisorSettings

logger = logging.getLogger(__name__)

State = Literal["waits", "starts", "well", "done", "unwell", "stopped"]
_GUARD = "components.serving.guard"
_LOOK_S = 0.2
_LOG_BYTES = 10 * 2**20
_ANSWER_S = 3.0


def _always() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Program:
    """One program.

    Attributes:
        name: For people; its log is called so.
        command: How it is started.
        environment: Its variables.
        url: Answers with success when the program is well; None if its running is enough.
        after: Names of those that must be well first.
        start_s: Longest time from start to the first good answer, seconds.
        once: Whether it does its work and ends; it is well then.
        wanted: Asked before each start, for what it needs may not be there yet.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    url: str | None = None
    after: tuple[str, ...] = ()
    start_s: float = 120.0
    once: bool = False
    wanted: Callable[[], bool] = field(default=_always)


class Supervisor:
    """Runs programs until it is told to stop.

    Args:
        programs: In the order of their start.
        settings: Pauses and patience.
        logs: Folder of their logs.
        told: Called with name and state when a state changes.
    """

    def __init__(
        self,
        programs: Sequence[Program],
        settings: SupervisorSettings,
        logs: Path,
        told: Callable[[str, State], None],
    ) -> None:
        """Start nothing yet."""
        logs.mkdir(parents=True, exist_ok=True)
        self._tended = {
            program.name: _Tended(program, settings, logs, told) for program in programs
        }
        self._stop_s = settings.stop_s

    def run(self, stop: threading.Event) -> None:
        """Keep the programs running until `stop` is set, then end them all."""
        try:
            while not stop.is_set():
                for each in self._tended.values():
                    before = [self._tended[name] for name in each.program.after]
                    each.tend(all(other.good for other in before))
                stop.wait(_LOOK_S)
        finally:
            self._stop()

    def states(self) -> dict[str, State]:
        """Return the state of each program by name."""
        return {name: each.state for name, each in self._tended.items()}

    def _stop(self) -> None:
        for each in reversed(self._tended.values()):
            each.stop(self._stop_s)


class _Tended:
    """A program and what is known of its process."""

    def __init__(
        self,
        program: Program,
        settings: SupervisorSettings,
        logs: Path,
        told: Callable[[str, State], None],
    ) -> None:
        self.program = program
        self.state: State = "waits"
        self._settings = settings
        self._log = logs / f"{program.name}.log"
        self._told = told
        self._process: subprocess.Popen[bytes] | None = None
        self._started = self._asked = self._not_before = 0.0
        self._pause_s = settings.pause_s
        self._failures = 0
        self._patience_s = program.start_s

    @property
    def good(self) -> bool:
        """Whether others may rely on it."""
        return self.state in ("well", "done")

    def tend(self, may_start: bool) -> None:
        """Start, ask or restart the program, whatever is due."""
        if self.state == "done":
            return
        if self._process is None:
            due = time.monotonic() >= self._not_before
            if may_start and due and self.program.wanted():
                self._start()
            return
        code = self._process.poll()
        if code is not None:
            self._ended(code)
        elif not self.program.once:
            self._look()

    def _start(self) -> None:
        self._shorten_log()
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", _GUARD, str(os.getpid()), *self.program.command],
                env=dict(self.program.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._started = time.monotonic()
        self._failures = 0
        self._change("starts")

    def _shorten_log(self) -> None:
        """Put a log that is too long aside, also while the program runs: it appends."""
        # Without room for the copy the log stays as it is; the next look tries again.
        with suppress(OSError):
            if self._log.exists() and self._log.stat().st_size > _LOG_BYTES:
                shutil.copyfile(self._log, self._log.with_suffix(".log.1"))
                os.truncate(self._log, 0)

    def _ended(self, code: int) -> None:
        self._process = None
        if self.program.once and code == 0:
            self._change("done")
            return
        logger.warning(
            "%s ended with status %d and is started again in %.0f s; see %s",
            self.program.name,
            code,
            self._pause_s,
            self._log,
        )
        self._rest()

    def _rest(self) -> None:
        self._not_before = time.monotonic() + self._pause_s
        self._pause_s = min(2 * self._pause_s, self._settings.longest_pause_s)
        self._change("waits")

    def _look(self) -> None:
        """Ask the program whether it is well, every few seconds; more often while it starts."""
        now = time.monotonic()
        every_s = self._settings.check_s if self.good else 5 * _LOOK_S
        if now - self._asked < every_s:
            return
        self._asked = now
        self._shorten_log()
        if self._answers():
            self._failures = 0
            # One that ran for long may be started again at once.
            if now - self._started > self._settings.longest_pause_s:
                self._pause_s = self._settings.pause_s
            self._change("well")
            return
        if self.state == "starts" and now - self._started < self._patience_s:
            return
        if self.state == "starts":
            # A machine that is busy gets longer the next time: else nothing would ever start.
            self._patience_s *= 2
        self._failures += 1
        self._change("unwell")
        if self._failures >= self._settings.failures:
            logger.warning("%s gives no good answer and is started again", self.program.name)
            self.stop(self._settings.stop_s)
            self._rest()

    def _answers(self) -> bool:
        if self.program.url is None:
            return True
        try:
            # A certificate need not name loopback.
            return httpx.get(self.program.url, timeout=_ANSWER_S, verify=False).is_success
        except httpx.HTTPError:
            return False

    def _change(self, state: State) -> None:
        if state != self.state:
            self.state = state
            self._told(self.program.name, state)

    def stop(self, stop_s: float) -> None:
        """Ask the program to end, then kill what is left of its group."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(stop_s)
        except subprocess.TimeoutExpired:
            logger.warning("%s did not stop within %g s and is killed", self.program.name, stop_s)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self._change("stopped")
