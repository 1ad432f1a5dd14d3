"""Shards over a Dask cluster, by way of Prefect's Dask task runner.

The shards become the tasks of a Prefect flow, `render-shards`, so that a run over many machines
has its tasks, retries and logs in Prefect's UI like any other stage. The tasks tell a Prefect
server how they are: the one of `PREFECT_API_URL`, else one that lives as long as this process.
Workers on other machines must see the home folder under the same path and reach that server.
"""

import logging
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any
from urllib.parse import urlsplit

import cv2

from components.dataset.jobs import Job
from components.errors import DatasetError

CONNECT_TIMEOUT_S = 10
ANY_PORT = "127.0.0.1:0"
"""Where a cluster of this machine serves its pages: a second one finds the usual port taken."""
TASK_IMAGES = 500
"""Pictures of one task: it costs 0.2 s beside its work, so it should hold some seconds' work."""
TASKS_PER_WORKER = 4
"""At least so many tasks for each worker, so that none waits long for the last one."""
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def dask(
    work: Callable[[Job, int], int], job: Job, shards: Sequence[int], workers: int
) -> Iterator[int]:
    """Work on a Dask cluster: the one of `dask_scheduler`, or one started on this machine.

    Args:
        work: Makes one shard; returns the number of its samples.
        job: The dataset.
        shards: Which to make.
        workers: Processes of a cluster started here; another cluster has its own.

    Yields:
        The number of samples of each finished task.

    Raises:
        DatasetError: If the scheduler cannot be reached or has no worker, or its workers could not
            reach Prefect.
    """
    # Loaded here: Prefect and Dask take seconds to import and few need them.
    from prefect import flow, task
    from prefect.cache_policies import NO_CACHE
    from prefect.futures import as_completed

    def render(batch: Sequence[int]) -> int:
        """Make some shards in a worker."""
        cv2.setNumThreads(1)
        return sum(work(job, shard) for shard in batch)

    rendering = task(name="render-shards", retries=1, cache_policy=NO_CACHE)(render)
    runner = _task_runner(job.settings.dask_scheduler, workers)

    @flow(name="render-shards", task_runner=runner, validate_parameters=False)
    def render_shards() -> Iterator[int]:
        with _shared_server():
            futures = [
                rendering.submit(batch)
                for batch in batches(shards, workers, job.settings.shard_samples)
            ]
        for future in as_completed(futures):
            yield future.result()

    if shards:
        yield from render_shards()


def batches(shards: Sequence[int], workers: int, shard_samples: int) -> list[list[int]]:
    """Return the shards of each task.

    Examples:
        >>> batches(range(9), workers=1, shard_samples=250)
        [[0, 1], [2, 3], [4, 5], [6, 7], [8]]
        >>> batches(range(3), workers=2, shard_samples=50)
        [[0], [1], [2]]
    """
    size = max(1, TASK_IMAGES // shard_samples)
    size = max(1, min(size, len(shards) // (workers * TASKS_PER_WORKER)))
    return [list(shards[start : start + size]) for start in range(0, len(shards), size)]


def _task_runner(address: str | None, workers: int) -> Any:
    """Return the task runner: of a cluster that is there, or of one on this machine."""
    from prefect_dask.task_runners import DaskTaskRunner

    # They tell every connection; faults still come through.
    for name in ("distributed", "prefect.task_runner.dask"):
        logging.getLogger(name).setLevel(logging.ERROR)
    if address is None:
        return DaskTaskRunner(
            cluster_kwargs={
                "n_workers": workers,
                "threads_per_worker": 1,
                "dashboard_address": ANY_PORT,
                "silence_logs": logging.ERROR,
            }
        )
    _check_reachable(address)
    return DaskTaskRunner(address=address)


def _check_reachable(address: str) -> None:
    """Do nothing if a scheduler listens there and its workers can reach Prefect."""
    from prefect.settings import get_current_settings

    try:
        parts = urlsplit(address)
        place = (parts.hostname or "", parts.port or 0)
        # Dask itself would try for a minute, whatever the address.
        socket.create_connection(place, timeout=CONNECT_TIMEOUT_S).close()
    except (OSError, ValueError) as error:
        raise DatasetError(
            f"dask_scheduler: nothing listens at {address!r} ({error}); expected an address such "
            "as tcp://scheduler:8786: start one with `dask scheduler`, or mend the address in "
            "data_config.yaml or after --dask-scheduler"
        ) from error
    _check_workers(address)
    if parts.hostname not in LOOPBACK and get_current_settings().api.url is None:
        raise DatasetError(
            f"dask_scheduler: workers of {address} tell Prefect what they do, and cannot reach a "
            "server inside this process; start one with `prefect server start --host 0.0.0.0` and "
            "set PREFECT_API_URL to an address that they reach"
        )


def _check_workers(address: str) -> None:
    """Do nothing if a worker is there: without one the first task would wait without end."""
    from distributed import Client

    try:
        with Client(address, timeout=CONNECT_TIMEOUT_S, set_as_default=False) as client:
            client.wait_for_workers(1, timeout=CONNECT_TIMEOUT_S)
    except (OSError, ValueError) as error:
        raise DatasetError(
            f"dask_scheduler: no worker of a Dask scheduler answers at {address!r} ({error}); "
            f"start one with `dask worker {address}`"
        ) from error


def _shared_server() -> AbstractContextManager[Any]:
    """Let the workers use the Prefect server of this process instead of one each."""
    from prefect.server.api.server import SubprocessASGIServer
    from prefect.settings import PREFECT_API_URL, temporary_settings

    server = SubprocessASGIServer()
    if PREFECT_API_URL.value() is not None or not server.running:
        return nullcontext()
    return temporary_settings(updates={PREFECT_API_URL: server.api_url})
