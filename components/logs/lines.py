"""What a line of a log is: the same fields in the same order, whichever part wrote it.

    {"time": "2026-03-02T08:15:04.120311Z", "level": "info", "part": "service",
     "logger": "components.serving.gate", "message": "POST /inspect 200 184.2 ms",
     "request_id": "5f0c...", "pid": 4711, "route": "/inspect", "status": 200, ...}

`time` is UTC. What a line is about stands in fields of its own after the message. A failure has
its traceback in `exception`. Modules log with the standard library; structlog brings lines of all
libraries into this form. What looks like a secret is covered before it is written anywhere.
"""

import re
from typing import Any

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

FIRST_FIELDS = ("time", "level", "part", "logger", "message", "request_id", "run_id", "pid")
"""At the beginning of a line, in this order; the ids only where there is one."""

COVERED = "***"
SHOWN = "already_shown"
"""A record's `extra` of that name keeps it off standard error: its reader was told otherwise."""

_SECRET_NAME = re.compile(r"(?i)passw|secret|token|authorization|cookie|api_?key|credential")
_SECRET_TEXTS = (
    # scheme://user:password@host
    (re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)[^\s/@]+@"), rf"\1{COVERED}@"),
    (re.compile(r"(?i)\b(bearer|basic)(\s+)[a-z0-9._~+/=-]{6,}"), rf"\1\2{COVERED}"),
    # password=..., "token": "..."
    (
        re.compile(
            r"(?i)((?:passw(?:or)?d|secret|token|api_?key)[\"']?\s*[=:]\s*[\"']?)[^\s\"',;&]{6,}"
        ),
        rf"\1{COVERED}",
    ),
)


def covered(text: str) -> str:
    """Return a text with what looks like a secret covered.

    Args:
        text: Anything that is to be written to a log.

    Examples:
        >>> covered("rtsp://me:hunter2@10.0.0.9/live is away")
        'rtsp://***@10.0.0.9/live is away'
        >>> covered("Authorization: Bearer 0123456789abcdef")
        'Authorization: Bearer ***'
    """
    for pattern, instead in _SECRET_TEXTS:
        text = pattern.sub(instead, text)
    return text


def cover_secrets(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    """Cover fields whose name says that they are secret, and secrets in texts."""
    for name, value in line.items():
        if name.startswith("_"):
            continue
        if _SECRET_NAME.search(name):
            line[name] = COVERED
        elif isinstance(value, str):
            line[name] = covered(value)
    return line


def put_in_order(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    """Put the fields that every line has first; structlog calls the message `event`."""
    line["message"] = line.pop("event", "")
    line.pop(SHOWN, None)
    first = {name: line[name] for name in FIRST_FIELDS if name in line}
    return {**first, **{name: value for name, value in line.items() if name not in first}}


def plain_processors(facts: dict[str, Any]) -> list[Processor]:
    """Return what makes a line's fields, for records of the standard library.

    Args:
        facts: Fields of every line of this process, such as `part`.
    """

    def add_facts(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
        record = line.get("_record")
        return {**facts, **line, "pid": record.process if record else None}

    return [
        add_facts,
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
    ]


def json_processors() -> list[Processor]:
    """Return what writes a line as one JSON object; values that JSON has not become texts."""
    return [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        cover_secrets,
        put_in_order,
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]


def console_processors() -> list[Processor]:
    """Return what writes a line for people: time, level, message, then the other fields."""

    def cover(_: WrappedLogger, __: str, line: Any) -> str:
        return covered(str(line))

    return [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        cover_secrets,
        put_in_order,
        structlog.dev.ConsoleRenderer(
            colors=False,
            sort_keys=False,
            event_key="message",
            timestamp_key="time",
            pad_event_to=0,
            exception_formatter=structlog.dev.plain_traceback,
        ),
        # A traceback is put into words only by the renderer.
        cover,
    ]
