"""What the service stands: hours of load, and more than it can do."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from statistics import median

import httpx

from components.errors import ServiceError
from components.operations.serve_bench.load import (
    Caller,
    Reply,
    closed_load,
    count_statuses,
    for_seconds,
    open_load,
    percentile_ms,
)
from components.operations.serve_bench.speed import ROUTE
from components.serving.launch import serve_command
from components.settings.serve import ServeSettings

LOAD = 0.8
"""Share of what the service can do that the soak asks for."""

MOST_GROWTH_MB, MOST_P99_RATIO = 100.0, 1.2
OVERLOAD = 10.0
MOST_PROBE_S = 1.0
_OK = 200
_ENDS = 6
"""The first and the last sixth of a soak are compared: 5 of 30 minutes."""

_RESIDENT = "dxfvision_process_resident_bytes"
_PROBES = ("/livez", "/readyz")
_CALIBRATION_S = 5.0
"""How long it is measured what the service can do; of a soak a thirtieth, if that is more."""

_OVERLOAD_CONNECTIONS = 200
_PLANTED = 3.0
"""How many times the allowed growth a planted leak takes."""

_ENV = "/usr/bin/env"
LEAK_VARIABLE = "DXFVISION_LEAK_BYTES_PER_S"
"""Tells the leaking service how much to leak."""


@dataclass(frozen=True, slots=True)
class Soak:
    """What hours of load did.

    Attributes:
        minutes: How long.
        per_s: Requests a second.
        statuses: Answers by HTTP status.
        growth_mb: Memory of the workers in the last sixth less that in the first, in MB.
        p99_ms: Of the last sixth.
        p99_ratio: To that of the first sixth.
        passed: Whether all stayed within the bounds.
    """

    minutes: float
    per_s: float
    statuses: dict[int, int]
    growth_mb: float
    p99_ms: float
    p99_ratio: float
    passed: bool


@dataclass(frozen=True, slots=True)
class Overload:
    """What more load than can be answered did.

    Attributes:
        per_s: Requests a second.
        statuses: Answers by HTTP status.
        slowest_probe_s: Of the probes that were asked meanwhile.
        probes: How many were asked.
        passed: Whether every request got 200 or 429, and every probe 200 within a second.
    """

    per_s: float
    statuses: dict[int, int]
    slowest_probe_s: float
    probes: int
    passed: bool


def soak(url: str, data: bytes, minutes: float, clients: int) -> Soak:
    """Ask for 80 % of what the service can do, and watch memory and times.

    Args:
        url: Of a running service that tells its metrics.
        data: An encoded picture.
        minutes: How long.
        clients: At a time, to find out what it can do.

    Raises:
        ServiceError: If it tells no metrics.
    """
    rate = LOAD * capacity(url, data, clients, max(_CALIBRATION_S, 2 * minutes))
    with _memory_of(url) as memory:
        replies = open_load(url, ROUTE, data, rate, 60 * minutes, clients)
    length = 60 * minutes / _ENDS
    first = [reply.seconds for reply in replies if reply.at_s < length]
    last = [reply.seconds for reply in replies if reply.at_s >= 60 * minutes - length]
    count = max(len(memory) // _ENDS, 1)
    growth_mb = round((median(memory[-count:]) - median(memory[:count])) / 1e6, 1)
    p99 = percentile_ms(last, 0.99)
    ratio = round(p99 / percentile_ms(first, 0.99), 3)
    statuses = count_statuses(replies)
    within = growth_mb <= MOST_GROWTH_MB and ratio <= MOST_P99_RATIO
    passed = within and set(statuses) == {_OK}
    return Soak(minutes, round(rate, 2), statuses, growth_mb, p99, ratio, passed)


def leaking_command(minutes: float) -> Callable[[ServeSettings], list[str]]:
    """Return the command of the service with a leak that a soak of so long must find.

    Args:
        minutes: Of the soak; within them three times the allowed growth leaks.
    """

    def command(settings: ServeSettings) -> list[str]:
        per_s = _PLANTED * MOST_GROWTH_MB * 1e6 / (60 * minutes * settings.workers)
        service = "components.operations.serve_bench.leaking_service:bento"
        return [_ENV, f"{LEAK_VARIABLE}={per_s}", *serve_command(settings, service)]

    return command


def overload(url: str, data: bytes, seconds: float, clients: int) -> Overload:
    """Ask for ten times of what the service can do, and its probes meanwhile.

    Args:
        url: Of a running service.
        data: An encoded picture.
        seconds: How long.
        clients: At a time, to find out what it can do.
    """
    rate = OVERLOAD * capacity(url, data, clients)
    probes: list[Reply] = []
    with ThreadPoolExecutor(1) as pool:
        loaded = pool.submit(open_load, url, ROUTE, data, rate, seconds, _OVERLOAD_CONNECTIONS)
        caller = Caller(url)
        while not loaded.done():
            for route in _PROBES:
                start = time.perf_counter()
                status = caller.ask("GET", route)
                probes.append(Reply(0.0, time.perf_counter() - start, status))
            time.sleep(0.05)
        caller.close()
    statuses = count_statuses(loaded.result())
    slowest = round(max(probe.seconds for probe in probes), 3)
    fine = {probe.status for probe in probes} == {_OK} and slowest <= MOST_PROBE_S
    passed = fine and set(statuses) <= {_OK, 429} and _OK in statuses
    return Overload(round(rate, 1), statuses, slowest, len(probes), passed)


def capacity(url: str, data: bytes, clients: int, seconds: float = _CALIBRATION_S) -> float:
    """Return the requests a second that clients get answered, measured for some seconds."""
    start = time.perf_counter()
    replies = closed_load(url, ROUTE, data, clients, for_seconds(seconds))
    spent_s = time.perf_counter() - start
    return max(sum(reply.status == _OK for reply in replies) / spent_s, 1.0)


@contextmanager
def _memory_of(url: str) -> Iterator[list[float]]:
    """Collect the memory of all workers, in bytes, once a second."""
    found: list[float] = []
    done = threading.Event()

    def collect() -> None:
        while not done.wait(1.0):
            # One question that is lost must not cost a soak of hours.
            with suppress(httpx.TransportError):
                found.append(_resident_bytes(url))

    with ThreadPoolExecutor(1) as pool:
        collecting = pool.submit(collect)
        try:
            yield found
        finally:
            done.set()
            found.append(_resident_bytes(url))
            collecting.result()


def _resident_bytes(url: str) -> float:
    text = httpx.get(f"{url}/metrics", timeout=30.0).text
    values = [line.split()[1] for line in text.splitlines() if line.startswith(f"{_RESIDENT} ")]
    if not values:
        raise ServiceError(f"{url}/metrics does not tell {_RESIDENT}; make the metrics public")
    return float(values[0])
