"""How long one drawing unit is, and what says so.

The declared unit counts, unless the size is impossible with it and usual in mm: of 26 real parts
that said inch, 16 held millimetre numbers. Where nothing is declared the default counts, whatever
the size. Every other outcome and every doubt is told.
"""

import math
from dataclasses import dataclass

from components.errors import DrawingError
from components.settings.drawings import DrawingSettings, UnitName

_INCH = 25.4
_SURVEY_FOOT = 1200.0 / 3937.0 * 1000.0

MM_PER: dict[UnitName, float] = {
    "mm": 1.0,
    "cm": 10.0,
    "dm": 100.0,
    "m": 1e3,
    "dam": 1e4,
    "hm": 1e5,
    "km": 1e6,
    "Gm": 1e12,
    "um": 1e-3,
    "nm": 1e-6,
    "angstrom": 1e-7,
    "inch": _INCH,
    "foot": 12 * _INCH,
    "yard": 36 * _INCH,
    "mile": 63360 * _INCH,
    "mil": 1e-3 * _INCH,
    "microinch": 1e-6 * _INCH,
    "us-inch": _SURVEY_FOOT / 12,
    "us-foot": _SURVEY_FOOT,
    "us-yard": 3 * _SURVEY_FOOT,
    "us-mile": 5280 * _SURVEY_FOOT,
    "au": 149597870700.0 * 1e3,
    "light-year": 9460730472580800.0 * 1e3,
    "parsec": 648000.0 / math.pi * 149597870700.0 * 1e3,
}
"""Length of each unit in mm. The survey foot is 1200/3937 m (NIST SP 811, appendix B); the three
of astronomy are those of the IAU (resolutions B2 of 2012 and 2015)."""

INSUNITS: dict[int, UnitName] = {
    1: "inch", 2: "foot", 3: "mile", 4: "mm", 5: "cm", 6: "m", 7: "km", 8: "microinch",
    9: "mil", 10: "yard", 11: "angstrom", 12: "nm", 13: "um", 14: "dm", 15: "dam", 16: "hm",
    17: "Gm", 18: "au", 19: "light-year", 20: "parsec", 21: "us-foot", 22: "us-inch",
    23: "us-yard", 24: "us-mile",
}  # fmt: skip
"""Codes of `$INSUNITS` (DXF reference, header variables); 0 declares nothing."""

USUAL: frozenset[UnitName] = frozenset(("mm", "cm", "m", "inch"))
"""Units that parts are drawn in; another one is told when mm would do as well."""

ENGLISH: frozenset[UnitName] = frozenset(
    ("inch", "foot", "yard", "mile", "mil", "microinch", "us-inch", "us-foot", "us-yard", "us-mile")
)
"""Units that contradict a `$MEASUREMENT` of 1, which means metric."""

DOUBTFUL_INCHES = 12.0
"""Above this a drawing that says inch may as well hold millimetre numbers."""


@dataclass(frozen=True, slots=True)
class Unit:
    """The concluded unit.

    Attributes:
        name: Its name.
        mm_per_unit: Its length.
        evidence: What it was concluded from, one sentence.
        warnings: Contradictions and assumptions the user should know of.
        repaired: Whether the file held an impossible unit.
    """

    name: UnitName
    mm_per_unit: float
    evidence: str
    warnings: tuple[str, ...] = ()
    repaired: bool = False


def declared_unit(insunits: int | None) -> UnitName | None:
    """Return the unit that `$INSUNITS` declares, None if it declares none."""
    return INSUNITS.get(insunits) if insunits is not None else None


def concluded_unit(
    size: float, insunits: int | None, measurement: int | None, settings: DrawingSettings
) -> Unit:
    """Conclude the unit from what is known.

    Args:
        size: Longer side of the biggest connected piece, in drawing units.
        insunits: `$INSUNITS`, None if absent.
        measurement: `$MEASUREMENT` (0 English, 1 metric), None if absent.
        settings: `unit` overrides everything.
    """
    declared = declared_unit(insunits)
    name = settings.unit if settings.unit != "auto" else _weighed(size, declared, settings)
    warnings = [*_contradictions(name, size, declared, settings)]
    warnings += _doubts(name, size, declared, measurement, settings)
    invalid = insunits is not None and insunits != 0 and declared is None
    if invalid:
        warnings.append(f"$INSUNITS has the unusable value {insunits}; taken as absent")
    return Unit(
        name,
        MM_PER[name],
        _evidence(name, size, insunits, measurement, settings),
        tuple(warnings),
        repaired=invalid,
    )


