"""Curves of known unit -> shapes: joining, noding, cleaning and nesting in their order.

All lengths inside are drawing units, moved to an origin beside the part: far from the origin the
last digits of a coordinate are needed for the part itself.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components.errors import DrawingError
from components.geometry.countersinks import without_countersinks
from components.geometry.drawing import Gap, PlacedError, counted
from components.geometry.joining import JoinSettings, joined
from components.geometry.loose_ends import check_loose, extent_of, open_contour
from components.geometry.nesting import (
    Shape,
    Tree,
    check_webs,
    cleaned,
    healed,
    nested,
    shapes_of,
    without_dots,
    without_double_rings,
)
from components.geometry.noding import NodingLimits, longest_overshoot, noded
from components.geometry.put_right import Teller
from components.settings.drawings import DrawingSettings

Points = NDArray[np.float64]


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
        overshoot=settings.overshoot_limit_mm / mm_per_unit,
        noise=settings.gap_noise_mm / mm_per_unit,
    )


def assembled(
    curves: list[Points], origin: Points, mm: float, settings: DrawingSettings
) -> Assembly:
    """Return the shapes that curves make.

    Args:
        curves: Points of each, shape (N, 2), in drawing units.
        origin: Where the curves' origin lies in the drawing, shape (2,).
        mm: Length of a drawing unit.
        settings: Tolerances in mm.

    Raises:
        DrawingError: If no contour closes, one is lost, or contours meet; with the place, of which
            the caller must move the origin.
    """
    joins = join_settings(settings, mm)
    limits = NodingLimits(joins.start, joins.limit, joins.overshoot)
    result = joined(curves, joins)
    extra = noded(result.loose, limits)
    rings, specks = cleaned(result.rings + extra.rings, settings.speck_mm / mm)
    rings, doubles = without_double_rings(rings, settings.duplicate_tolerance_mm / mm)
    if not rings:
        raise _nothing_closed(extra.loose, limits, mm)
    check_loose(extra.loose, rings, joins.limit, mm)
    rings, slips = healed(rings, settings.speck_mm / mm)
    tree = nested(rings)
    rings, dots = without_dots(tree, settings.min_size_mm / mm)
    tree, warnings = _cleared(nested(rings) if dots else tree)
    check_webs(tree, 2 * settings.curve_tolerance_mm / mm, mm)
    shapes = shapes_of(tree)
    teller = Teller(origin, mm, settings)
    noise = [end for end in extra.overshoots if end[0] <= joins.noise]
    gaps = teller.gaps(result.gaps + extra.gaps + noise)
    overshoots = result.overshoots + [end for end in extra.overshoots if end not in noise]
    repairs = (
        *teller.gap_repairs(gaps),
        *teller.overshoots(overshoots),
        *_told(result.doubles + doubles, "curve", " drawn twice removed"),
        *_told(slips, "contour", " with tiny self-crossings cleaned"),
        *_told(specks, "speck", " without width dropped"),
        *(["overlapping lines merged"] * bool(extra.rings and not extra.overshoots + extra.gaps)),
        *teller.dropped(extra.loose),
        *teller.dots(dots),
    )
    warnings += teller.bent(extra.loose)
    warnings += teller.tiny_holes(hole for shape in shapes for hole in shape.holes)
    return Assembly(shapes, gaps, repairs, tuple(warnings))


def _cleared(tree: Tree) -> tuple[Tree, list[str]]:
    """Return the tree without countersinks, and what is told of them."""
    cleared = without_countersinks(tree)
    if not cleared.warnings:
        return tree, []
    return nested(cleared.rings), list(cleared.warnings)


def _told(count: int, noun: str, said: str) -> list[str]:
    """Return a sentence about a number of things, if there are any."""
    return [counted(count, noun) + said] if count else []


def _nothing_closed(loose: list[Points], limits: NodingLimits, mm: float) -> DrawingError:
    """Return the fault of a drawing without any ring."""
    if not loose:
        return DrawingError("no closed contour with an area")
    found = longest_overshoot(loose, limits.gap, limits.start)
    if found is None:
        return open_contour(max(loose, key=extent_of), mm, limits.gap)
    size, x, y = found
    return PlacedError(
        f"a line runs {size * mm:.4g} mm past a corner at {{place}}, more than overshoot_limit_mm "
        f"({limits.overshoot * mm:.3g}) or a tenth of the contour's longer side; trim it",
        (x, y),
    )
