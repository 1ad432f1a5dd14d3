"""What the page on drawings needs to draw parts as SVG: paths, numbers, marks; lengths in mm.

SVG has y down, drawings have it up: here every y changes its sign. Each part's path is in the page
once; where two parts are laid on each other it is used again with a transform.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from shapely import LinearRing

from components.domain import Contour, Part
from components.geometry.contours import signed_area
from components.geometry.drawing import Drawing, part_to_json
from components.geometry.laying import Lay
from components.geometry.resemblance import Resemblance

MAX_MARKED = 150
"""Numbers in more holes than this, or more gaps, would only hide them."""

WIDE_FROM = 14
"""A part with more holes gets the wide picture."""

NARROW_PX, WIDE_PX = 320, 656
"""Longer side of a picture; two narrow ones and a gap are as wide as a wide one."""

FLATTEST = 0.25
"""The shorter side of a picture is at least this share of the longer one."""

MARGIN = 0.06
"""Room around a part as a share of its longer side, for marks on its edge."""


@dataclass(frozen=True, slots=True)
class Hole:
    """One hole as the page shows it.

    Attributes:
        number: From 1, as everywhere else.
        x_mm: Its middle in the part's own coordinates, y up.
        y_mm: See x_mm.
        across_mm: Diameter of the circle of its area.
        label: Where its number is written (x, y), y down; None where it would hide another one.
    """

    number: int
    x_mm: float
    y_mm: float
    across_mm: float
    label: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Picture:
    """One part.

    Attributes:
        key: Its number on the page.
        figures: As in the JSON record.
        symmetry: In words; empty for none.
        view: SVG viewBox.
        wide: Whether its picture takes two columns.
        size_px: Width and height of the picture.
        path: Outline and holes.
        font: Height of the numbers in mm.
        holes: Those that are numbered; empty if there are too many.
        gaps: Where gaps were closed (x, y), y down.
    """

    key: int
    figures: dict[str, object]
    symmetry: str
    view: str
    wide: bool
    size_px: tuple[int, int]
    path: str
    font: float
    holes: tuple[Hole, ...]
    gaps: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Overlay:
    """Two parts on each other, the second drawn with a transform.

    Attributes:
        pair: What is known about the two.
        first: Number of the first part on the page.
        second: Likewise.
        view: SVG viewBox.
        size_px: Width and height of the picture.
        transform: SVG matrix of the second part.
        mark: Ring (x, y, radius) round the feature that differs, y down; None without one.
    """

    pair: Resemblance
    first: int
    second: int
    view: str
    size_px: tuple[int, int]
    transform: str
    mark: tuple[float, float, float] | None


def picture_of(key: int, drawing: Drawing, index: int, symmetry: str) -> Picture:
    """Return the drawing instructions of one part.

    Args:
        key: Its number on the page.
        drawing: Whose part it is.
        index: Which of its parts.
        symmetry: In words.
    """
    part = drawing.parts[index]
    wide = len(part.holes) > WIDE_FROM
    view, size_px, mm_per_px = _frame(part, WIDE_PX if wide else NARROW_PX)
    font = 11 * mm_per_px
    holes = _legible([_hole(number, hole, font) for number, hole in enumerate(part.holes, 1)], font)
    gaps = _gaps_of(drawing, index)
    return Picture(
        key=key,
        figures=part_to_json(part),
        symmetry=symmetry,
        view=view,
        wide=wide,
        size_px=size_px,
        path=_path(part, mm_per_px),
        font=font,
        holes=tuple(holes) if len(holes) <= MAX_MARKED else (),
        gaps=tuple((float(x), -float(y)) for x, y in gaps[:MAX_MARKED]),
    )


def plain_picture(part: Part, side_px: int) -> tuple[str, tuple[int, int], str]:
    """Return viewBox, width and height in pixels, and path of a part without any marks.

    Args:
        part: What to draw.
        side_px: Longer side of the picture.
    """
    view, size_px, mm_per_px = _frame(part, side_px)
    return view, size_px, _path(part, mm_per_px)


def overlay_of(first: Part, keys: tuple[int, int], pair: Resemblance) -> Overlay:
    """Return the drawing instructions of the second part of a pair laid on the first."""
    view, size_px, mm_per_px = _frame(first, NARROW_PX)
    mark = None
    if pair.feature is not None:
        radius = max(0.7 * pair.feature.width_mm, 9 * mm_per_px)
        mark = (pair.feature.x_mm, -pair.feature.y_mm, radius)
    return Overlay(
        pair=pair,
        first=keys[0],
        second=keys[1],
        view=view,
        size_px=size_px,
        transform=_transform(pair),
        mark=mark,
    )


def _transform(pair: Resemblance) -> str:
    """Return how the second part is laid on the first as an SVG matrix, for y down."""
    (a, c), (b, d) = Lay(pair.angle_deg, 0.0, 0.0, pair.scale, pair.mirrored).matrix().tolist()
    terms = (a, -b, -c, d, pair.x_mm, -pair.y_mm)
    return f"matrix({' '.join(f'{term:.7g}' for term in terms)})"


def _frame(part: Part, side_px: int) -> tuple[str, tuple[int, int], float]:
    """Return the viewBox of a part, width and height of its picture and the mm of a pixel.

    The longer side of the picture is `side_px`, the shorter one at least `FLATTEST` of it.
    """
    margin = 2 * MARGIN * max(part.size_mm)
    width_mm, height_mm = (side + margin for side in part.size_mm)
    longer = max(width_mm, height_mm)
    width_px, height_px = (
        round(side_px * max(FLATTEST, side / longer)) for side in (width_mm, height_mm)
    )
    view = f"{-width_mm / 2:.6g} {-height_mm / 2:.6g} {width_mm:.6g} {height_mm:.6g}"
    return view, (width_px, height_px), longer / side_px


def _hole(number: int, contour: Contour, font: float) -> Hole:
    """Return a hole; its number stands in it if there is room, else beside it."""
    low, high = contour.xy_mm.min(axis=0), contour.xy_mm.max(axis=0)
    x, y = ((low + high) / 2).tolist()
    narrow = float((high - low).min())
    aside = 0.0 if narrow > 1.3 * font else 0.5 * narrow + 0.6 * font
    return Hole(
        number=number,
        x_mm=x,
        y_mm=y,
        across_mm=2 * math.sqrt(abs(signed_area(contour.xy_mm)) / math.pi),
        label=(x + aside, -y - aside),
    )


def _legible(holes: list[Hole], font: float) -> list[Hole]:
    """Return holes in their order, those without a label whose number would hide a bigger one's."""
    kept: dict[int, tuple[float, float]] = {}
    for hole in sorted(holes[: MAX_MARKED + 1], key=lambda one: -one.across_mm):
        x, y = hole.label or (0.0, 0.0)
        if all(abs(x - u) > 1.3 * font or abs(y - v) > 0.9 * font for u, v in kept.values()):
            kept[hole.number] = x, y
    return [replace(hole, label=kept.get(hole.number)) for hole in holes]


