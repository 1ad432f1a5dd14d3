"""A DXF document -> the curves that are cut, and counts of what was kept and dropped.

Blocks are followed to the bottom: their curves are sampled where they are defined and moved by the
product of the INSERTs' matrices, so mirrored, unevenly scaled and nested ones need no special
care. How much that would be is counted before anything is sampled.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from ezdxf.document import Drawing as Document
from ezdxf.entities import DXFEntity
from ezdxf.math import Matrix44
from numpy.typing import NDArray

from components.errors import DrawingError
from components.geometry.drawing import EntityCount, shown
from components.geometry.dxf_entities import CURVES, REGIONS, curves_of
from components.geometry.layers import LayerRules
from components.settings.drawings import DrawingSettings

TEXT_TYPES = frozenset(
    "TEXT MTEXT ATTRIB ATTDEF DIMENSION ARC_DIMENSION LARGE_RADIAL_DIMENSION LEADER MULTILEADER "
    "MLEADER TOLERANCE ACAD_TABLE GEOMAPIMAGE ARCALIGNEDTEXT RTEXT".split()
)
AID_TYPES = frozenset("POINT RAY XLINE VIEWPORT IMAGE WIPEOUT OLE2FRAME OLEFRAME LIGHT".split())
SOLID_TYPES = frozenset(
    "3DFACE 3DSOLID BODY REGION MESH SURFACE EXTRUDEDSURFACE LOFTEDSURFACE REVOLVEDSURFACE "
    "SWEPTSURFACE PLANESURFACE NURBSURFACE SOLID TRACE HELIX SUN UNDERLAY".split()
)

NO_GEOMETRY = "texts and dimensions are not cut"
NO_CURVE = "points, construction lines and pictures are not cut"
NO_PLANE = "filled areas and 3D bodies are not cut"
UNKNOWN = "unsupported type"
INVISIBLE = "entity is invisible"
REPEATED = "hatches repeat the contours"
EMPTY = "no extent"


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One curve of the drawing.

    Attributes:
        xy: Points, shape (N, 2), in drawing units; a closed curve repeats its first point.
        entity: DXF type it came from.
        layer: Layer it lies on.
    """

    xy: NDArray[np.float64]
    entity: str
    layer: str


@dataclass(slots=True)
class Harvest:
    """The curves of a document and the book-keeping.

    Attributes:
        curves: In the order of the file.
        kept: Number of kept entities by type and layer.
        dropped: Number of dropped entities by type, layer and rule.
        z_extent: Largest distance by which one curve leaves its plane, in drawing units.
        warnings: What the user should know.
        vertices: Number of points so far.
    """

    curves: list[Curve] = field(default_factory=list)
    kept: Counter[tuple[str, str]] = field(default_factory=Counter)
    dropped: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    z_extent: float = 0.0
    warnings: list[str] = field(default_factory=list)
    vertices: int = 0

    def kept_counts(self) -> tuple[EntityCount, ...]:
        """Return the kept entities as records."""
        return tuple(EntityCount(e, layer, n) for (e, layer), n in sorted(self.kept.items()))

    def dropped_counts(self) -> tuple[EntityCount, ...]:
        """Return the dropped entities as records."""
        return tuple(
            EntityCount(e, layer, n, r) for (e, layer, r), n in sorted(self.dropped.items())
        )


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
    check_explosion(document, settings)
    walk = _Walk(document, rules, tolerance, settings)
    walk.visit(document.modelspace(), Matrix44(), "0")
    if not walk.harvest.curves and walk.regions:
        walk.take_regions()
    else:
        for entity, layer, _ in walk.regions:
            walk.harvest.dropped[entity.dxftype(), layer, REPEATED] += 1
    return walk.harvest


def check_explosion(document: Document, settings: DrawingSettings) -> None:
    """Refuse blocks that insert themselves, go too deep or stand for too many entities.

    Raises:
        DrawingError: Naming the block and the bound.
    """
    counts: dict[str, tuple[int, int]] = {}

    def measure(name: str, entities: Iterable[DXFEntity], path: tuple[str, ...]) -> tuple[int, int]:
        """Return how many entities a block stands for and how deep it goes."""
        if name in path:
            raise DrawingError(f"block '{shown(name)}' inserts itself")
        if len(path) > settings.max_block_depth:
            raise DrawingError(f"blocks are nested deeper than {settings.max_block_depth} levels")
        if name not in counts:
            total, depth = 0, 0
            for entity in entities:
                below, levels = 1, 0
                if entity.dxftype() == "INSERT":
                    below, levels = measure_insert(entity, (*path, name))
                total, depth = total + below, max(depth, levels)
            counts[name] = (total, depth)
        return counts[name]

    def measure_insert(insert: Any, path: tuple[str, ...]) -> tuple[int, int]:
        """Return the same of an INSERT, its rows and columns counted."""
        block = document.blocks.get(insert.dxf.name)
        if block is None:
            return 1, 1
        below, levels = measure(insert.dxf.name.lower(), block, path)
        return below * max(1, insert.mcount), levels + 1

    total, depth = measure("*model_space", document.modelspace(), ())
    if depth > settings.max_block_depth:
        raise DrawingError(f"blocks are nested deeper than {settings.max_block_depth} levels")
    if total > settings.max_entities:
        raise DrawingError(
            f"the drawing stands for {total} entities once its blocks are resolved, more than "
            f"max_entities ({settings.max_entities})"
        )


