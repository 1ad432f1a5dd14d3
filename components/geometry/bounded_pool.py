"""A pool of processes in which no task can take more than its time and memory.

A task that takes too much processor time is ended by the system (SIGXCPU), one that sleeps too
long by the parent (SIGKILL); both also stop C code, which an exception or a thread could not. The
pool goes on with a new process. `concurrent.futures` has no such limit: its whole pool breaks with
one process. Processor time is what counts, so that a busy machine does not change the outcome.
"""

import math
import multiprocessing
import os
import resource
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Generic, TypeVar

Task = TypeVar("Task")
Answer = TypeVar("Answer")

WALL_TIMES = 12.0
"""Wall time a task may take, in multiples of its processor time: for tasks that sleep."""

START_LIMIT_S = 120.0
"""A process that has not begun by then never will; a loaded machine takes seconds to import."""


FAILED_STARTS = 5
"""So many processes in a row that end before their first task cannot be the tasks' fault."""


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Answer]):
    """What became of one task.

    Attributes:
        answer: None if the process was ended or died.
        timed_out: Whether its time ran out.
    """

    answer: Answer | None
    timed_out: bool = False


@dataclass(slots=True)
class _Worker:
    """One process, and the task it works on."""

    process: ForkServerProcess
    link: Connection
    task: int | None = None
    deadline_s: float = 0.0
    begun: bool = False


class BoundedPool(Generic[Task, Answer]):
    """Runs one function over many tasks.

    Args:
        function: Called in the processes; must be importable there, as must its answers.
        workers: Number of processes; None means one per processor.
        time_limit_s: Longest processor time of one task, counted in whole seconds.
        memory_limit_mib: Memory one process may take on top of what it starts with.
        preload: Modules that are loaded once, so that a new process starts in milliseconds.
    """

    def __init__(
        self,
        function: Callable[[Task], Answer],
        workers: int | None,
        time_limit_s: float,
        memory_limit_mib: int,
        preload: Sequence[str] = (),
    ) -> None:
        """Keep the bounds; processes start with the first run."""
        self._function, self._time_limit_s = function, time_limit_s
        self._memory_limit_mib = memory_limit_mib
        self._count = workers or len(os.sched_getaffinity(0))
        self._failed_starts = 0
        self._context: ForkServerContext = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(list(preload))

    def run(self, tasks: Sequence[Task]) -> Iterator[Outcome[Answer]]:
        """Yield the outcomes in the order of the tasks, as soon as they are known.

        Raises:
            RuntimeError: If no process gets as far as its first task.
        """
        waiting = deque(enumerate(tasks))
        done: dict[int, Outcome[Answer]] = {}
        workers: list[_Worker] = []
        try:
            for number in range(len(tasks)):
                while number not in done:
                    self._feed(workers, waiting)
                    self._collect(workers, done)
                yield done.pop(number)
        finally:
            for worker in workers:
                _end(worker)

    def _start(self) -> _Worker:
        """Start a process."""
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=_serve,
            args=(theirs, self._function, self._time_limit_s, self._memory_limit_mib),
            daemon=True,
        )
        process.start()
        theirs.close()
        return _Worker(process, ours)

    def _feed(self, workers: list[_Worker], waiting: deque[tuple[int, Task]]) -> None:
        """Give idle processes their next task, and start as many as there is work for."""
        while len(workers) < min(self._count, len(waiting)):
            workers.append(self._start())
        for worker in workers:
            if worker.task is None and waiting:
                worker.task, task = waiting.popleft()
                # The time begins when the process says that it has the task.
                worker.deadline_s = time.monotonic() + START_LIMIT_S
                with suppress(OSError):  # a process that died is found out when it is heard
                    worker.link.send(task)

    def _collect(self, workers: list[_Worker], done: dict[int, Outcome[Answer]]) -> None:
        """Wait for news; replace processes that died or whose time ran out."""
        busy = [worker for worker in workers if worker.task is not None]
        nearest = min(worker.deadline_s for worker in busy)
        news = wait([worker.link for worker in busy], max(0.0, nearest - time.monotonic()))
        lost = []
        for worker in busy:
            outcome: Outcome[Answer] | None = None
            if worker.link in news:
                outcome = self._heard(worker)
            elif time.monotonic() >= worker.deadline_s:
                outcome = Outcome(None, timed_out=True)
            if outcome is None:
                continue
            number, worker.task = worker.task, None
            if number is not None:
                done[number] = outcome
            if outcome.answer is None:
                lost.append(worker)
        for worker in lost:
            _end(worker)
            workers.remove(worker)

    def _heard(self, worker: _Worker) -> Outcome[Answer] | None:
        """Return the outcome a process sent; None if it only said that it begins."""
        try:
            begun, answer = worker.link.recv()
        except (EOFError, OSError):
            worker.process.join()
            self._check_start(worker)
            return Outcome(None, timed_out=worker.process.exitcode == -signal.SIGXCPU)
        if begun:
            worker.begun, self._failed_starts = True, 0
            worker.deadline_s = time.monotonic() + WALL_TIMES * self._time_limit_s
            return None
        return Outcome(answer)

    def _check_start(self, worker: _Worker) -> None:
        """Count processes that ended before their first task.

        Raises:
            RuntimeError: If there were too many in a row.
        """
        self._failed_starts += not worker.begun
        if self._failed_starts >= FAILED_STARTS:
            raise RuntimeError(
                f"{FAILED_STARTS} worker processes in a row ended before their first task; a "
                "script that reads drawings must do so under `if __name__ == '__main__':`"
            )


def _end(worker: _Worker) -> None:
    """End a process at once."""
    worker.link.close()
    worker.process.kill()
    worker.process.join()
    worker.process.close()


def _serve(
    link: Connection,
    function: Callable[[Task], Answer],
    time_limit_s: float,
    memory_limit_mib: int,
) -> None:
    """Answer tasks until the link closes."""
    # Ctrl-C goes to every process of the terminal; the parent alone decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit(resource.RLIMIT_DATA, _data_bytes() + memory_limit_mib * 2**20)
    while True:
        try:
            task = link.recv()
        except (EOFError, OSError):
            return
        _limit(resource.RLIMIT_CPU, math.ceil(time.process_time() + time_limit_s))
        link.send((True, None))
        link.send((False, function(task)))


def _limit(what: int, value: int) -> None:
    """Bound a resource of this process, as far as the system lets it be raised."""
    hard = resource.getrlimit(what)[1]
    soft = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(what, (soft, hard))


def _data_bytes() -> int:
    """Return how much data memory this process has, in bytes; 0 if the system does not say."""
    try:
        with Path("/proc/self/status").open(encoding="ascii") as status:
            for line in status:
                if line.startswith("VmData:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0
