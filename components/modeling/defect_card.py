"""What can be seen: the figures of `dxfvision bench defects`, as file and model card hold them."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from components.errors import ModelError

CURVE_NAME = "curve.json"
"""Of the record in the home folder's `defects`."""


class _Record(BaseModel):
    """Cannot be changed; what later versions add is passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class ShareFigure(_Record):
    """A share with its interval of 95 %.

    Attributes:
        count: How often.
        of: Out of how many.
        share: 0..1; None out of none.
        low: Lower end of the interval.
        high: Upper end.
    """

    count: int
    of: int
    share: float | None
    low: float
    high: float


class DefectFigure(_Record):
    """One kind of fault in one size.

    Attributes:
        size_mm: Of the fault.
        found: Judged parts of which it was told.
        named: Judged parts of which it was told by its name.
        doubt: Parts about which nothing could be said.
    """

    size_mm: float
    found: ShareFigure
    named: ShareFigure
    doubt: ShareFigure


class DefectKindFigures(_Record):
    """One kind of fault.

    Attributes:
        kind: Its name.
        smallest_mm: From this size on every size was found often enough; None if the greatest was
            not.
        points: By size.
    """

    kind: str
    smallest_mm: float | None
    points: tuple[DefectFigure, ...]


class DefectFigures(_Record):
    """What can be seen at one scale.

    Attributes:
        format: Of the file.
        px_per_mm: Of the pictures.
        seed: Of the pictures.
        least_detection: What "often enough" is.
        false_alarms: Judged good parts of which a fault was told.
        doubt: Good parts about which nothing could be said.
        kinds: Of each kind of fault.
    """

    format: Literal["dxfvision-defects-1"] = "dxfvision-defects-1"
    px_per_mm: float
    seed: int
    least_detection: float
    false_alarms: ShareFigure
    doubt: ShareFigure
    kinds: tuple[DefectKindFigures, ...]


def read_defects(path: Path) -> DefectFigures | None:
    """Return the figures of the last benchmark; None if there was none.

    Raises:
        ModelError: If the file is damaged.
    """
    if not path.exists():
        return None
    try:
        return DefectFigures.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise ModelError(
            f"{path}: is no record of what can be seen ({type(error).__name__}); remove it or make "
            "it again with `dxfvision bench defects`"
        ) from error


def defect_lines(figures: DefectFigures | None) -> list[str]:
    """Return the section of a card's page in Markdown; nothing if it was never measured."""
    if figures is None:
        return []
    alarms = figures.false_alarms
    lines = [
        "",
        f"## Faults found at {figures.px_per_mm:g} px per mm",
        "",
        f"Of {alarms.of} good parts that were judged {alarms.count} gave a false alarm "
        f"({alarms.low:.0%} to {alarms.high:.0%}); nothing was said about {figures.doubt.count} of "
        f"{figures.doubt.of}.",
        "",
        "| Fault | Found from | Share found by size |",
        "|---|---|---|",
    ]
    for row in figures.kinds:
        smallest = "-" if row.smallest_mm is None else f"{row.smallest_mm:g} mm"
        points = ", ".join(
            f"{point.size_mm:g} mm {point.found.count}/{point.found.of}" for point in row.points
        )
        lines.append(f"| {row.kind.replace('_', ' ')} | {smallest} | {points} |")
    return lines
