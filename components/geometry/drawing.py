"""What reading one DXF file gave: its parts, and what was understood and what was not.

Verdicts: *accepted* - read as it is; *repaired* - read after something was put right, and said so;
*rejected* - no part can be trusted, for the stated reason.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from components.domain import Part
from components.errors import DrawingError
from components.geometry.contours import hole_area, outline_area

Verdict = Literal["accepted", "repaired", "rejected"]


@dataclass(frozen=True, slots=True)
class Gap:
    """One joint whose ends did not meet and were joined.

    Attributes:
        size_mm: Distance of the two ends.
        x: Place of the gap's middle in the drawing's own coordinates and units.
        y: See x.
    """

    size_mm: float
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class EntityCount:
    """How many entities of one type on one layer were kept or dropped.

    Attributes:
        entity: DXF type, such as `LINE`.
        layer: Name of the layer as the file spells it; escape it before showing it.
        count: Number of entities.
        rule: Why they were dropped; empty for kept ones.
    """

    entity: str
    layer: str
    count: int
    rule: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """One DXF file after reading.

    Attributes:
        file: The path as it was given.
        verdict: See the module.
        reason: Why it was rejected or what was repaired; empty if accepted.
        warnings: Further sentences for the user.
        mm_per_unit: Length of one drawing unit; None if it was never found out.
        unit_evidence: What the unit was concluded from.
        parts: Empty if rejected.
        centres: For each part the drawing coordinates, in drawing units, of its origin.
        kept: Entities that became contours.
        dropped: Entities that did not, each with its rule.
        gaps: Joints whose ends did not meet, also those within rounding noise, biggest first.
    """

    file: Path
    verdict: Verdict
    reason: str = ""
    warnings: tuple[str, ...] = ()
    mm_per_unit: float | None = None
    unit_evidence: str = ""
    parts: tuple[Part, ...] = ()
    centres: tuple[tuple[float, float], ...] = ()
    kept: tuple[EntityCount, ...] = ()
    dropped: tuple[EntityCount, ...] = ()
    gaps: tuple[Gap, ...] = field(default=())


def place_text(x: float, y: float) -> str:
    """Return a place in drawing units for people, to three decimals also far from the origin.

    Examples:
        >>> place_text(4567890.12, 30.0)
        '(4567890.12, 30)'
    """
    return "({}, {})".format(*(f"{v:.3f}".rstrip("0").rstrip(".") for v in (x + 0.0, y + 0.0)))


def listed_places(places: Sequence[NDArray[np.float64]], most: int = 3) -> str:
    """Return the first places, each of shape (2,), and dots if there are more.

    Examples:
        >>> listed_places([np.array([1.0, 2.5])])
        'at (1, 2.5)'
    """
    told = ", ".join(place_text(float(x), float(y)) for x, y in places[:most])
    return f"at {told}" + (", ..." if len(places) > most else "")


def counted(count: int, one: str, many: str = "") -> str:
    """Return a number with its noun.

    Examples:
        >>> counted(1, "gap"), counted(3, "gap"), counted(2, "boundary", "boundaries")
        ('1 gap', '3 gaps', '2 boundaries')
    """
    return f"{count} {one if count == 1 else many or one + 's'}"


class PlacedError(DrawingError):
    """A fault at a place, which is told in the drawing's own coordinates.

    Args:
        text: The sentence, with `{place}` where the place belongs.
        place: x and y in the coordinates of whoever raises.
    """

    def __init__(self, text: str, place: tuple[float, float]) -> None:
        """Keep both."""
        super().__init__(text.format(place=place_text(*place)))
        self._text, self._place = text, place

    def moved(self, origin: tuple[float, float]) -> "PlacedError":
        """Return the same fault, told where the raiser's origin lies at `origin`."""
        x, y = self._place
        return PlacedError(self._text, (x + origin[0], y + origin[1]))


def shown(text: str) -> str:
    r"""Return `text` fit for a terminal, a log line or a page's text.

    Control characters, direction overrides, lone surrogates and other unprintable characters are
    written as escapes; letters of every language stay.

    Examples:
        >>> print(shown("a" + chr(27) + "[31m" + chr(10) + "b"))
        a\x1b[31m\nb
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def drawing_to_json(drawing: Drawing) -> dict[str, Any]:
    """Return the record that `dxfvision drawings --json` prints as one line a file."""
    return {
        "file": shown(str(drawing.file)),
        "verdict": drawing.verdict,
        "reason": shown(drawing.reason) or None,
        "warnings": [shown(warning) for warning in drawing.warnings],
        "mm_per_unit": drawing.mm_per_unit,
        "unit_evidence": shown(drawing.unit_evidence),
        "parts": [part_to_json(part) for part in drawing.parts],
        "gaps": [{"size_mm": gap.size_mm, "x": gap.x, "y": gap.y} for gap in drawing.gaps],
        "kept": [_count_to_json(count) for count in drawing.kept],
        "dropped": [_count_to_json(count) for count in drawing.dropped],
    }


def part_to_json(part: Part) -> dict[str, Any]:
    """Return the figures of one part."""
    width_mm, height_mm = part.size_mm
    return {
        "name": part.name,
        "outer_area_mm2": outline_area(part),
        "hole_area_mm2": hole_area(part),
        "hole_count": len(part.holes),
        "width_mm": width_mm,
        "height_mm": height_mm,
    }


def _count_to_json(count: EntityCount) -> dict[str, Any]:
    """Return one count with its text escaped."""
    record = {"entity": shown(count.entity), "layer": shown(count.layer), "count": count.count}
    return record | ({"rule": count.rule} if count.rule else {})