class _Walk:
    """Walks the model space and the blocks it inserts."""

    def __init__(
        self, document: Document, rules: LayerRules, tolerance: float, settings: DrawingSettings
    ) -> None:
        """Keep what every step needs."""
        self.harvest = Harvest()
        self.regions: list[tuple[DXFEntity, str, Matrix44]] = []
        self._document, self._rules, self._settings = document, rules, settings
        self._tolerance = tolerance

    def visit(self, entities: Iterable[DXFEntity], matrix: Matrix44, parent_layer: str) -> None:
        """Take or drop each entity; entities on layer 0 of a block lie on the INSERT's layer."""
        for entity in entities:
            kind = entity.dxftype()
            # Types that ezdxf does not know carry their tags only.
            own = str(entity.dxf.layer) if entity.dxf.is_supported("layer") else "0"
            layer = parent_layer if own == "0" else own
            rule = self._rule(entity, kind, layer)
            if rule:
                self.harvest.dropped[kind, layer, rule] += 1
            elif kind == "INSERT":
                self._insert(entity, matrix, layer)
            elif kind in REGIONS:
                self.regions.append((entity, layer, matrix))
            else:
                self._take(entity, layer, matrix)

    def take_regions(self) -> None:
        """Read the boundaries of hatches, when there is nothing else."""
        self.harvest.warnings.append("no curves: the boundaries of the hatches are taken")
        for entity, layer, matrix in self.regions:
            self._take(entity, layer, matrix)

    def _rule(self, entity: DXFEntity, kind: str, layer: str) -> str:
        """Return why an entity is dropped; empty if it is not."""
        if entity.dxf.is_supported("invisible") and entity.dxf.get("invisible", 0):
            return INVISIBLE
        return _rule_of_type(entity, kind) or self._rules.rule_against(layer)

    def _insert(self, insert: Any, matrix: Matrix44, layer: str) -> None:
        """Follow an INSERT into its block, once for each of its rows and columns."""
        block = self._document.blocks.get(insert.dxf.name)
        if block is None:
            self.harvest.dropped["INSERT", layer, "its block is not defined"] += 1
            self.harvest.warnings.append(
                f"block '{shown(insert.dxf.name)}' is inserted but not defined; geometry may be "
                "missing"
            )
            return
        scales = (insert.dxf.xscale, insert.dxf.yscale)
        if not all(np.isfinite(scale) and scale != 0.0 for scale in scales):
            self.harvest.dropped["INSERT", layer, "its scale is 0 or no number"] += 1
            return
        for single in _singles(insert):
            self.visit(block, single.matrix44() * matrix, layer)

    def _take(self, entity: DXFEntity, layer: str, matrix: Matrix44) -> None:
        """Sample an entity and move it to its place."""
        placed = [_moved(points, matrix) for points in curves_of(entity, self._finer(matrix))]
        extents = [np.ptp(points, axis=0) for points in placed]
        if not any(extent[:2].max() > 0.0 for extent in extents):
            # A line along Z is a point in the plan, but it says that the drawing is no plan.
            rule = EMPTY if not any(extent.max() > 0 for extent in extents) else NO_PLANE
            self.harvest.dropped[entity.dxftype(), layer, rule] += 1
            return
        self.harvest.kept[entity.dxftype(), layer] += 1
        for points, extent in zip(placed, extents, strict=True):
            self.harvest.z_extent = max(self.harvest.z_extent, float(extent[2]))
            self.harvest.vertices += len(points)
            self.harvest.curves.append(Curve(points[:, :2], entity.dxftype(), layer))
        if self.harvest.vertices > self._settings.max_vertices:
            raise DrawingError(
                f"the curves need more than max_vertices ({self._settings.max_vertices}) points"
            )

    def _finer(self, matrix: Matrix44) -> float:
        """Return the tolerance in the block's own units."""
        axes = (matrix.transform_direction((1, 0, 0)), matrix.transform_direction((0, 1, 0)))
        return self._tolerance / max(axis.magnitude for axis in axes)


def _rule_of_type(entity: Any, kind: str) -> str:
    """Return why entities of this type are dropped."""
    if kind == "POLYLINE" and (entity.is_poly_face_mesh or entity.is_polygon_mesh):
        return NO_PLANE
    if kind in CURVES or kind in REGIONS or kind == "INSERT":
        return ""
    for types, rule in ((TEXT_TYPES, NO_GEOMETRY), (AID_TYPES, NO_CURVE), (SOLID_TYPES, NO_PLANE)):
        if kind in types:
            return rule
    return UNKNOWN


def _singles(insert: Any) -> Iterator[Any]:
    """Yield one INSERT for each row and column."""
    if insert.mcount > 1:
        yield from insert.multi_insert()
    else:
        yield insert


def _moved(points: NDArray[np.float64], matrix: Matrix44) -> NDArray[np.float64]:
    """Return points, shape (N, 3), after an affine matrix."""
    m = np.array(list(matrix.rows()), dtype=np.float64)
    return np.asarray(points @ m[:3, :3] + m[3, :3])
