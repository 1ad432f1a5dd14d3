"""DXF files -> drawings: the parts, and what was understood and what was not.

bytes -> whole DXF -> curves on cut layers -> unit -> rings -> nesting -> parts
(dxf_repair, dxf_document)  (dxf_curves)    (units) (joining, noding) (nesting)
"""

import dataclasses
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from ezdxf.document import Drawing as Document

from components.errors import DrawingError
from components.geometry.contours import part_from_rings
from components.geometry.drawing import Drawing, Gap, shown
from components.geometry.drawing_files import read_bytes, renamed, safe_name, unique_names
from components.geometry.drawing_files import find_drawings as find_drawings
from components.geometry.dxf_curves import Harvest, harvested
from components.geometry.dxf_document import loaded
from components.geometry.dxf_repair import prepared
from components.geometry.joining import Joined, JoinSettings, joined
from components.geometry.layers import LayerRules, layer_rules
from components.geometry.nesting import (
    Shape,
    cleaned,
    healed,
    nested,
    shapes_of,
    without_double_rings,
)
from components.geometry.noding import noded
from components.geometry.units import MM_PER, Unit, check_size, concluded_unit, declared_unit
from components.progress import Progress, stage
from components.settings.drawings import DrawingSettings

logger = logging.getLogger(__name__)


def read_drawings(
    paths: Sequence[Path], settings: DrawingSettings, progress: Progress
) -> list[Drawing]:
    """Read several files; the names of their parts are unique over all of them.

    Args:
        paths: Files in any order.
        settings: How to read them.
        progress: Listener.

    Returns:
        One drawing per path, in the same order; a file that cannot be read is rejected.
    """
    drawings = []
    with stage(progress, "read drawings", len(paths), "files"):
        for path in paths:
            drawings.append(read_drawing(path, settings))
            progress.advance(1, drawings[-1].verdict)
    return with_unique_names(drawings)


def with_unique_names(drawings: Sequence[Drawing]) -> list[Drawing]:
    """Return the drawings, their parts renamed where two had the same name."""
    names = iter(unique_names(part.name for drawing in drawings for part in drawing.parts))
    return [
        dataclasses.replace(
            drawing, parts=tuple(renamed(part, next(names)) for part in drawing.parts)
        )
        for drawing in drawings
    ]


def read_drawing(path: Path, settings: DrawingSettings) -> Drawing:
    """Read one file in this process.

    Args:
        path: A DXF file.
        settings: How to read it.

    Returns:
        The drawing; a file that cannot be read is rejected with the reason, never an error.
    """
    reading = _Reading(path, settings)
    try:
        reading.run()
    except DrawingError as error:
        return reading.result("rejected", str(error))
    except MemoryError:
        return reading.result("rejected", "it needs too much memory")
    except Exception as error:
        # One bad file must never end a run over many, whatever a library trips over in it.
        logger.exception("unexpected error while reading %s", shown(str(path)))
        return reading.result("rejected", f"it cannot be understood ({type(error).__name__})")
    repairs = reading.repairs
    return reading.result("repaired" if repairs else "accepted", "; ".join(repairs))


