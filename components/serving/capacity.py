"""How many requests a worker process works on, lets wait and turns away.

    arrival -> waiting (at most `waiting`) -> running (at most `running`) -> answer
          `-> 429 at once when both are full, or when those before it would take too long

A request has until its deadline, then it is answered 504. Work that has not begun by then, or
whose client has gone, is dropped; work that has begun cannot be interrupted in a thread, so it
keeps its place until it ends and newcomers are counted against it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from http import HTTPStatus
from typing import Any, Generic, TypeVar

from components.logs.following import following
from components.serving.problems import ClientGoneError, RequestError
from components.serving.telemetry import RUNNING, STAGE_SECONDS, WAITING

T = TypeVar("T")

_SURE = 0.7
"""Share of the deadline within which waiting and work must fit, going by the work before."""
_LATEST = 0.1
"""Weight of the latest piece of work in what work is expected to take."""


class WorkQueue:
    """Runs blocking work in threads, within bounds.

    Args:
        running: Pieces of work done at a time.
        waiting: Pieces that may wait for their turn.
        timeout_s: Longest time from arrival to result.
    """

    def __init__(self, running: int, waiting: int, timeout_s: float) -> None:
        """Start no thread yet; the first piece of work does."""
        self._running, self._waiting, self._timeout_s = running, waiting, timeout_s
        self._held = 0
        self._work_s = 0.0
        self._threads = ThreadPoolExecutor(max_workers=running, thread_name_prefix="answer")

    @property
    def crowded(self) -> bool:
        """Whether work that came now would have to wait."""
        return self._held >= self._running

    async def run(self, work: Callable[[], T], gone: Callable[[], Awaitable[None]]) -> T:
        """Do the work in a thread and return its result.

        Args:
            work: What to do.
            gone: Returns when the client has closed the connection.

        Raises:
            RequestError: 429 if all places are taken or the work would end too late, 504 after the
                deadline.
            ClientGoneError: If `gone` returned first.
        """
        if self._held >= self._running + self._waiting or self._would_be_late():
            raise self._busy()
        future = self._submit(work)
        leaver = asyncio.ensure_future(gone())
        result = asyncio.wrap_future(future)
        either: set[asyncio.Future[Any]] = {result, leaver}
        try:
            await asyncio.wait(either, timeout=self._timeout_s, return_when=asyncio.FIRST_COMPLETED)
            if result.done():
                return await result
            raise ClientGoneError if leaver.done() else self._too_slow()
        finally:
            leaver.cancel()
            future.cancel()
            result.cancel()

    def close(self) -> None:
        """Drop what waits and let what runs end."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _would_be_late(self) -> bool:
        """Whether what is held already leaves too little time for more."""
        return self.crowded and (
            self._work_s * (self._held / self._running + 1) > _SURE * self._timeout_s
        )

    def _submit(self, work: Callable[[], T]) -> Future[T]:
        loop = asyncio.get_running_loop()
        self._held += 1
        WAITING.inc()
        pending = _Pending(following(work))
        future = self._threads.submit(self._begun, pending, time.perf_counter())

        def ended(future: Future[T]) -> None:
            # Dropped work stays in the pool's line until its turn comes; its pictures must not.
            pending.drop()
            loop.call_soon_threadsafe(self._release, future)

        future.add_done_callback(ended)
        return future

    def _release(self, ended: Future[T]) -> None:
        self._held -= 1
        if ended.cancelled():
            WAITING.dec()
        else:
            RUNNING.dec()

    def _begun(self, pending: "_Pending[T]", since_s: float) -> T:
        WAITING.dec()
        RUNNING.inc()
        start_s = time.perf_counter()
        STAGE_SECONDS.labels("queue").observe(start_s - since_s)
        try:
            return pending.take()()
        finally:
            self._work_s += _LATEST * (time.perf_counter() - start_s - self._work_s)

    def _busy(self) -> RequestError:
        return RequestError(
            HTTPStatus.TOO_MANY_REQUESTS,
            "busy",
            f"{self._held} requests are being answered or wait already",
            "try again in a second, or raise workers, limits.waiting or limits.timeout_s in "
            "serve_config.yaml",
            {"Retry-After": "1"},
        )

    def _too_slow(self) -> RequestError:
        return RequestError(
            HTTPStatus.GATEWAY_TIMEOUT,
            "too_slow",
            f"the answer was not ready within {self._timeout_s:g} s",
            "send smaller pictures or fewer at a time, or raise limits.timeout_s in "
            "serve_config.yaml",
        )


class _Pending(Generic[T]):
    """Work that can be let go of before its turn, with all that it holds."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work: list[Callable[[], T]] = [work]

    def take(self) -> Callable[[], T]:
        return self._work.pop()

    def drop(self) -> None:
        self._work.clear()
