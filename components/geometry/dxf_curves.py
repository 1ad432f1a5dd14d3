"""A DXF document -> the curves that are cut, and counts of what was kept and dropped.

Blocks are followed to the bottom: their curves are sampled where they are defined and moved by the
product of the INSERTs' matrices, so mirrored, unevenly scaled and nested ones need no special
care. How much that would be is counted before anything is sampled.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from ezdxf.document import Drawing as Document
from ezdxf.entities.dxfentity import DXFEntity
from ezdxf.entities.dxfgfx import DXFGraphic
from ezdxf.math import Matrix44
from numpy.typing import NDArray

from components.errors import DrawingError
from components.geometry.assembly import join_settings
from components.geometry.drawing import counted, listed_places, shown
from components.geometry.dxf_blocks import block_of, check_blocks, name_of
from components.geometry.dxf_entities import CURVES, REGIONS, checked, curves_of
from components.geometry.dxf_types import rule_of_type
from components.geometry.harvest import (
    EMPTY,
    INVISIBLE,
    LOSSES,
    NAME_SAYS,
    NO_BLOCK,
    NO_GEOMETRY,
    NO_PLANE,
    NO_SCALE,
    PAPER,
    REPEATED,
    UNCLEAR,
    Curve,
    Harvest,
)
from components.geometry.hatches import Sorted, sorted_boundaries
from components.geometry.joining import joined
from components.geometry.layers import LayerRules
from components.settings.drawings import DrawingSettings


def harvested(
    document: Document, rules: LayerRules, tolerance: float, settings: DrawingSettings
) -> Harvest:
    """Return the curves of the model space.

    Args:
        document: The loaded file.
        rules: Which layers are read.
        tolerance: Largest distance between curves and chords, in drawing units.
        settings: Bounds on entities, depth and vertices.

    Raises:
        DrawingError: If a bound is passed, a block inserts itself or a number cannot be meant.
    """
    check_blocks(document, settings)
    walk = _Walk(document, rules, tolerance, settings)
    walk.visit(document.modelspace(), None, "0")
    if walk.regions:
        walk.take_regions()
    walk.count_paper_space()
    return walk.harvest


class _Walk:
    """Walks the model space and the blocks it inserts."""

    def __init__(
        self, document: Document, rules: LayerRules, tolerance: float, settings: DrawingSettings
    ) -> None:
        """Keep what every step needs."""
        self.harvest = Harvest()
        self.regions: list[tuple[DXFEntity, str, Matrix44 | None]] = []
        self._document, self._rules, self._settings = document, rules, settings
        self._tolerance = tolerance
        self._rule_of_layer: dict[str, str] = {}
        self._rule_of_linetype: dict[tuple[str, str], str] = {}

    def visit(
        self, entities: Iterable[DXFEntity], matrix: Matrix44 | None, parent_layer: str
    ) -> None:
        """Take or drop each entity; entities on layer 0 of a block lie on the INSERT's layer."""
        for entity in entities:
            kind = entity.dxftype()
            # Types that ezdxf does not know carry their tags only.
            own = entity.dxf.layer if isinstance(entity, DXFGraphic) else "0"
            layer = parent_layer if own == "0" else own
            rule = self._rule(entity, kind, layer)
            if rule:
                self.harvest.dropped[kind, layer, rule] += 1
                self._note_text(entity, kind, matrix)
                if kind in CURVES and rule.startswith(NAME_SAYS):
                    self.harvest.named += self._aside(entity, layer, matrix)
            elif kind != "INSERT" and (rule := self._linetype_rule(entity, layer)):
                self.harvest.dropped[kind, layer, rule] += 1
                self.harvest.aside += self._aside(entity, layer, matrix)
            elif kind == "INSERT":
                self._insert(entity, matrix, layer)
            elif kind in REGIONS:
                self.regions.append((entity, layer, matrix))
            else:
                self._take(entity, layer, matrix)

    def take_regions(self) -> None:
        """Read the boundaries of hatches that draw what no curve draws."""
        if not self.harvest.curves:
            self.harvest.warnings.append("no curves: the boundaries of the hatches are taken")
            for entity, layer, matrix in self.regions:
                self._take(entity, layer, matrix)
            return
        mm = self._settings.curve_tolerance_mm / self._tolerance
        near = self._settings.duplicate_tolerance_mm / mm + self._tolerance
        hatches = [self._boundaries(entity, matrix) for entity, _, matrix in self.regions]
        curves = [curve.xy for curve in self.harvest.curves]
        alone = not joined(curves, join_settings(self._settings, mm)).rings
        found = sorted_boundaries(hatches, curves, near, alone)
        for (entity, layer, _), taken, unclear in zip(
            self.regions, found.taken, found.unclear, strict=True
        ):
            kind = entity.dxftype()
            if taken:
                self.harvest.kept[kind, layer] += 1
            else:
                self.harvest.dropped[kind, layer, UNCLEAR if unclear else REPEATED] += 1
            self.harvest.curves += [Curve(xy, kind, layer) for xy in taken]
        self._tell(found)

    def _boundaries(self, entity: DXFEntity, matrix: Matrix44 | None) -> list[NDArray[np.float64]]:
        """Return the boundaries of a hatch at their place, each of shape (N, 2)."""
        placed = [
            _moved(points, matrix)[:, :2] for points in curves_of(entity, self._finer(matrix))
        ]
        self._count(sum(map(len, placed)))
        return [xy for xy in placed if np.ptp(xy, axis=0).max() > 0]

    def _tell(self, found: Sorted) -> None:
        """Warn about the boundaries of hatches that no curve repeats."""
        for hatches, said in (
            (found.taken, "drawn by hatches alone taken as contours"),
            (found.unclear, "drawn by hatches alone left out; draw their outline if cut"),
        ):
            middles = [(xy.min(axis=0) + xy.max(axis=0)) / 2 for hatch in hatches for xy in hatch]
            if middles:
                self.harvest.warnings.append(
                    f"{counted(len(middles), 'boundary', 'boundaries')} {said} "
                    f"({listed_places(middles)})"
                )

    def count_paper_space(self) -> None:
        """Count what lies in the layouts; every layout has a viewport, which is no drawing."""
        for layout in self._document.layouts:
            entities = (
                [] if layout.is_modelspace else [e for e in layout if e.dxftype() != "VIEWPORT"]
            )
            for entity in entities:
                layer = str(entity.dxf.layer) if entity.dxf.is_supported("layer") else "0"
                self.harvest.dropped[entity.dxftype(), layer, PAPER] += 1

    def _rule(self, entity: DXFEntity, kind: str, layer: str) -> str:
        """Return why an entity is dropped; empty if it is not."""
        if isinstance(entity, DXFGraphic) and entity.dxf.get("invisible", 0):
            return INVISIBLE
        if kind == "INSERT":
            return self._rules.rule_against_insert(layer, name_of(entity))
        if layer not in self._rule_of_layer:
            self._rule_of_layer[layer] = self._rules.rule_against(layer)
            self._note(self._rules.doubt_about(layer))
        of_type, of_layer = rule_of_type(entity, kind), self._rule_of_layer[layer]
        # What is hidden is no loss, whatever it is.
        return (of_layer or of_type) if of_type in LOSSES else (of_type or of_layer)

    def _linetype_rule(self, entity: DXFEntity, layer: str) -> str:
        """Return why an entity of this linetype is dropped; empty if it is not."""
        key = str(entity.dxf.get("linetype", "")), layer
        if key not in self._rule_of_linetype:
            self._rule_of_linetype[key] = self._rules.rule_against_linetype(*key)
        return self._rule_of_linetype[key]

    def _aside(self, entity: DXFEntity, layer: str, matrix: Matrix44 | None) -> list[Curve]:
        """Return the curves of an entity that is dropped for its linetype or layer."""
        try:
            curves = [_moved(points, matrix) for points in curves_of(entity, self._finer(matrix))]
        except DrawingError:
            return []  # A fault in what is not cut is none.
        self._count(sum(map(len, curves)))
        return [Curve(xyz[:, :2], entity.dxftype(), layer) for xyz in curves]

    def _note(self, warning: str) -> None:
        """Keep a warning, if there is one."""
        if warning:
            self.harvest.warnings.append(warning)

    def _note_text(self, entity: DXFEntity, kind: str, matrix: Matrix44 | None) -> None:
        """Keep the place of a text."""
        if kind in ("TEXT", "MTEXT", "ATTRIB"):
            place = entity.dxf.insert
            place = matrix.transform(place) if matrix else place
            if np.isfinite([place.x, place.y]).all():
                self.harvest.texts.append((float(place.x), float(place.y)))

    def _insert(self, insert: Any, matrix: Matrix44 | None, layer: str) -> None:
        """Follow an INSERT into its block, once for each of its rows and columns."""
        for attrib in insert.attribs:
            self.harvest.dropped["ATTRIB", str(attrib.dxf.layer), NO_GEOMETRY] += 1
            self._note_text(attrib, "ATTRIB", matrix)
        block = block_of(self._document, insert)
        if block is None:
            self.harvest.dropped["INSERT", layer, NO_BLOCK] += 1
            self.harvest.warnings.append(
                f"block '{shown(name_of(insert))}' is inserted but not defined; geometry may be "
                "missing"
            )
            return
        scales = (insert.dxf.xscale, insert.dxf.yscale)
        if not all(np.isfinite(scale) and scale != 0.0 for scale in scales):
            self.harvest.dropped["INSERT", layer, NO_SCALE] += 1
            return
        for single in _singles(insert):
            own = single.matrix44()
            self.visit(block, own * matrix if matrix else own, layer)

    def _take(self, entity: DXFEntity, layer: str, matrix: Matrix44 | None) -> None:
        """Sample an entity and move it to its place."""
        placed = curves_of(entity, self._finer(matrix))
        if matrix is not None:
            placed = [checked(_moved(points, matrix), entity) for points in placed]
        extents = [points.max(axis=0) - points.min(axis=0) for points in placed]
        if not any(extent[:2].max() > 0.0 for extent in extents):
            # A line along Z is a point in the plan, but it says that the drawing is no plan.
            rule = EMPTY if not any(extent.max() > 0 for extent in extents) else NO_PLANE
            self.harvest.dropped[entity.dxftype(), layer, rule] += 1
            return
        self.harvest.kept[entity.dxftype(), layer] += 1
        for points, extent in zip(placed, extents, strict=True):
            self.harvest.z_extent = max(self.harvest.z_extent, float(extent[2]))
            self.harvest.curves.append(Curve(points[:, :2], entity.dxftype(), layer))
        self._count(sum(map(len, placed)))

    def _count(self, vertices: int) -> None:
        """Count points.

        Raises:
            DrawingError: If there are too many.
        """
        self.harvest.vertices += vertices
        if self.harvest.vertices > self._settings.max_vertices:
            raise DrawingError(
                f"the curves need more than max_vertices ({self._settings.max_vertices}) points"
            )

    def _finer(self, matrix: Matrix44 | None) -> float:
        """Return the tolerance in the block's own units."""
        if matrix is None:
            return self._tolerance
        axes = (matrix.transform_direction((1, 0, 0)), matrix.transform_direction((0, 1, 0)))
        return self._tolerance / max(float(axis.magnitude) for axis in axes)


def _singles(insert: Any) -> Iterator[Any]:
    """Yield one INSERT for each row and column."""
    if insert.mcount > 1:
        yield from insert.multi_insert()
    else:
        yield insert


def _moved(points: NDArray[np.float64], matrix: Matrix44 | None) -> NDArray[np.float64]:
    """Return points, shape (N, 3), after an affine matrix; None moves nothing."""
    if matrix is None:
        return points
    m = np.array(list(matrix.rows()), dtype=np.float64)
    return np.asarray(points @ m[:3, :3] + m[3, :3])
