"""How fast the service is, beside the same work without it and beside the least server possible.

Everything is measured in one run and in turns, so that what else the machine does meanwhile slows
all alike; what counts are the ratios.
"""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from statistics import median

import cv2
import numpy as np

from components.errors import ModelError, ServiceError
from components.home import Home
from components.inspection.opening import open_inspector
from components.modeling.pictures import TRUSTED_MAX_PIXELS, decode_picture
from components.modeling.preparing import prepared
from components.modeling.runtimes import open_network
from components.operations.pipeline.releases import champion_of
from components.operations.serve_bench.load import Caller, closed_load, for_seconds, percentile_ms
from components.serving.answers import answer_picture
from components.serving.guard import end_with_parent
from components.serving.launch import running_service
from components.serving.schemas import PredictOptions
from components.settings.inspection import InspectionSettings
from components.settings.serve import ServeSettings

ROUTE = "/predict"
BARE = "components.operations.serve_bench.bare_server:application"
_WARM_UP = 5
_OK = 200
"""HTTP status of a good answer."""


@dataclass(frozen=True, slots=True)
class SpeedPlan:
    """What to measure.

    Attributes:
        requests: Of one client, to each server, and as often in this process.
        clients: At a time for the throughput.
        seconds: Of one round of throughput.
        rounds: Of throughput; their median counts.
        batches: Pictures the network gets at once.
    """

    requests: int
    clients: int
    seconds: float
    rounds: int
    batches: tuple[int, ...] = (1, 2, 4, 8)


@dataclass(frozen=True, slots=True)
class Latency:
    """Times of one client's requests, in ms.

    Attributes:
        p50_ms: Half of them took less.
        p99_ms: 99 of 100 took less.
        p50_ratio: To the same work in this process.
        p99_ratio: Likewise.
    """

    p50_ms: float
    p99_ms: float
    p50_ratio: float
    p99_ratio: float


@dataclass(frozen=True, slots=True)
class Throughput:
    """Pictures a second.

    Attributes:
        per_s: Median of the rounds.
        ratio: To as many processes that do the work without a server; median of the rounds.
    """

    per_s: float
    ratio: float


@dataclass(frozen=True, slots=True)
class Speed:
    """What was measured.

    Attributes:
        latency: Of `in_process`, `service` and `bare`.
        throughput: Likewise, with all workers.
        network_ms: Time of the network alone for one picture, by pictures in a batch: what
            adaptive batching could gain.
    """

    latency: dict[str, Latency]
    throughput: dict[str, Throughput]
    network_ms: dict[int, float]


Work = Callable[[], object]


def measure_speed(home: Home, settings: ServeSettings, data: bytes, plan: SpeedPlan) -> Speed:
    """Measure the service of a home folder.

    Args:
        home: With a champion.
        settings: Of the service.
        data: An encoded picture, sent over and over.
        plan: What to measure.

    Raises:
        ServiceError: If a server does not start or refuses a request.
        ModelError: If there is no champion.
    """
    with (
        running_service(home, settings, recording=False) as service,
        running_service(home, settings, command_of=_bare_command) as bare,
        _workers(home, settings, data) as in_process,
    ):
        urls = {"service": service, "bare": bare}
        latency = _latencies(urls, work_of(home, settings, data), data, plan.requests)
        throughput = _throughputs(urls, in_process, data, plan)
    return Speed(latency, throughput, batched_network_ms(home, settings, data, plan.batches))


def work_of(home: Home, settings: ServeSettings, data: bytes) -> Work:
    """Return what does the work of one request in this process, JSON included.

    OpenCV gets the threads that it has in the service, for the whole process.
    """
    champion = champion_of(home)
    cv2.setNumThreads(settings.runtime_threads)
    inspection = InspectionSettings.load(home.configs)
    inspector = open_inspector(
        champion.path,
        inspection,
        settings.runtime_threads,
        settings.runtime,
        settings.precision,
    )
    options = PredictOptions()

    def work() -> str:
        answer = answer_picture(data, inspector, champion.version, options, settings)
        return answer.model_dump_json()

    return work


def _bare_command(settings: ServeSettings) -> list[str]:
    command = [sys.executable, "-m", "uvicorn", BARE, "--factory", "--no-access-log"]
    command += ["--host", settings.host, "--port", str(settings.port)]
    return [*command, "--workers", str(settings.workers)]


