"""Requests at a service, timed: closed loops (so many clients) and open ones (so many a second).

A *closed* client sends its next request when the last was answered, so a slow service gets fewer.
An *open* load comes whether the service keeps up or not, and a request's time counts from when it
was due: what waits because others were slow is not hidden.
"""

import http.client
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

import numpy as np

_KEPT_S = 3.0
"""A connection that was idle for longer is made anew: servers close theirs after 5 s, maybe just
while a request is on its way."""

LOST = 0
"""Status of a request that got no answer at all."""


@dataclass(frozen=True, slots=True)
class Reply:
    """How one request went.

    Attributes:
        at_s: When it was sent or due, since the load began.
        seconds: Until its answer was whole.
        status: HTTP status; `LOST` without an answer.
    """

    at_s: float
    seconds: float
    status: int


class Caller:
    """One kept-alive connection; not to be shared by threads.

    Args:
        url: Base URL, plain HTTP.
        timeout_s: Longest wait for an answer.
    """

    def __init__(self, url: str, timeout_s: float = 60.0) -> None:
        """Connect at the first request."""
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(
            parts.hostname or "", parts.port, timeout=timeout_s
        )
        self._used_s = time.monotonic()

    def ask(self, method: str, route: str, body: bytes | None = None) -> int:
        """Send a request, read its answer whole and return its status; `LOST` without one."""
        if time.monotonic() - self._used_s > _KEPT_S:
            self._connection.close()
        try:
            self._connection.request(method, route, body)
            answer = self._connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            return LOST
        self._used_s = time.monotonic()
        return answer.status

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def closed_load(
    url: str, route: str, body: bytes, clients: int, going_on: Callable[[], bool]
) -> list[Reply]:
    """Let clients ask one request after the other.

    Args:
        url: Base URL.
        route: Is sent a POST.
        body: Of every request.
        clients: At a time, each with a connection of its own.
        going_on: Asked before every request.
    """
    start = time.perf_counter()

    def client(_: int) -> list[Reply]:
        caller = Caller(url)
        replies: list[Reply] = []
        while going_on():
            sent = time.perf_counter()
            status = caller.ask("POST", route, body)
            replies.append(Reply(sent - start, time.perf_counter() - sent, status))
        caller.close()
        return replies

    with ThreadPoolExecutor(clients) as pool:
        return [reply for replies in pool.map(client, range(clients)) for reply in replies]


def open_load(
    url: str, route: str, body: bytes, per_s: float, seconds: float, connections: int
) -> list[Reply]:
    """Send requests at a steady rate, whether they are answered or not.

    Args:
        url: Base URL.
        route: Is sent a POST.
        body: Of every request.
        per_s: Requests a second.
        seconds: How long.
        connections: Most requests under way at a time.
    """
    count, lock = iter(range(max(int(per_s * seconds), 1))), threading.Lock()
    start = time.perf_counter()

    def sender(_: int) -> list[Reply]:
        caller = Caller(url)
        replies: list[Reply] = []
        while True:
            with lock:
                number = next(count, None)
            if number is None:
                caller.close()
                return replies
            due = start + number / per_s
            time.sleep(max(due - time.perf_counter(), 0))
            status = caller.ask("POST", route, body)
            replies.append(Reply(due - start, time.perf_counter() - due, status))

    with ThreadPoolExecutor(connections) as pool:
        return [reply for replies in pool.map(sender, range(connections)) for reply in replies]


def for_seconds(seconds: float) -> Callable[[], bool]:
    """Return what is true for so long from now."""
    end = time.perf_counter() + seconds
    return lambda: time.perf_counter() < end


def count_statuses(replies: Sequence[Reply]) -> dict[int, int]:
    """Return how many replies had each status."""
    return dict(sorted(Counter(reply.status for reply in replies).items()))


def percentile_ms(seconds: Sequence[float], share: float) -> float:
    """Return the time in ms below which a share of the requests stayed.

    Examples:
        >>> percentile_ms([0.01, 0.02, 0.03], 0.5)
        20.0
    """
    return round(1000 * float(np.quantile(list(seconds), share)), 3)
