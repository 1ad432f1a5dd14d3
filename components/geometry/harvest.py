"""What was collected from a document: curves to cut, and counts of what was kept and dropped."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from components.geometry.drawing import EntityCount, shown
from components.geometry.joining import joined_ends

NO_GEOMETRY = "texts and dimensions are not cut"
NO_CURVE = "points, construction lines and pictures are not cut"
NO_PLANE = "filled areas and 3D bodies are not cut"
NO_BODY = "its shape is not stored as curves; export it as lines, arcs or polylines"
UNKNOWN = "unsupported type"
INVISIBLE = "entity is invisible"
REPEATED = "hatches repeat the contours"
UNCLEAR = "hatch whose boundary no curve repeats"
EMPTY = "no extent"
SHEET = "sheet frames and title blocks are not cut"
PAPER = "paper space is not cut"
NO_BLOCK = "its block is not defined"
NO_SCALE = "its scale is 0 or no number"
NAME_SAYS = "layer name says "
"""Begin of every rule that goes by the words of a layer's name; what they say follows."""

BLOCK_SAYS = "block name says "
"""The same of a block's name."""

LOSSES = frozenset((UNKNOWN, NO_BODY, EMPTY, NO_BLOCK, NO_SCALE))
"""Rules that a drawing cannot be accepted with unchanged: something may be missing."""


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
        texts: Places of texts in the model space.
        aside: Curves that were left out for their linetype alone.
        named: Curves that were left out for the name of their layer alone.
    """

    curves: list[Curve] = field(default_factory=list)
    kept: Counter[tuple[str, str]] = field(default_factory=Counter)
    dropped: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    z_extent: float = 0.0
    warnings: list[str] = field(default_factory=list)
    vertices: int = 0
    texts: list[tuple[float, float]] = field(default_factory=list)
    aside: list[Curve] = field(default_factory=list)
    named: list[Curve] = field(default_factory=list)

    def origin(self) -> NDArray[np.float64]:
        """Return whole numbers below and left of all curves, shape (2,), fit to be subtracted."""
        return np.asarray(np.floor(self._corners()[0].min(axis=0)), dtype=np.float64)

    def _corners(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the lower left and the upper right corners of all curves, each of shape (N, 2)."""
        points = np.concatenate([curve.xy for curve in self.curves])
        first = np.cumsum([0, *(len(curve.xy) for curve in self.curves[:-1])])
        return np.minimum.reduceat(points, first), np.maximum.reduceat(points, first)

    def take_away(self, numbers: set[int], rule: str) -> None:
        """Count curves, given by their numbers, as dropped by a rule."""
        for number in numbers:
            curve = self.curves[number]
            if self.kept[curve.entity, curve.layer] > 0:
                self.kept[curve.entity, curve.layer] -= 1
                self.dropped[curve.entity, curve.layer, rule] += 1
        self.kept = +self.kept
        self.curves = [c for number, c in enumerate(self.curves) if number not in numbers]

    def text_places(self) -> NDArray[np.float64]:
        """Return the places of texts, shape (N, 2)."""
        return np.array(self.texts, dtype=np.float64).reshape(-1, 2)

    def biggest_piece(self) -> float:
        """Return the longer side of the biggest connected piece, in drawing units.

        A stray line far away or many parts on one sheet say nothing about the size of a part.
        """
        lows, highs = self._corners()
        ends = np.array([end for curve in self.curves for end in (curve.xy[0], curve.xy[-1])])
        reach = 1e-6 * float((highs.max(axis=0) - lows.min(axis=0)).max())
        piece = joined_ends(ends - np.floor(lows.min(axis=0)), reach)
        for values, pick in ((lows, np.minimum), (highs, np.maximum)):
            of_piece = values[np.unique(piece, return_index=True)[1]]
            pick.at(of_piece, piece, values)
            values[:] = of_piece[piece]
        return float((highs - lows).max())

    def kept_counts(self) -> tuple[EntityCount, ...]:
        """Return the kept entities as records."""
        return tuple(EntityCount(e, layer, n) for (e, layer), n in sorted(self.kept.items()))

    def losses(self) -> list[str]:
        """Return what was left out though it may have been meant to be cut."""
        lost: Counter[tuple[str, str]] = Counter()
        for (entity, _, rule), count in self.dropped.items():
            if rule in LOSSES:
                lost[entity, rule] += count
        return [f"{n} {shown(entity)} left out: {rule}" for (entity, rule), n in lost.items()]

    def meanings(self) -> dict[str, str]:
        """Return the layers that were left out for their names, and what each name says."""
        return {
            layer: rule.removeprefix(NAME_SAYS)
            for (_, layer, rule) in sorted(self.dropped)
            if rule.startswith(NAME_SAYS)
        }

    def unread_layers(self) -> list[str]:
        """Return a sentence about the layers that were left out for their names, if any were."""
        said = [f"'{shown(layer)}' ({meaning})" for layer, meaning in self.meanings().items()]
        return [f"layers left out for what their names say: {', '.join(said)}"] if said else []

    def unread_blocks(self) -> list[str]:
        """Return where blocks were left out for their names alone."""
        layers = {(layer, rule) for (_, layer, rule) in self.dropped if rule.startswith(BLOCK_SAYS)}
        return [
            f"blocks on layer '{shown(layer)}' left out: {rule}" for layer, rule in sorted(layers)
        ]

    def dropped_counts(self) -> tuple[EntityCount, ...]:
        """Return the dropped entities as records."""
        return tuple(
            EntityCount(e, layer, n, r) for (e, layer, r), n in sorted(self.dropped.items())
        )
