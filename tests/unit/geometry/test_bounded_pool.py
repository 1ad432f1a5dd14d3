import importlib
import os
import signal
import time

import pytest

from components.geometry.bounded_pool import BoundedPool


def work(task):
    """Answer twice the number, or misbehave; runs in another process."""
    if task == "spin":
        while True:
            pass
    if task == "sleep":
        time.sleep(3600)
    if task == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if task == "eat":
        return len(bytearray(4 * 2**30))
    return 2 * task


@pytest.mark.parametrize("workers", [1, 2])
def test_answers_come_in_the_order_of_the_tasks(workers):
    pool = BoundedPool(work, workers, time_limit_s=60, memory_limit_mib=512)
    assert [outcome.answer for outcome in pool.run(range(7))] == list(range(0, 14, 2))


def test_task_that_never_ends_or_dies_is_ended_and_the_others_go_on():
    pool = BoundedPool(work, 2, time_limit_s=0.5, memory_limit_mib=512)
    outcomes = list(pool.run([1, "spin", "sleep", "die", "eat", 2]))
    assert [outcome.answer for outcome in outcomes] == [2, None, None, None, None, 4]
    assert [outcome.timed_out for outcome in outcomes] == [False, True, True, False, False, False]


def test_processes_that_cannot_start_are_an_error_not_a_verdict_on_every_task(
    tmp_path, monkeypatch
):
    (tmp_path / "fails_in_a_child.py").write_text(
        f"import os\nif os.getpid() != {os.getpid()}:\n    raise ImportError('planted')\n"
        "def work(task):\n    return task\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    work_elsewhere = importlib.import_module("fails_in_a_child").work
    pool = BoundedPool(work_elsewhere, 1, time_limit_s=60, memory_limit_mib=512)
    with pytest.raises(RuntimeError, match="5 worker processes in a row ended before their first"):
        list(pool.run(range(20)))
