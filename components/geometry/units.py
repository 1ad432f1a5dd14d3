"""How long one drawing unit is, and what says so.

Header fields and size are weighed, because each of them is often wrong: of 26 real parts that said
inch, 16 held millimetre numbers. The heaviest candidate wins, and its evidence is told.
"""

from dataclasses import dataclass

from components.errors import DrawingError
from components.settings.drawings import DrawingSettings, UnitName

MM_PER: dict[UnitName, float] = {
    "mm": 1.0,
    "cm": 10.0,
    "m": 1000.0,
    "um": 0.001,
    "inch": 25.4,
    "foot": 304.8,
}

INSUNITS: dict[int, UnitName] = {1: "inch", 2: "foot", 4: "mm", 5: "cm", 6: "m", 13: "um"}
"""Codes of `$INSUNITS` that drawings of parts use (DXF reference, header variables)."""

RARE_INSUNITS = frozenset(range(25)) - {0} - set(INSUNITS)
"""Valid codes for miles, light years and the like: no part is drawn so."""

DECLARED_WEIGHT = 3.0
"""A declared unit beats a default, but not an impossible size with a contradicting header."""
SIZE_WEIGHT = 4.0
MEASUREMENT_WEIGHT = 1.0
DEFAULT_WEIGHT = 1.5


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
    """Weigh what is known into one unit.

    Args:
        size: Longer side of the biggest connected piece, in drawing units.
        insunits: `$INSUNITS`, None if absent.
        measurement: `$MEASUREMENT` (0 English, 1 metric), None if absent.
        settings: `unit` overrides everything.
    """
    if settings.unit != "auto":
        return Unit(settings.unit, MM_PER[settings.unit], "chosen by the user")
    declared = declared_unit(insunits)
    weights = {
        name: _weight(name, size, declared, measurement, settings) for name in _candidates(declared)
    }
    best = max(weights, key=lambda name: weights[name])
    warnings = []
    if declared and best != declared:
        warnings.append(
            f"$INSUNITS says {declared}, but {size:.6g} {declared} would be "
            f"{_length(size * MM_PER[declared])}: taken as {best}; check it or choose the unit"
        )
    warnings += _doubts(size, best, declared, measurement, settings)
    invalid = insunits is not None and insunits != 0 and declared is None
    if invalid:
        warnings.append(f"$INSUNITS has the unusable value {insunits}; taken as absent")
    return Unit(
        best,
        MM_PER[best],
        _evidence(best, size, insunits, measurement, settings),
        tuple(warnings),
        repaired=invalid,
    )


def _candidates(declared: UnitName | None) -> list[UnitName]:
    """Return the units to weigh: without a word of the file only mm and inch."""
    names: list[UnitName] = ["mm", "inch"]
    return names if declared is None or declared in names else [*names, declared]


def _plausible(size_mm: float, settings: DrawingSettings) -> bool:
    """Return whether flat parts are usually that big."""
    return settings.plausible_min_mm <= size_mm <= settings.plausible_max_mm


def _weight(
    name: UnitName,
    size: float,
    declared: UnitName | None,
    measurement: int | None,
    settings: DrawingSettings,
) -> float:
    """Return how much speaks for one candidate."""
    weight = SIZE_WEIGHT if _plausible(size * MM_PER[name], settings) else 0.0
    if name == declared:
        weight += DECLARED_WEIGHT
    elif declared is None and name == settings.default_unit:
        weight += DEFAULT_WEIGHT
    if measurement is not None and (measurement == 0) == (name in ("inch", "foot")):
        weight += MEASUREMENT_WEIGHT
    return weight


def _doubts(
    size: float,
    best: UnitName,
    declared: UnitName | None,
    measurement: int | None,
    settings: DrawingSettings,
) -> list[str]:
    """Return warnings about the chosen unit."""
    doubts = []
    if not _plausible(size * MM_PER[best], settings):
        doubts.append(f"{_length(size * MM_PER[best])} is an unusual size; check the unit ({best})")
    english = best in ("inch", "foot")
    if declared == best and measurement is not None and (measurement == 0) != english:
        system = "English" if measurement == 0 else "metric"
        # AutoCAD templates leave $MEASUREMENT at 0 in metric drawings; only the other way is news.
        if english:
            doubts.append(f"$INSUNITS says {best}, $MEASUREMENT says {system}")
    return doubts


def _evidence(
    best: UnitName,
    size: float,
    insunits: int | None,
    measurement: int | None,
    settings: DrawingSettings,
) -> str:
    """Return the sentence that states the unit's evidence."""
    said = "absent" if insunits is None else str(insunits)
    system = {0: "0 (English)", 1: "1 (metric)"}.get(measurement or 0, str(measurement))
    measured = "absent" if measurement is None else system
    facts = [f"$INSUNITS {said}", f"$MEASUREMENT {measured}"]
    facts.append(f"size {size:.6g} units = {_length(size * MM_PER[best])}")
    if declared_unit(insunits) is None:
        facts.append(f"{settings.default_unit} is assumed where the file says nothing")
    return "; ".join(facts)


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
            f"({settings.max_size_mm:g}); the unit ({unit.name}) must be wrong: choose it"
        )
    if size_mm < settings.min_size_mm:
        raise too_small(size_mm, unit, settings)


def too_small(size_mm: float, unit: Unit, settings: DrawingSettings) -> DrawingError:
    """Return the fault of a part that is smaller than parts can be."""
    return DrawingError(
        f"a part of {_length(size_mm)} is smaller than min_size_mm ({settings.min_size_mm:g}); "
        f"the unit ({unit.name}) must be wrong: choose it"
    )
