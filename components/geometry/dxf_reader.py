"""DXF files -> drawings: the parts, and what was understood and what was not.

bytes -> whole DXF -> curves of the parts -> unit -> rings -> nesting -> parts
(dxf_repair, dxf_document)  (collecting)   (units) (assembly)
"""

import dataclasses
import logging
import traceback
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from ezdxf.document import Drawing as Document

from components.errors import DrawingError
from components.geometry.assembly import assembled
from components.geometry.bounded_pool import BoundedPool, Outcome
from components.geometry.collecting import collected
from components.geometry.contour_layers import LayerMap
from components.geometry.contours import part_from_rings
from components.geometry.drawing import Drawing, PlacedError, shown
from components.geometry.drawing_files import read_bytes, renamed, safe_name, unique_names
from components.geometry.dxf_document import loaded, quiet
from components.geometry.dxf_repair import prepared
from components.geometry.garbage import fewer_collections
from components.geometry.harvest import Harvest
from components.geometry.layers import LayerRules, layer_rules
from components.geometry.left_out import nothing_left
from components.geometry.nesting import Shape
from components.geometry.units import (
    MM_PER,
    Unit,
    check_size,
    concluded_unit,
    declared_unit,
    too_small,
)
from components.progress import Progress, stage
from components.settings.drawings import DrawingSettings

logger = logging.getLogger(__name__)


def read_drawings(
    paths: Sequence[Path], settings: DrawingSettings, progress: Progress
) -> list[Drawing]:
    """Read several files in worker processes that are ended when a file takes too long.

    Args:
        paths: Files in any order.
        settings: How to read them, and the bounds.
        progress: Listener.

    Returns:
        One drawing per path, in the same order, the names of the parts unique over all of them; a
        file that cannot be read within the bounds is rejected.
    """
    drawings: list[Drawing] = []
    pool = BoundedPool(
        partial(read_drawing, settings=settings),
        workers=min(settings.workers, len(paths)) or None,
        time_limit_s=settings.time_limit_s,
        memory_limit_mib=settings.memory_limit_mib,
        preload=[__name__],
    )
    with stage(progress, "read drawings", len(paths), "files"):
        for path, outcome in zip(paths, pool.run(paths), strict=True):
            drawings.append(_drawing_of(path, outcome, settings))
            progress.advance(1, drawings[-1].verdict)
    return with_unique_names(drawings)


def _drawing_of(path: Path, outcome: Outcome[Drawing], settings: DrawingSettings) -> Drawing:
    """Return what a worker answered, or the rejection that stands for its end."""
    if outcome.answer is not None:
        return outcome.answer
    if outcome.timed_out:
        reason = f"reading took longer than time_limit_s ({settings.time_limit_s:g} s)"
    else:
        reason = f"reading broke off: more than memory_limit_mib ({settings.memory_limit_mib})?"
    return Drawing(file=path, verdict="rejected", reason=reason)


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
    """Read one file in this process, without the limits on time and memory.

    Args:
        path: A DXF file.
        settings: How to read it.

    Returns:
        The drawing; a file that cannot be read is rejected with the reason, never an error.
    """
    reading = _Reading(path, settings)
    try:
        with fewer_collections():
            reading.run()
    except DrawingError as error:
        return reading.rejected(str(error))
    except MemoryError:
        return reading.rejected(
            f"it needs more than memory_limit_mib ({settings.memory_limit_mib})"
        )
    except Exception as error:
        # One bad file must never end a run over many, whatever a library trips over in it. The
        # message is not logged: it may quote the file.
        place = traceback.extract_tb(error.__traceback__)[-1]
        kind, where = type(error).__name__, f"{Path(place.filename).name}:{place.lineno}"
        logger.error("%s: unexpected %s in %s", shown(str(path)), kind, where)  # noqa: TRY400
        return reading.rejected(f"it cannot be understood ({kind} in {where})")
    return reading.finished()


