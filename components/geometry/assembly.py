"""Curves of known unit -> shapes: joining, noding, cleaning and nesting in their order.

All lengths inside are drawing units, moved to an origin beside the part: far from the origin the
last digits of a coordinate are needed for the part itself.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from components.errors import DrawingError
from components.geometry.drawing import Gap
from components.geometry.frames import without_countersinks, without_frames
from components.geometry.joining import Joined, JoinSettings, joined
from components.geometry.loose_ends import check_loose, extent_of, open_contour
from components.geometry.nesting import (
    Shape,
    cleaned,
    healed,
    nested,
    shapes_of,
    without_double_rings,
)
from components.geometry.noding import Noded, noded
from components.settings.drawings import DrawingSettings

Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Assembly:
    """The shapes of a drawing and what was done to get them.

    Attributes:
        shapes: Outlines with holes, biggest first, in drawing coordinates.
        gaps: Joints beyond noise, biggest first.
        repairs: What was put right.
        warnings: What the user should know.
    """

    shapes: list[Shape]
    gaps: tuple[Gap, ...]
    repairs: tuple[str, ...]
    warnings: tuple[str, ...]


def join_settings(settings: DrawingSettings, mm_per_unit: float) -> JoinSettings:
    """Return the tolerances in drawing units."""
    return JoinSettings(
        start=settings.gap_start_mm / mm_per_unit,
        limit=settings.gap_limit_mm / mm_per_unit,
        factor=settings.gap_factor,
        noise=settings.gap_noise_mm / mm_per_unit,
    )


def assembled(
    curves: list[Points], texts: Points, mm_per_unit: float, settings: DrawingSettings
) -> Assembly:
    """Return the shapes that curves make.

    Args:
        curves: Points of each, shape (N, 2), in drawing units.
        texts: Places of texts, shape (N, 2): they tell title blocks.
        mm_per_unit: Length of a drawing unit.
        settings: Tolerances in mm.

    Raises:
        DrawingError: If no contour closes, one is lost, or contours meet; with the place.
    """
    mm = mm_per_unit
    joins = join_settings(settings, mm)
    result = joined(curves, joins)
    extra = noded(result.loose, joins.limit)
    rings, specks = cleaned(result.rings + extra.rings, settings.speck_mm / mm)
    rings, doubles = without_double_rings(rings, settings.duplicate_tolerance_mm / mm)
    if not rings:
        raise _nothing_closed(extra.loose, joins.limit, mm)
    check_loose(extra.loose, rings, joins.limit, mm)
    rings, slips = healed(rings, settings.speck_mm / mm)
    tree = nested(rings)
    warnings: list[str] = []
    for clear in (partial(without_frames, texts=texts), without_countersinks):
        cleared = clear(tree)
        if cleared.warnings:
            warnings += cleared.warnings
            tree = nested(cleared.rings)
    gaps = tuple(Gap(size * mm, x, y) for size, x, y in sorted(result.gaps, reverse=True))
    repairs = _repairs(result, extra, doubles, specks, slips)
    return Assembly(shapes_of(tree), gaps, repairs, tuple(warnings))


def _repairs(
    result: Joined, extra: Noded, doubles: int, specks: int, slips: int
) -> tuple[str, ...]:
    """Return what joining and cleaning had to do, in words."""
    widest = max((size for size, _, _ in result.gaps), default=0.0)
    counted = (
        (len(result.gaps), f"gaps joined (widest {widest:.3g} units)"),
        (extra.trimmed, "overshooting ends trimmed"),
        (result.doubles + doubles, "contours or curves drawn twice removed"),
        (slips, "contours with tiny self-crossings cleaned"),
        (specks, "specks without width dropped"),
        (len(extra.loose), "open chains dropped"),
    )
    done = [f"{count} {said}" for count, said in counted if count]
    if extra.rings and not extra.trimmed:
        done.append("overlapping lines merged")
    return tuple(done)


def _nothing_closed(loose: list[Points], limit: float, mm: float) -> DrawingError:
    """Return the fault of a drawing without any ring."""
    if not loose:
        return DrawingError("no closed contour with an area")
    return open_contour(max(loose, key=extent_of), mm, limit)
