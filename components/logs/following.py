"""Ids that follow one request or one run through threads, processes and parts.

A request's id comes with the header `X-Request-Id`, or is made where the request arrives. A run's
id is made by the command that works, or is that of the outermost flow run on the Prefect server;
child processes get it by `DXFVISION_RUN_ID`. Every line that is logged meanwhile bears them.
"""

import contextvars
import os
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from structlog.contextvars import bind_contextvars, bound_contextvars, get_contextvars

T = TypeVar("T")

REQUEST_HEADER = "X-Request-Id"
RUN_VARIABLE = "DXFVISION_RUN_ID"
_ID = re.compile(r"[0-9A-Za-z._-]{8,64}")
_LENGTH = 16


def new_id() -> str:
    """Return an id that nothing else has: 16 hexadecimal digits."""
    return uuid.uuid4().hex[:_LENGTH]


def usable_id(given: str) -> str:
    r"""Return an id that came from outside if it is one, else a new one.

    What is neither letter, digit, dot, dash nor underscore could break a line of a log.

    Examples:
        >>> usable_id("7f3a-line.4")
        '7f3a-line.4'
        >>> usable_id("two\nlines") == "two\nlines"
        False
    """
    return given if _ID.fullmatch(given) else new_id()


@contextmanager
def request(request_id: str) -> Iterator[None]:
    """Let every line inside the block bear a request's id."""
    with bound_contextvars(request_id=request_id):
        yield


def request_headers() -> dict[str, str]:
    """Return the header that hands this request's id on; none outside of a request."""
    current = get_contextvars().get("request_id")
    return {REQUEST_HEADER: current} if current else {}


def begin_run() -> str:
    """Let every line from now on bear a run's id, in child processes as well; return it.

    Within a run it stays that run's.
    """
    known = run_id() or os.environ.get(RUN_VARIABLE, "")
    current = usable_id(known)
    bind_contextvars(run_id=current)
    os.environ[RUN_VARIABLE] = current
    return current


@contextmanager
def flow_run(flow_run_id: str) -> Iterator[None]:
    """Let every line inside the block bear a flow run's id; of the outermost as the run's.

    Args:
        flow_run_id: By which the Prefect server knows it.
    """
    with bound_contextvars(run_id=run_id() or flow_run_id, flow_run_id=flow_run_id):
        yield


def run_id() -> str:
    """Return the id of the run that goes on here; empty outside of one."""
    return str(get_contextvars().get("run_id", ""))


def following(work: Callable[[], T]) -> Callable[[], T]:
    """Return work that bears the ids of who asks for it, in whichever thread it is done."""
    context = contextvars.copy_context()
    return lambda: context.run(work)
