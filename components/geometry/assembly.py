"""Curves of known unit -> shapes: joining, noding, cleaning and nesting in their order.

All lengths inside are drawing units, moved to an origin beside the part: far from the origin the
last digits of a coordinate are needed for the part itself.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from components.errors import DrawingError
from components.geometry.drawing import Gap, place_text
from components.geometry.frames import without_countersinks, without_frames
from components.geometry.joining import Joined, JoinSettings, joined, length_of
from components.geometry.loose_ends import check_loose, extent_of, open_contour
from components.geometry.nesting import (
    Shape,
    check_webs,
    cleaned,
    healed,
    nested,
    shapes_of,
    without_dots,
    without_double_rings,
)
from components.geometry.noding import Noded, noded
from components.settings.drawings import DrawingSettings

Points = NDArray[np.float64]

SHOWN = 3
"""So many places are told of each kind of thing that was left out."""


@dataclass(frozen=True, slots=True, eq=False)
class Assembly:
    """The shapes of a drawing and what was done to get them.

    Attributes:
        shapes: Outlines with holes, biggest first, in the coordinates of the curves.
        gaps: Joints whose ends did not meet, biggest first, in the drawing's own coordinates.
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
        double=settings.duplicate_tolerance_mm / mm_per_unit,
    )


def assembled(
    curves: list[Points], texts: Points, origin: Points, mm: float, settings: DrawingSettings
) -> Assembly:
    """Return the shapes that curves make.

    Args:
        curves: Points of each, shape (N, 2), in drawing units.
        texts: Places of texts, shape (N, 2): they tell title blocks.
        origin: Where the curves' origin lies in the drawing, shape (2,).
        mm: Length of a drawing unit.
        settings: Tolerances in mm.

    Raises:
        DrawingError: If no contour closes, one is lost, or contours meet; with the place, of which
            the caller must move the origin.
    """
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
    rings, dots = without_dots(tree, settings.min_size_mm / mm)
    tree = nested(rings) if dots else tree
    warnings: list[str] = []
    for clear in (partial(without_frames, texts=texts), without_countersinks):
        cleared = clear(tree)
        if cleared.warnings:
            warnings += cleared.warnings
            tree = nested(cleared.rings)
    check_webs(tree, 2 * settings.curve_tolerance_mm / mm, mm)
    x, y = map(float, origin)
    gaps = tuple(Gap(g * mm, gx + x, gy + y) for g, gx, gy in sorted(result.gaps, reverse=True))
    repairs = (
        *_gap_repairs(gaps, settings),
        *_repairs(result, extra, doubles, specks, slips),
        *_dropped(extra.loose, dots, origin, mm, settings),
    )
    return Assembly(shapes_of(tree), gaps, repairs, tuple(warnings))


def _gap_repairs(gaps: tuple[Gap, ...], settings: DrawingSettings) -> list[str]:
    """Return a sentence about gaps that are no rounding."""
    wide = [gap for gap in gaps if gap.size_mm > settings.gap_noise_mm]
    if not wide:
        return []
    place = place_text(wide[0].x, wide[0].y)
    return [f"{len(wide)} gaps joined (widest {wide[0].size_mm:.3g} mm at {place})"]


def _repairs(
    result: Joined, extra: Noded, doubles: int, specks: int, slips: int
) -> tuple[str, ...]:
    """Return what joining and cleaning had to do, in words."""
    counted = (
        (extra.trimmed, "overshooting ends trimmed"),
        (result.doubles + doubles, "contours or curves drawn twice removed"),
        (slips, "contours with tiny self-crossings cleaned"),
        (specks, "specks without width dropped"),
    )
    done = [f"{count} {said}" for count, said in counted if count]
    if extra.rings and not extra.trimmed:
        done.append("overlapping lines merged")
    return tuple(done)


def _dropped(
    chains: list[Points], dots: list[Points], origin: Points, mm: float, settings: DrawingSettings
) -> list[str]:
    """Return sentences about open chains and dots that were left out, with the first places."""
    done = []
    if chains:
        longest = sorted(chains, key=length_of, reverse=True)[:SHOWN]
        places = [
            f"{length_of(c) * mm:.4g} mm from {place_text(*(c[0] + origin))}" for c in longest
        ]
        done.append(f"{len(chains)} open chains dropped ({_listed(places, len(chains))})")
    if dots:
        places = [f"at {place_text(*(dot.mean(axis=0) + origin))}" for dot in dots[:SHOWN]]
        done.append(
            f"{len(dots)} contours smaller than min_size_mm ({settings.min_size_mm:g}) dropped "
            f"({_listed(places, len(dots))})"
        )
    return done


def _listed(places: list[str], count: int) -> str:
    """Return the first places, and dots if there are more."""
    return ", ".join(places) + (", ..." if count > len(places) else "")


def _nothing_closed(loose: list[Points], limit: float, mm: float) -> DrawingError:
    """Return the fault of a drawing without any ring."""
    if not loose:
        return DrawingError("no closed contour with an area")
    return open_contour(max(loose, key=extent_of), mm, limit)
