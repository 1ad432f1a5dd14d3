"""What is said about one frame: the verdicts on its parts make the picture's."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from components.camera.frames import Picture
from components.domain import UNKNOWN_LABEL
from components.serving.inspect_schemas import InspectedAnswer
from components.settings.camera import Verdict


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What is said about one frame.

    Attributes:
        verdict: See `picture_verdict`.
        reasons: Why it is not ok or cannot be judged.
        answer: Body of `/inspect`.
        overlay: The picture with deviations drawn on, RGB; None if there is none.
    """

    verdict: Verdict
    reasons: tuple[str, ...]
    answer: dict[str, Any]
    overlay: Picture | None


def picture_verdict(detections: Sequence[InspectedAnswer]) -> tuple[Verdict, tuple[str, ...]]:
    """Return the verdict on a picture and the reasons for a bad one.

    `not ok` if a part is not; else `cannot judge` if that holds for a part, or an object is
    unknown; `ok` if all parts are; `found` if some were not measured; `empty`.

    Args:
        detections: Of the answer.
    """
    if not detections:
        return "empty", ()
    told = [(_verdict_of(each), _reason_of(each)) for each in detections]
    bad = [reason for verdict, reason in told if verdict == "not ok"]
    doubtful = [reason for verdict, reason in told if verdict == "cannot judge"]
    if bad:
        return "not ok", (*bad, *doubtful)
    if doubtful:
        return "cannot judge", tuple(doubtful)
    return ("ok", ()) if all(verdict == "ok" for verdict, _ in told) else ("found", ())


def _verdict_of(each: InspectedAnswer) -> Verdict:
    if each.deviation is not None:
        return each.deviation.verdict
    return "cannot judge" if each.label == UNKNOWN_LABEL else "found"


def _reason_of(each: InspectedAnswer) -> str:
    if each.deviation is None:
        return "an object fits no drawing"
    return f"{each.label}: {each.deviation.reason or each.deviation.verdict}"