def _plausible(size_mm: float, settings: DrawingSettings) -> bool:
    """Return whether flat parts are usually that big."""
    return settings.plausible_min_mm <= size_mm <= settings.plausible_max_mm


def _weighed(size: float, declared: UnitName | None, settings: DrawingSettings) -> UnitName:
    """Return the declared unit, or mm where only mm gives a part its size, or the default.

    Size alone never makes an inch: a scale of 25.4 that nobody asked for is the worst mistake.
    """
    if declared is None:
        return settings.default_unit
    impossible = not _plausible(size * MM_PER[declared], settings)
    return "mm" if impossible and _plausible(size, settings) else declared


def _contradictions(
    name: UnitName, size: float, declared: UnitName | None, settings: DrawingSettings
) -> list[str]:
    """Return warnings about a unit that is not the declared one."""
    if declared is None or name == declared:
        return []
    would_be = f"{size:.6g} {declared} would be {_length(size * MM_PER[declared])}"
    if settings.unit != "auto":
        return [f"$INSUNITS says {declared}, the unit chosen is {name}; {would_be}"]
    return [
        f"$INSUNITS says {declared}, but {would_be}: taken as {name}; confirm it with --unit {name}"
    ]


def _doubts(
    name: UnitName,
    size: float,
    declared: UnitName | None,
    measurement: int | None,
    settings: DrawingSettings,
) -> list[str]:
    """Return warnings about the chosen unit's size and system."""
    doubts = []
    said = _length(size * MM_PER[name])
    inches = _length(size * MM_PER["inch"])
    if not _plausible(size * MM_PER[name], settings):
        fits = declared is None and name == "mm" and _plausible(size * MM_PER["inch"], settings)
        hint = f"; it would fit as inch: {inches}" if fits else ""
        doubts.append(f"{said} is an unusual size; check the unit ({name}){hint}")
    if settings.unit != "auto" or name != declared:
        return doubts
    unsure = size > DOUBTFUL_INCHES if name == "inch" else name not in USUAL
    if unsure and _plausible(size, settings):
        doubts.append(f"{said} as {name}, {_length(size)} as mm; confirm one with --unit")
    # AutoCAD templates leave $MEASUREMENT at 0 in metric drawings; only the other way is news.
    if name in ENGLISH and measurement == 1:
        doubts.append(f"$INSUNITS says {name}, $MEASUREMENT says metric")
    return doubts


def _evidence(
    name: UnitName,
    size: float,
    insunits: int | None,
    measurement: int | None,
    settings: DrawingSettings,
) -> str:
    """Return the sentence that states the unit and its evidence."""
    declared = declared_unit(insunits)
    said = "absent" if insunits is None else str(insunits)
    meaning = f" ({declared})" if declared else ""
    system = {0: "0 (English)", 1: "1 (metric)"}.get(measurement or 0, str(measurement))
    measured = "absent" if measurement is None else system
    if settings.unit != "auto":
        why = "chosen by the user"
    elif declared is None:
        why = "the default, as the file declares no usable unit"
    else:
        why = "declared" if name == declared else "for the size"
    return (
        f"taken as {name}, {why}; $INSUNITS {said}{meaning}; $MEASUREMENT {measured}; "
        f"size {size:.6g} units = {_length(size * MM_PER[name])}"
    )


def _length(mm: float) -> str:
    """Return a length for people.

    Examples:
        >>> _length(7620.0), _length(101.6)
        ('7.62 m', '101.6 mm')
    """
    return f"{mm / 1000:.4g} m" if mm >= 5000 else f"{mm:.4g} mm"


def check_size(width_mm: float, height_mm: float, unit: Unit, settings: DrawingSettings) -> None:
    """Refuse a part that cannot have its size.

    Raises:
        DrawingError: Naming the size and the limit.
    """
    size_mm = max(width_mm, height_mm)
    if size_mm > settings.max_size_mm:
        raise DrawingError(
            f"a part of {_length(width_mm)} x {_length(height_mm)} is bigger than max_size_mm "
            f"({settings.max_size_mm:g}); the unit ({unit.name}) must be wrong: choose it with "
            "--unit"
        )
    if size_mm < settings.min_size_mm:
        raise too_small(size_mm, unit, settings)


def too_small(size_mm: float, unit: Unit, settings: DrawingSettings) -> DrawingError:
    """Return the fault of a part that is smaller than parts can be."""
    return DrawingError(
        f"a part of {_length(size_mm)} is smaller than min_size_mm ({settings.min_size_mm:g}); "
        f"the unit ({unit.name}) must be wrong: choose it with --unit"
    )
