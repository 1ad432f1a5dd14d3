import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from structlog.contextvars import get_contextvars

from components.logs.following import (
    REQUEST_HEADER,
    RUN_VARIABLE,
    begin_run,
    flow_run,
    following,
    new_id,
    request,
    request_headers,
    run_id,
    usable_id,
)


@pytest.mark.parametrize("given", ["", "short", "a b c d e f", "x" * 65, 'say "hello" to', "ä" * 9])
def test_an_id_that_could_harm_a_log_is_replaced(given: str) -> None:
    assert usable_id(given) != given
    assert len(usable_id(given)) == 16


def test_an_id_of_the_sender_is_kept() -> None:
    assert usable_id("7f3a-line.4_x") == "7f3a-line.4_x"


def test_ids_are_not_given_twice() -> None:
    assert len({new_id() for _ in range(1000)}) == 1000


def test_a_request_is_handed_on_and_ends_with_its_block() -> None:
    assert request_headers() == {}
    with request("line4-part-0001"):
        assert request_headers() == {REQUEST_HEADER: "line4-part-0001"}
    assert request_headers() == {}


def test_work_in_another_thread_bears_the_id_of_who_asked() -> None:
    with ThreadPoolExecutor(1) as threads:
        with request("line4-part-0001"):
            asked = threads.submit(following(get_contextvars))
        plain = threads.submit(get_contextvars)
        assert asked.result()["request_id"] == "line4-part-0001"
        assert "request_id" not in plain.result()


def test_a_run_keeps_its_id_and_gives_it_to_child_processes() -> None:
    first = begin_run()
    assert begin_run() == first
    assert os.environ[RUN_VARIABLE] == first


def test_a_child_process_takes_its_parents_id(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(RUN_VARIABLE, "0123456789abcdef")
    assert begin_run() == "0123456789abcdef"


def test_the_outermost_flow_run_is_the_run() -> None:
    with flow_run("outer-run"), flow_run("inner-run"):
        assert get_contextvars() == {"run_id": "outer-run", "flow_run_id": "inner-run"}
    assert run_id() == ""


def test_a_flow_inside_of_a_command_belongs_to_its_run() -> None:
    command = begin_run()
    with flow_run("outer-run"):
        assert get_contextvars()["run_id"] == command
