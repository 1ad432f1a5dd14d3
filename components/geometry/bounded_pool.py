"""A pool of processes in which no task can take more than its time and memory.

A task that runs too long is ended by ending its process (SIGKILL), which also stops C code that a
signal or a thread could not; the pool goes on with a new one. `concurrent.futures` has no such
limit: its whole pool breaks with one process.
"""

import multiprocessing
import os
import resource
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Generic, TypeVar

Task = TypeVar("Task")
Answer = TypeVar("Answer")

START_LIMIT_S = 120.0
"""A process that has not begun by then never will; a loaded machine takes seconds to import."""


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


class BoundedPool(Generic[Task, Answer]):
    """Runs one function over many tasks.

    Args:
        function: Called in the processes; must be importable there, as must its answers.
        workers: Number of processes; None means one per processor.
        time_limit_s: Longest wall time of one task.
        memory_limit_mib: Memory one process may take on top of what it starts with.
    """

    def __init__(
        self,
        function: Callable[[Task], Answer],
        workers: int | None,
        time_limit_s: float,
        memory_limit_mib: int,
    ) -> None:
        """Keep the bounds; processes start with the first run."""
        self._function, self._time_limit_s = function, time_limit_s
        self._memory_limit_mib = memory_limit_mib
        self._count = workers or len(os.sched_getaffinity(0))
        self._context: ForkServerContext = multiprocessing.get_context("forkserver")

    def run(self, tasks: Sequence[Task]) -> Iterator[Outcome[Answer]]:
        """Yield the outcomes in the order of the tasks, as soon as they are known."""
        waiting = deque(enumerate(tasks))
        done: dict[int, Outcome[Answer]] = {}
        workers = [self._start() for _ in range(min(self._count, len(tasks)))]
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
            target=_serve, args=(theirs, self._function, self._memory_limit_mib), daemon=True
        )
        process.start()
        theirs.close()
        return _Worker(process, ours)

    def _feed(self, workers: list[_Worker], waiting: deque[tuple[int, Task]]) -> None:
        """Give idle processes their next task."""
        for index, worker in enumerate(workers):
            if worker.task is None and waiting:
                number, task = waiting.popleft()
                try:
                    worker.link.send(task)
                except OSError:
                    _end(worker)
                    workers[index] = worker = self._start()
                    worker.link.send(task)
                # The time begins when the process says that it has the task.
                worker.task, worker.deadline_s = number, time.monotonic() + START_LIMIT_S

    def _collect(self, workers: list[_Worker], done: dict[int, Outcome[Answer]]) -> None:
        """Wait for news; replace processes that died or whose time ran out."""
        busy = [worker for worker in workers if worker.task is not None]
        nearest = min(worker.deadline_s for worker in busy)
        news = wait([worker.link for worker in busy], max(0.0, nearest - time.monotonic()))
        for index, worker in enumerate(workers):
            if worker.task is None:
                continue
            outcome: Outcome[Answer] | None = None
            if worker.link in news:
                outcome = self._heard(worker)
            elif time.monotonic() >= worker.deadline_s:
                outcome = Outcome(None, timed_out=True)
            if outcome is None:
                continue
            done[worker.task] = outcome
            worker.task = None
            if outcome.answer is None:
                _end(worker)
                workers[index] = self._start()

    def _heard(self, worker: _Worker) -> Outcome[Answer] | None:
        """Return the outcome a process sent; None if it only said that it begins."""
        try:
            begun, answer = worker.link.recv()
        except (EOFError, OSError):
            return Outcome(None)
        if begun:
            worker.deadline_s = time.monotonic() + self._time_limit_s
            return None
        return Outcome(answer)


def _end(worker: _Worker) -> None:
    """End a process at once."""
    worker.link.close()
    worker.process.kill()
    worker.process.join()
    worker.process.close()


def _serve(
    link: Connection, function: Callable[[Task], Answer], memory_limit_mib: int
) -> None:  # pragma: no cover - runs in another process
    """Answer tasks until the link closes."""
    used = resource.getrlimit(resource.RLIMIT_DATA)[1]
    limit = _data_bytes() + memory_limit_mib * 2**20
    hard = limit if used == resource.RLIM_INFINITY else min(limit, used)
    resource.setrlimit(resource.RLIMIT_DATA, (hard, used))
    while True:
        try:
            task = link.recv()
        except (EOFError, OSError):
            return
        link.send((True, None))
        link.send((False, function(task)))


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