def _gaps_of(drawing: Drawing, index: int) -> NDArray[np.float64]:
    """Return the places of the gaps on one part in its own coordinates, shape (N, 2)."""
    mm = drawing.mm_per_unit or 1.0
    places = np.array([(gap.x, gap.y) for gap in drawing.gaps], dtype=np.float64).reshape(-1, 2)
    local = (places - drawing.centres[index]) * mm
    half = np.array(drawing.parts[index].size_mm) / 2 + max(1.0, 0.01 * mm)
    return np.asarray(local[(np.abs(local) <= half).all(axis=1)])


def _path(part: Part, mm_per_px: float) -> str:
    """Return outline and holes as an SVG path, as fine as a picture of that scale can show."""
    digits = max(0, math.ceil(-math.log10(mm_per_px / 10)))
    return "".join(_ring(ring, mm_per_px / 5, digits) for ring in (part.outline, *part.holes))


def _ring(contour: Contour, tolerance: float, digits: int) -> str:
    """Return one contour as an SVG path, y down, without vertices too near to see."""
    coarse = LinearRing(contour.xy_mm).simplify(tolerance)
    points = " ".join(f"{_short(x, digits)} {_short(-y, digits)}" for x, y in coarse.coords[:-1])
    return f"M{points}Z"


def _short(value: float, digits: int) -> str:
    """Return a number with so many decimals, without zeros that say nothing."""
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if digits else text
