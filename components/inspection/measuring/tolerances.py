"""Verdicts: `ok`, `not ok` or `cannot judge`, of every feature and of the whole part.

With a deviation d, its expanded uncertainty U and a tolerance T (ISO 14253-1):

    U > T, or the tolerance is smaller than what can be seen      cannot judge
    |d| - U > T                                                   not ok
    |d| + U <= T                                                  ok
    else                                                          cannot judge

One feature that is not ok makes the part not ok; else one that cannot be judged leaves it open.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from components.inspection.measuring.findings import Deviation, Fault, FaultKind, Hole, Measure
from components.settings.base import Table
from components.settings.measure import LayerTolerances, Tolerances

Verdict = Literal["ok", "not ok", "cannot judge"]

_SEEN_AS: dict[str, FaultKind] = {
    "outline": "short_edge",
    "burr": "burr",
    "notch": "notch",
    "hole_diameter": "wrong_diameter",
    "hole_position": "misplaced_hole",
}
"""Which kind of planted fault says how small a tolerance of a feature may be."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict on one feature.

    Attributes:
        feature: What was judged, such as `hole 3 diameter`.
        verdict: See the module.
        deviation_mm: Measured; None if there is nothing to measure.
        tolerance_mm: Allowed, to both sides; None where a thing must be there, or must not.
        reason: Why it cannot be judged or is not ok; else empty.
    """

    feature: str
    verdict: Verdict
    deviation_mm: Measure | None
    tolerance_mm: float | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on one part.

    Attributes:
        verdict: See the module.
        reason: In one sentence, if it is not ok.
        features: Verdicts on each.
    """

    verdict: Verdict
    reason: str
    features: tuple[Judged, ...]


@dataclass(frozen=True, slots=True)
class Allowed:
    """The tolerances of one part, general ones filled in.

    Attributes:
        settings: For all parts.
        part: Name of the drawing.
        layers: Layer of each contour, the outline's first; empty if nothing is known of layers.
    """

    settings: Tolerances
    part: str
    layers: tuple[str, ...] = ()

    def of(self, what: str, contour: int = 0) -> float | None:
        """Return a tolerance in mm, the one nearest to the feature.

        That is the hole's own, else the part's for the contour's layer, else the layer's of all
        parts, else the part's, else that of all parts.

        Args:
            what: Name of the tolerance.
            contour: 0 for the outline, else the number of the hole.
        """
        own = self.settings.parts.get(self.part)
        tables: list[Table | None] = [own and own.holes.get(contour)]
        tables += [self._layer(own.layers if own else {}, contour)]
        tables += [self._layer(self.settings.layers, contour), own, self.settings]
        values = (getattr(table, what, None) for table in tables if table is not None)
        return next((float(value) for value in values if value is not None), None)

    def _layer(self, tables: Mapping[str, LayerTolerances], contour: int) -> Table | None:
        """Return the row of a contour's layer; names of layers know no upper and lower case."""
        if contour >= len(self.layers):
            return None
        name = self.layers[contour].casefold()
        return next((row for key, row in tables.items() if key.casefold() == name), None)

    @property
    def extra_holes(self) -> bool:
        """Whether holes that are not drawn are allowed."""
        own = self.settings.parts.get(self.part)
        if own is not None and own.extra_holes is not None:
            return own.extra_holes
        return self.settings.extra_holes


def judged(
    deviation: Deviation,
    settings: Tolerances,
    smallest_mm: Mapping[str, float] | None = None,
    layers: tuple[str, ...] = (),
) -> Judgement:
    """Return the verdict on a part.

    Args:
        deviation: What was measured.
        settings: What is allowed.
        smallest_mm: By kind of fault, the smallest that is found often enough at this scale, from
            the benchmark; smaller tolerances are refused. None if it was never measured.
        layers: Layer of each contour of the part, `Part.layers`; empty if none is known.
    """
    if deviation.unit != "mm":
        return Judgement(
            "cannot judge",
            "the camera is not calibrated: tolerances are in mm; make a calibration with "
            "`dxfvision calibrate` or give --px-per-mm",
            (),
        )
    if deviation.doubt:
        return Judgement("cannot judge", deviation.doubt, ())
    allowed = Allowed(settings, deviation.part, layers)
    seen = smallest_mm or {}
    features = [
        *_outline(deviation, allowed, seen),
        *_holes(deviation, allowed, seen),
        *_extra_holes(deviation, allowed),
        *_size(deviation, allowed),
    ]
    return _whole(features)


