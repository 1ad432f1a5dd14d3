import asyncio
import gc
import threading
import time
import weakref
from functools import partial

import pytest

from components.serving.capacity import WorkQueue
from components.serving.problems import ClientGoneError, RequestError
from components.serving.telemetry import RUNNING, WAITING


async def stays() -> None:
    await asyncio.Event().wait()


async def leaves() -> None:
    return


def held(gauge) -> float:
    return gauge.collect()[0].samples[0].value


def test_work_is_done_in_another_thread_and_its_result_returned():
    queue = WorkQueue(1, 1, 5.0)
    name = asyncio.run(queue.run(lambda: threading.current_thread().name, stays))
    assert name.startswith("answer")


def test_error_of_the_work_reaches_the_caller():
    def fail() -> None:
        raise KeyError("inside")

    with pytest.raises(KeyError, match="inside"):
        asyncio.run(WorkQueue(1, 1, 5.0).run(fail, stays))


def test_one_too_many_is_turned_away_at_once_and_the_others_are_answered():
    async def scenario() -> list[object]:
        queue, release = WorkQueue(1, 2, 5.0), threading.Event()
        first = [asyncio.ensure_future(queue.run(release.wait, stays)) for _ in range(3)]
        await asyncio.sleep(0.05)
        assert (held(RUNNING), held(WAITING)) == (1, 2)
        with pytest.raises(RequestError) as refusal:
            await queue.run(release.wait, stays)
        assert (refusal.value.status, refusal.value.code) == (429, "busy")
        release.set()
        answers = await asyncio.gather(*first)
        answers.append(await queue.run(lambda: "again", stays))
        await asyncio.sleep(0.05)
        return answers

    assert asyncio.run(scenario()) == [True, True, True, "again"]
    assert (held(RUNNING), held(WAITING)) == (0, 0)


def test_work_that_would_be_late_is_turned_away_at_once():
    def work() -> None:
        time.sleep(0.03)

    async def scenario() -> list[object]:
        queue = WorkQueue(1, 100, 1.5)
        for _ in range(40):
            await queue.run(work, stays)
        posts = [queue.run(work, stays) for _ in range(80)]
        return await asyncio.gather(*posts, return_exceptions=True)

    answers = asyncio.run(scenario())
    refused = {each.status for each in answers if isinstance(each, RequestError)}
    assert refused == {429}
    # 0.7 of 1.5 s hold 35 pieces of work of 0.03 s.
    assert 10 <= answers.count(None) <= 36


def test_late_work_is_answered_504_and_keeps_its_place_until_it_ends():
    async def scenario() -> None:
        queue, release = WorkQueue(1, 0, 0.05), threading.Event()
        with pytest.raises(RequestError) as late:
            await queue.run(release.wait, stays)
        assert (late.value.status, late.value.code) == (504, "too_slow")
        with pytest.raises(RequestError, match="being answered"):
            await queue.run(lambda: None, stays)
        release.set()
        await asyncio.sleep(0.05)
        assert await queue.run(lambda: "free", stays) == "free"

    asyncio.run(scenario())


def test_waiting_work_of_a_client_that_left_is_never_begun():
    begun = []

    async def scenario() -> None:
        queue, release = WorkQueue(1, 1, 5.0), threading.Event()
        first = asyncio.ensure_future(queue.run(release.wait, stays))
        await asyncio.sleep(0.02)
        with pytest.raises(ClientGoneError):
            await queue.run(lambda: begun.append(1), leaves)
        release.set()
        await first
        assert await queue.run(lambda: "next", stays) == "next"

    asyncio.run(scenario())
    assert begun == []


class Body:
    """Stands for a picture of many megabytes."""


def test_waiting_work_of_a_client_that_left_holds_no_picture_any_more():
    async def scenario() -> None:
        queue, release = WorkQueue(1, 8, 5.0), threading.Event()
        first = asyncio.ensure_future(queue.run(release.wait, stays))
        await asyncio.sleep(0.02)
        bodies = [Body() for _ in range(5)]
        watched = [weakref.ref(body) for body in bodies]
        while bodies:
            with pytest.raises(ClientGoneError):
                await queue.run(partial(id, bodies.pop()), leaves)
        await asyncio.sleep(0)
        gc.collect()
        left = [each() for each in watched]
        release.set()
        await first
        assert left == [None] * 5

    asyncio.run(scenario())