class _Reading:
    """The reading of one file, step by step; what is known so far stays when a step refuses."""

    def __init__(self, path: Path, settings: DrawingSettings) -> None:
        """Begin with nothing known."""
        self.repairs: list[str] = []
        self._path, self._settings = path, settings
        self._known: dict[str, object] = {}
        self._warnings: list[str] = []

    def result(self, verdict: str, reason: str) -> Drawing:
        """Return what is known with a verdict."""
        known = dict(self._known)
        if verdict == "rejected":
            known.pop("parts", None)
            known.pop("centres", None)
        return Drawing(
            file=self._path,
            verdict=verdict,  # type: ignore[arg-type]
            reason=reason,
            warnings=tuple(dict.fromkeys(self._warnings)),
            **known,  # type: ignore[arg-type]
        )

    def run(self) -> None:
        """Read the file.

        Raises:
            DrawingError: With the reason.
        """
        data = read_bytes(self._path, self._settings.max_file_mib * 2**20, self._path.parent)
        document, repairs = loaded(prepared(data))
        self.repairs += repairs
        harvest, unit = self._harvest(document)
        shapes = self._shapes(harvest, unit)
        self._make_parts(shapes, unit)

    def _harvest(self, document: Document) -> tuple[Harvest, Unit]:
        """Collect the curves and conclude the unit."""
        rules = layer_rules(document, self._settings)
        insunits, measurement = _header(document, "$INSUNITS"), _header(document, "$MEASUREMENT")
        guess = MM_PER[declared_unit(insunits) or self._settings.default_unit]
        harvest = self._collect(document, rules, guess)
        unit = concluded_unit(_piece_size(harvest), insunits, measurement, self._settings)
        if unit.mm_per_unit > guess:
            # The first sampling was too coarse for the unit that came out.
            harvest = self._collect(document, rules, unit.mm_per_unit)
        self._known |= {"mm_per_unit": unit.mm_per_unit, "unit_evidence": unit.evidence}
        self._warnings += unit.warnings
        if unit.repaired:
            self.repairs.append("the unit was unusable")
        if harvest.z_extent * unit.mm_per_unit > self._settings.planar_tolerance_mm:
            raise DrawingError("not flat: curves leave the XY plane; export a flat drawing")
        return harvest, unit

    def _collect(self, document: Document, rules: LayerRules, mm_per_unit: float) -> Harvest:
        """Collect the curves at a sampling fit for a unit."""
        tolerance = self._settings.curve_tolerance_mm / mm_per_unit
        harvest = harvested(document, rules, tolerance, self._settings)
        self._known |= {"kept": harvest.kept_counts(), "dropped": harvest.dropped_counts()}
        if not harvest.curves:
            raise DrawingError(_nothing(document, harvest))
        return harvest

    def _shapes(self, harvest: Harvest, unit: Unit) -> list[Shape]:
        """Join the curves and sort the rings into outlines and holes."""
        s, mm = self._settings, unit.mm_per_unit
        # Far from the origin the last digits are needed for the part itself.
        shift = np.floor(np.min([curve.xy.min(axis=0) for curve in harvest.curves], axis=0))
        self._shift = shift
        joins = JoinSettings(
            s.gap_start_mm / mm, s.gap_limit_mm / mm, s.gap_factor, s.gap_noise_mm / mm
        )
        result = joined([curve.xy - shift for curve in harvest.curves], joins)
        extra = noded(result.loose, joins.limit)
        rings, specks = cleaned(result.rings + extra.rings, s.speck_mm / mm)
        rings, doubles = without_double_rings(rings, s.duplicate_tolerance_mm / mm)
        self._tell(result, unit, doubles, specks, len(extra.loose), extra.trimmed)
        if not rings:
            raise DrawingError(_open(extra.loose, shift, mm))
        rings, slips = healed(rings, s.speck_mm / mm)
        if slips:
            self.repairs.append(f"{slips} contours had tiny self-crossings")
        return shapes_of(nested(rings))

    def _tell(
        self, result: Joined, unit: Unit, doubles: int, specks: int, loose: int, trimmed: int
    ) -> None:
        """Note what joining had to do."""
        gaps = sorted(result.gaps, reverse=True)
        self._known["gaps"] = tuple(
            Gap(size * unit.mm_per_unit, x + float(self._shift[0]), y + float(self._shift[1]))
            for size, x, y in gaps
        )
        for count, said in (
            (len(gaps), "gaps joined"),
            (result.doubles + doubles, "curves drawn twice were removed"),
            (specks, "specks were dropped"),
            (loose, "open chains were dropped"),
            (trimmed, "overshooting ends were trimmed"),
        ):
            if count:
                self.repairs.append(f"{count} {said}")

    def _make_parts(self, shapes: list[Shape], unit: Unit) -> None:
        """Turn shapes into parts."""
        stem = safe_name(self._path.stem)
        parts, centres = [], []
        for number, shape in enumerate(shapes, 1):
            name = stem if len(shapes) == 1 else f"{stem}-{number}"
            mm = unit.mm_per_unit
            part, centre = part_from_rings(
                name, shape.outline * mm, [hole * mm for hole in shape.holes]
            )
            check_size(*part.size_mm, unit, self._settings)
            parts.append(part)
            place = centre / mm + self._shift
            centres.append((float(place[0]), float(place[1])))
        if len(parts) > 1:
            self._warnings.append(f"the drawing holds {len(parts)} parts")
        self._known |= {"parts": tuple(parts), "centres": tuple(centres)}


def _header(document: Document, name: str) -> int | None:
    """Return a whole number of the header, None if it is absent."""
    value = document.header.get(name)
    return None if value is None else int(value)


def _piece_size(harvest: Harvest) -> float:
    """Return the longer side of the biggest curve's or the whole drawing's box."""
    low = np.min([curve.xy.min(axis=0) for curve in harvest.curves], axis=0)
    high = np.max([curve.xy.max(axis=0) for curve in harvest.curves], axis=0)
    return float((high - low).max())


def _nothing(document: Document, harvest: Harvest) -> str:
    """Say why a drawing without curves has none."""
    rules = sorted({count.rule for count in harvest.dropped_counts()})
    if rules:
        return f"no curves to cut; everything was left out: {'; '.join(rules)}"
    return "no entities in the model space"


def _open(loose: list[np.ndarray], shift: np.ndarray, mm: float) -> str:
    """Say where an outline stays open."""
    if not loose:
        return "no closed contour"
    chain = max(loose, key=len)
    gap = float(np.hypot(*(chain[0] - chain[-1]))) * mm
    x, y = chain[-1] + shift
    return f"open contour: it ends at ({x:.6g}, {y:.6g}), {gap:.4g} mm from its start"