class _Reading:
    """The reading of one file, step by step; what is known so far stays when a step refuses."""

    def __init__(self, path: Path, settings: DrawingSettings) -> None:
        """Begin with nothing known."""
        self._path, self._settings = path, settings
        self._drawing = Drawing(file=path, verdict="rejected")
        self._repairs: list[str] = []
        self._units: tuple[float, ...] = ()

    def rejected(self, reason: str) -> Drawing:
        """Return what is known, without parts."""
        return dataclasses.replace(self._drawing, reason=reason, parts=(), centres=())

    def finished(self) -> Drawing:
        """Return the whole drawing."""
        return dataclasses.replace(
            self._drawing,
            verdict="repaired" if self._repairs else "accepted",
            reason="; ".join(self._repairs),
        )

    def run(self) -> None:
        """Read the file.

        Raises:
            DrawingError: With the reason.
        """
        data = read_bytes(self._path, self._settings.max_file_mib * 2**20, self._path.parent)
        source = prepared(data)
        document, repairs = loaded(source)
        self._repairs += repairs
        with quiet():
            harvest, unit = self._harvest(document, source.data)
        shapes = self._assemble(harvest, unit)
        self._make_parts(shapes, harvest, unit)

    def _warn(self, warnings: Sequence[str]) -> None:
        """Add warnings, each once."""
        told = dict.fromkeys((*self._drawing.warnings, *warnings))
        self._drawing = dataclasses.replace(self._drawing, warnings=tuple(told))

    def _harvest(self, document: Document, data: bytes) -> tuple[Harvest, Unit]:
        """Collect the curves and conclude the unit."""
        rules = layer_rules(document, self._settings)
        insunits = _header(document, data, "$INSUNITS")
        measurement = _header(document, data, "$MEASUREMENT")
        declared = declared_unit(insunits)
        guess = MM_PER[declared or self._settings.default_unit]
        # Numbers in mm under another unit are common; without a unit a sheet may be in inches.
        self._units = (guess, MM_PER["mm"], *([] if declared else [MM_PER["inch"]]))
        harvest = self._collect(document, rules, guess)
        size = harvest.biggest_piece()
        unit = concluded_unit(size, insunits, measurement, self._settings)
        if unit.mm_per_unit > guess:
            # The first sampling was too coarse for the unit that came out.
            harvest = self._collect(document, rules, unit.mm_per_unit)
            size = harvest.biggest_piece()
        self._drawing = dataclasses.replace(
            self._drawing, mm_per_unit=unit.mm_per_unit, unit_evidence=unit.evidence
        )
        self._warn([*unit.warnings, *harvest.warnings])
        self._repairs += [*harvest.losses(), *(["unusable unit taken as absent"] * unit.repaired)]
        self._check_extent(harvest, size, unit)
        return harvest, unit

    def _check_extent(self, harvest: Harvest, size: float, unit: Unit) -> None:
        """Refuse curves that are not flat, or of a size in drawing units too small for a part.

        Raises:
            DrawingError: With the reason.
        """
        if harvest.z_extent * unit.mm_per_unit > self._settings.planar_tolerance_mm:
            out_mm = harvest.z_extent * unit.mm_per_unit
            raise DrawingError(
                f"not flat: a curve leaves the XY plane by {out_mm:.4g} mm; export a flat drawing"
            )
        size_mm = size * unit.mm_per_unit
        if size_mm < self._settings.min_size_mm:
            raise too_small(size_mm, unit, self._settings)

    def _collect(self, document: Document, rules: LayerRules, mm_per_unit: float) -> Harvest:
        """Collect the curves at a sampling fit for a unit."""
        harvest = collected(document, rules, mm_per_unit, self._units, self._settings)
        self._drawing = dataclasses.replace(
            self._drawing, kept=harvest.kept_counts(), dropped=harvest.dropped_counts()
        )
        if not harvest.curves:
            self._warn(harvest.warnings)
            raise DrawingError(nothing_left(document, harvest))
        return harvest

    def _assemble(self, harvest: Harvest, unit: Unit) -> list[Shape]:
        """Join the curves and sort the rings into outlines and holes."""
        origin = harvest.origin()
        curves = [curve.xy - origin for curve in harvest.curves]
        try:
            assembly = assembled(curves, origin, unit.mm_per_unit, self._settings)
        except PlacedError as error:
            # A piece of the contour may lie on a layer that is left out without a word.
            self._warn(harvest.unread_layers())
            raise error.moved((float(origin[0]), float(origin[1]))) from error
        self._drawing = dataclasses.replace(self._drawing, gaps=assembly.gaps)
        self._repairs += assembly.repairs
        self._warn(assembly.warnings)
        return assembly.shapes

    def _make_parts(self, shapes: list[Shape], harvest: Harvest, unit: Unit) -> None:
        """Turn shapes into parts."""
        mm, origin = unit.mm_per_unit, harvest.origin()
        layers = LayerMap(harvest.curves, origin, mm)
        parts, centres = [], []
        for name, shape in zip(self._names(len(shapes)), shapes, strict=True):
            holes = [hole * mm for hole in shape.holes]
            part, centre = part_from_rings(name, shape.outline * mm, holes)
            part = layers.on(part, centre)
            check_size(*part.size_mm, unit, self._settings)
            parts.append(part)
            x, y = map(float, centre / mm + origin)
            centres.append((x, y))
        if len(parts) > 1:
            self._warn([f"the drawing holds {len(parts)} parts"])
        self._drawing = dataclasses.replace(
            self._drawing, parts=tuple(parts), centres=tuple(centres)
        )

    def _names(self, count: int) -> list[str]:
        """Return names for the parts, made from the file's; warn if it is a reserved one."""
        stem = safe_name(self._path.stem)
        wanted = [stem] if count == 1 else [f"{stem}-{number}" for number in range(1, count + 1)]
        names = unique_names(wanted)
        self._warn(
            [
                f"{want!r} is the label of objects that are no drawing; the part is called {name!r}"
                for want, name in zip(wanted, names, strict=True)
                if want != name
            ]
        )
        return names


def _header(document: Document, data: bytes, name: str) -> int | None:
    """Return a whole number of the header, None if the file does not hold it.

    For a variable that is missing ezdxf fills in a default, metres for `$INSUNITS`; a drawing
    must not be said to declare what nobody wrote. Names are plain ASCII in the prepared bytes.
    """
    value = document.header.get(name) if name.encode() in data else None
    return None if value is None else int(value)
