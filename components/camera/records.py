"""What the agent tells its sinks: verdicts on frames, and faults that begin and end."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from components.camera.frames import Frame
from components.camera.state import Change
from components.camera.triggers import Ask
from components.camera.verdicts import Judged


def moment(seconds: float) -> str:
    """Return a time as ISO 8601 with milliseconds, UTC.

    Examples:
        >>> moment(0.5)
        '1970-01-01T00:00:00.500+00:00'
    """
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def verdict_record(
    camera: str, mode: str, ask: Ask, frame: Frame | None, judged: Judged | None, why: list[str]
) -> dict[str, Any]:
    """Return the record of one picture.

    Args:
        camera: Name.
        mode: Of the trigger.
        ask: Who asked.
        frame: The picture; None if there was none to judge.
        judged: What was said; None if nothing could be.
        why: Reasons if nothing could be said.
    """
    return {
        "kind": "verdict",
        "id": ask.id,
        "camera": camera,
        "time": moment(datetime.now(UTC).timestamp()),
        "trigger": {"mode": mode, "text": ask.text},
        "frame": None if frame is None else _frame_facts(frame),
        "verdict": "cannot judge" if judged is None else judged.verdict,
        "reasons": why if judged is None else list(judged.reasons),
        "answer": None if judged is None else judged.answer,
        "evidence": None,
    }


def change_record(camera: str, change: Change) -> dict[str, Any]:
    """Return the record of a fault that began or ended.

    Args:
        camera: Name.
        change: What changed.
    """
    fault = change.fault
    return {
        "kind": "fault",
        "id": uuid4().hex,
        "camera": camera,
        "time": moment(datetime.now(UTC).timestamp()),
        "fault": fault.name,
        "text": fault.text,
        "since": moment(fault.since),
        "ended": None if change.ended is None else moment(change.ended),
    }


def _frame_facts(frame: Frame) -> dict[str, Any]:
    return {
        "stream": frame.stream,
        "sequence": frame.sequence,
        "captured": moment(frame.captured),
        "age_s": round(frame.age_s(), 3),
        "name": frame.name,
        "width_px": frame.image.shape[1],
        "height_px": frame.image.shape[0],
    }