def _latencies(urls: dict[str, str], work: Work, data: bytes, requests: int) -> dict[str, Latency]:
    """Return the times of one client; each way of asking has its turn in every round."""
    callers = {name: Caller(url) for name, url in urls.items()}
    ways: dict[str, Work] = {"in_process": work}
    ways |= {name: _asking(caller, data) for name, caller in callers.items()}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(_WARM_UP + requests):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            if number >= _WARM_UP:
                seconds[name].append(time.perf_counter() - start)
    for caller in callers.values():
        caller.close()
    p50 = {name: percentile_ms(values, 0.5) for name, values in seconds.items()}
    p99 = {name: percentile_ms(values, 0.99) for name, values in seconds.items()}
    return {
        name: Latency(
            p50[name],
            p99[name],
            round(p50[name] / p50["in_process"], 3),
            round(p99[name] / p99["in_process"], 3),
        )
        for name in ways
    }


def _asking(caller: Caller, data: bytes) -> Work:
    def ask() -> None:
        status = caller.ask("POST", ROUTE, data)
        if status != _OK:
            raise ServiceError(f"{ROUTE} answered the status {status}, {_OK} was wanted")

    return ask


def _throughputs(
    urls: dict[str, str],
    in_process: Callable[[float], float],
    data: bytes,
    plan: SpeedPlan,
) -> dict[str, Throughput]:
    rates: dict[str, list[float]] = {name: [] for name in ("in_process", *urls)}
    for _ in range(plan.rounds):
        rates["in_process"].append(in_process(plan.seconds))
        for name, url in urls.items():
            rates[name].append(_rate(url, data, plan))
    alone = rates["in_process"]
    return {
        name: Throughput(
            round(median(values), 2),
            round(median(rate / base for rate, base in zip(values, alone, strict=True)), 3),
        )
        for name, values in rates.items()
    }


def _rate(url: str, data: bytes, plan: SpeedPlan) -> float:
    """Return the pictures a second that clients got answered.

    Up to the last answer within the time: after it clients leave one by one.
    """
    replies = closed_load(url, ROUTE, data, plan.clients, for_seconds(plan.seconds))
    bad = {reply.status for reply in replies if reply.status != _OK}
    if bad:
        raise ServiceError(f"{ROUTE} answered the statuses {sorted(bad)}, only {_OK} was wanted")
    ends = [reply.at_s + reply.seconds for reply in replies]
    within = [end for end in ends if end <= plan.seconds]
    if not within:
        raise ServiceError(f"{ROUTE} answered nothing within {plan.seconds:g} s; ask for longer")
    return len(within) / max(within)


_works: list[Work] = []
"""The work of a process of the pool; one element after `_open`."""


@contextmanager
def _workers(
    home: Home, settings: ServeSettings, data: bytes
) -> Iterator[Callable[[float], float]]:
    """Yield what returns the pictures a second that processes do without a server."""
    count = settings.workers
    with ProcessPoolExecutor(
        count, get_context("spawn"), initializer=_open, initargs=(home, settings, data)
    ) as pool:

        def rate(seconds: float) -> float:
            # Wall time is the same in all processes; each starts a moment later than asked.
            start = time.time() + 0.1
            done = list(pool.map(_work, [start] * count, [seconds] * count))
            return sum(done)

        rate(0.1)
        yield rate


def _open(home: Home, settings: ServeSettings, data: bytes) -> None:
    # A benchmark that is killed leaves nothing behind.
    end_with_parent()
    _works[:] = [work_of(home, settings, data)]
    for _ in range(_WARM_UP):
        _works[0]()


def _work(start: float, seconds: float) -> float:
    """Return the pictures a second of this process."""
    time.sleep(max(start - time.time(), 0))
    begun, count = time.perf_counter(), 0
    while time.perf_counter() - begun < seconds:
        _works[0]()
        count += 1
    return count / (time.perf_counter() - begun)


def batched_network_ms(
    home: Home,
    settings: ServeSettings,
    data: bytes,
    batches: Sequence[int],
    repetitions: int = 7,
) -> dict[int, float]:
    """Return the network's time for one picture in ms, by how many it gets at once."""
    champion = champion_of(home)
    file = champion.card.file_of(settings.precision or champion.card.precision)
    if file is None:
        raise ModelError(f"{champion.path}: holds no network; export the model again")
    network = open_network(champion.path / file[0], settings.runtime_threads, settings.runtime)
    image = decode_picture(data, TRUSTED_MAX_PIXELS)
    pixels = prepared(image, champion.card.prediction.long_side_px).pixels
    seconds: dict[int, list[float]] = {count: [] for count in batches}
    for _ in range(repetitions):
        for count in batches:
            pictures = np.repeat(pixels[np.newaxis], count, axis=0)
            start = time.perf_counter()
            network(pictures)
            seconds[count].append((time.perf_counter() - start) / count)
    return {count: round(1000 * median(values), 3) for count, values in seconds.items()}