def compared(
    feature: str, measure: Measure, tolerance: float, smallest: float | None = None
) -> Judged:
    """Return the verdict on one length.

    Args:
        feature: What is judged.
        measure: Its deviation in mm.
        tolerance: What is allowed in mm, to both sides.
        smallest: Smallest fault of its kind that is found often enough, in mm; None if unknown.

    Examples:
        >>> compared("width", Measure(0.1, 0.2), 0.5).verdict
        'ok'
        >>> compared("width", Measure(-0.9, 0.2), 0.5).verdict
        'not ok'
        >>> compared("width", Measure(0.4, 0.2), 0.5).verdict
        'cannot judge'
    """

    def answer(verdict: Verdict, reason: str = "") -> Judged:
        return Judged(feature, verdict, measure, tolerance, reason)

    size, doubt = abs(measure.value), measure.uncertainty
    if smallest is not None and tolerance < smallest:
        return answer(
            "cannot judge",
            f"a fault of {tolerance:g} mm is not found often enough at this scale"
            + (f", one of {smallest:.2g} mm is" if math.isfinite(smallest) else "")
            + "; bring the camera nearer",
        )
    if not doubt <= tolerance:
        return answer(
            "cannot judge",
            "no edge was found"
            if math.isinf(doubt)
            else f"the uncertainty of {doubt:.2g} mm exceeds the tolerance of {tolerance:g} mm",
        )
    if size - doubt > tolerance:
        return answer("not ok", f"off by {measure.value:+.2f} mm, {tolerance:g} mm are allowed")
    if size + doubt <= tolerance:
        return answer("ok")
    return answer(
        "cannot judge",
        f"off by {measure.value:+.2f} ±{doubt:.2f} mm, and {tolerance:g} mm are allowed",
    )


def _outline(deviation: Deviation, allowed: Allowed, seen: Mapping[str, float]) -> list[Judged]:
    features = []
    outline = allowed.of("outline")
    if outline is not None:
        least = seen.get(_SEEN_AS["outline"])
        features = [
            compared(f"outline stretch {s.number}", s.offset, outline, least)
            for s in deviation.segments
        ]
    for what in ("burr", "notch"):
        worst = _worst(deviation, what, allowed, seen.get(_SEEN_AS[what]))
        features += [worst] if worst else []
        features += _unclear(deviation, what, allowed)
    return features


def _worst(deviation: Deviation, what: str, allowed: Allowed, least: float | None) -> Judged | None:
    """Return the verdict on the worst burr or notch; without one, on what could hide."""
    found = [
        (abs(fault.size.value) / tolerance, tolerance, fault)
        for fault in deviation.faults
        if fault.kind == what and (tolerance := allowed.of(what, fault.contour)) is not None
    ]
    if found:
        _, tolerance, worst = max(found, key=lambda each: each[0])
        return compared(f"{what} at {_place(worst)}", worst.size, tolerance, least)
    general = allowed.of(what)
    if general is None:
        return None
    # Nothing stands out by more than what stands out at all.
    return compared(what, Measure(0.0, deviation.least), general, least)


def _unclear(deviation: Deviation, what: str, allowed: Allowed) -> list[Judged]:
    """Return what would be too big a burr or notch, were it one."""
    why = f"what looks like a {what} may be a shadow, or the pattern of what lies there"
    return [
        Judged(f"{what} at {_place(each)}", "cannot judge", each.size, tolerance, why)
        for each in deviation.unclear
        if each.kind == what
        and (tolerance := allowed.of(what, each.contour)) is not None
        and abs(each.size.value) + each.size.uncertainty > tolerance
    ]


def _holes(deviation: Deviation, allowed: Allowed, seen: Mapping[str, float]) -> list[Judged]:
    features = []
    for hole in deviation.holes:
        features.append(_presence(hole, seen))
        for what, measure in (("hole_position", hole.position), ("hole_diameter", hole.size)):
            tolerance = allowed.of(what, hole.number)
            if tolerance is not None and measure is not None:
                name = f"hole {hole.number} {what.removeprefix('hole_')}"
                features.append(compared(name, measure, tolerance, seen.get(_SEEN_AS[what])))
    return features


def _presence(hole: Hole, seen: Mapping[str, float]) -> Judged:
    name = f"hole {hole.number}"
    least = seen.get("missing_hole")
    if least is not None and hole.diameter_mm < least:
        reason = f"holes under {least:.2g} mm cannot be seen at this scale"
        return Judged(name, "cannot judge", None, None, reason)
    if hole.state == "present":
        return Judged(name, "ok", None, None)
    if hole.state == "missing":
        return Judged(name, "not ok", None, None, "missing")
    return Judged(name, "cannot judge", None, None, "not clearly seen")


def _extra_holes(deviation: Deviation, allowed: Allowed) -> list[Judged]:
    if allowed.extra_holes:
        return []
    extra = [fault for fault in deviation.faults if fault.kind == "extra_hole"]
    return [
        Judged("extra hole", "not ok", f.size, None, f"a hole more at {_place(f)}") for f in extra
    ]


def _size(deviation: Deviation, allowed: Allowed) -> list[Judged]:
    tolerance = allowed.of("size")
    if tolerance is None or deviation.scale is None:
        return []
    return [compared("size", deviation.scale, tolerance)]


def _place(fault: Fault) -> str:
    x, y = fault.at_mm
    return f"({x:.1f}, {y:.1f}) mm"


def _whole(features: list[Judged]) -> Judgement:
    for verdict in ("not ok", "cannot judge"):
        first = [feature for feature in features if feature.verdict == verdict]
        if first:
            more = f" and {len(first) - 1} more" if len(first) > 1 else ""
            reason = f"{first[0].feature}: {first[0].reason}{more}"
            return Judgement(first[0].verdict, reason, tuple(features))
    return Judgement("ok", "", tuple(features))
