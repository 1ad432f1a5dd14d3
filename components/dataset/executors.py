"""How shards are spread over processes, threads or machines.

Every executor is a function (work, job, shards, workers) -> results as they come. The work is the
same function whoever runs it, and depends on the job and the shard's number alone.
"""

import asyncio
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

import cv2

from components.dataset.dask_executor import dask
from components.dataset.jobs import Job
from components.dataset.worker_process import begin_worker
from components.errors import DatasetError

Work = Callable[[Job, int], int]
Runner = Callable[[Work, Job, Sequence[int], int], Iterator[int]]


@contextmanager
def single_threaded_opencv() -> Iterator[None]:
    """Keep OpenCV from starting threads of its own beside the workers'."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)


def sequential(work: Work, job: Job, shards: Sequence[int], workers: int) -> Iterator[int]:
    """Work here, one shard after the other."""
    del workers
    with single_threaded_opencv():
        for shard in shards:
            yield work(job, shard)


def threads(work: Work, job: Job, shards: Sequence[int], workers: int) -> Iterator[int]:
    """Work in threads: OpenCV lets go of the interpreter while it draws."""
    with single_threaded_opencv(), ThreadPoolExecutor(workers) as pool:
        yield from _as_done(pool, work, job, shards)


def _as_done(pool: Executor, work: Work, job: Job, shards: Sequence[int]) -> Iterator[int]:
    futures = [pool.submit(work, job, shard) for shard in shards]
    try:
        for future in as_completed(futures):
            yield future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def asynchronous(work: Work, job: Job, shards: Sequence[int], workers: int) -> Iterator[int]:
    """Work in threads that an asyncio loop waits for."""
    places = asyncio.Semaphore(workers)

    async def one(shard: int) -> int:
        async with places:
            return await asyncio.to_thread(work, job, shard)

    async def start() -> set[asyncio.Task[int]]:
        return {asyncio.create_task(one(shard)) for shard in shards}

    async def some(
        pending: set[asyncio.Task[int]],
    ) -> tuple[set[asyncio.Task[int]], set[asyncio.Task[int]]]:
        return await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)

    # Leaving the runner cancels what has not begun and waits for what has.
    with single_threaded_opencv(), asyncio.Runner() as runner:
        pending = runner.run(start())
        while pending:
            done, pending = runner.run(some(pending))
            for task in done:
                yield task.result()


_job: Job | None = None


def _begin_worker(job: Job) -> None:
    """Prepare a worker process: it gets the job once."""
    global _job
    _job = job
    begin_worker()


def _in_worker(work: Work, shard: int) -> int:
    if _job is None:
        raise RuntimeError("the worker was not given its job")
    return work(_job, shard)


def processes(work: Work, job: Job, shards: Sequence[int], workers: int) -> Iterator[int]:
    """Work in processes of their own, started afresh: forking with threads about is unsafe."""
    pool = ProcessPoolExecutor(
        min(workers, max(1, len(shards))),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin_worker,
        initargs=(job,),
    )
    try:
        futures = [pool.submit(_in_worker, work, shard) for shard in shards]
        for future in as_completed(futures):
            yield future.result()
    except BrokenProcessPool as error:
        raise DatasetError(
            f"{job.root}: a worker process died (killed, or out of memory); run the command again "
            "to go on where it stopped, perhaps with fewer `workers` in data_config.yaml"
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


RUNNERS: dict[str, Runner] = {
    "process": processes,
    "thread": threads,
    "async": asynchronous,
    "sequential": sequential,
    "dask": dask,
}


def worker_count(wanted: int) -> int:
    """Return the number of workers: `wanted`, or one for each usable core if that is 0."""
    return wanted or len(os.sched_getaffinity(0))
