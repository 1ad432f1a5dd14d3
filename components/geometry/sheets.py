"""Sheet frames and title blocks, found among the curves and taken away before these are joined.

Their lines meet each other and must not be taken for contours that touch. No single sign makes a
frame: a plate may be as big as A3 and a rim may look like a double line. So the signs are weighed -
size of a sheet, second line, marks, title block, what lies inside - and what stays open is told,
with the option that decides it.
"""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from components.geometry.drawing import shown
from components.geometry.harvest import Curve
from components.geometry.rectangles import Box, are_level, boxes_of, rectangles, turn_of
from components.geometry.sheet_blocks import Block, block_of
from components.geometry.sheet_content import weight_of_content
from components.geometry.sheet_sizes import is_like_paper, sheet_of

Points = NDArray[np.float64]

ENOUGH, SURE, DOUBT = 2.0, 2.5, 1.5
"""Weights from which on a rectangle is a frame, is one whatever the user chose, may be one."""

BORDER = 0.12
"""A second line lies at most this share of the shorter side inside the first."""

MARK = 0.15
"""Centring marks and ticks of zones are shorter than this share of the shorter side."""


@dataclass(slots=True)
class Sheets:
    """What was found.

    Attributes:
        curves: Numbers of the curves that belong to sheets.
        warnings: What was left out, and what may be a frame.
    """

    curves: set[int] = field(default_factory=set)
    warnings: list[str] = field(default_factory=list)


def sheets_among(
    curves: Sequence[Curve],
    texts: Points,
    slack: float,
    mm_per_unit: Sequence[float],
    is_chosen: Callable[[str], bool],
) -> Sheets:
    """Find the sheet frames with their title blocks, marks and tables.

    Args:
        curves: All curves of a drawing.
        texts: Places of its texts, shape (N, 2).
        slack: How far ends that belong together may be apart, in drawing units.
        mm_per_unit: Lengths that a drawing unit may have.
        is_chosen: Whether the user named a layer as one that is cut.
    """
    found = _upright_sheets(curves, texts, slack, mm_per_unit, is_chosen)
    if found is None and (turn := turn_of([curve.xy for curve in curves])) is not None:
        turned = [dataclasses.replace(curve, xy=curve.xy @ turn) for curve in curves]
        found = _upright_sheets(turned, texts @ turn, slack, mm_per_unit, is_chosen)
    return found or Sheets()


def _upright_sheets(
    curves: Sequence[Curve],
    texts: Points,
    slack: float,
    mm_per_unit: Sequence[float],
    is_chosen: Callable[[str], bool],
) -> Sheets | None:
    """Find the sheets whose sides are level and upright; None if there is no such rectangle."""
    xy = [curve.xy for curve in curves]
    level = are_level(xy)
    drawn = rectangles([xy[number] for number in np.flatnonzero(level)], slack)
    if not drawn:
        return None
    found = Sheets()
    corners = boxes_of(xy)
    outer: list[Box] = []
    for box in drawn:
        if not any(other.holds(box, slack) for other in outer):
            outer.append(box)
    for box in outer:
        page = _Page(curves, corners, level, box, drawn, slack)
        if page.holds_something():
            page.read(texts, mm_per_unit)
            page.tell(found, is_chosen)
    return found


class _Page:
    """A rectangle that may be a sheet frame, and what lies on it."""

    def __init__(
        self,
        curves: Sequence[Curve],
        corners: Points,
        level: NDArray[np.bool_],
        outer: Box,
        drawn: Sequence[Box],
        slack: float,
    ) -> None:
        """Gather the lines of the frame and the curves on them and inside."""
        self._curves, self._level, self._slack = curves, level, slack
        reach = np.array([outer.x1, outer.y1, -outer.x0, -outer.y0]) + slack
        near = np.hstack([corners[:, :2], -corners[:, 2:]]) <= reach
        self._near = np.flatnonzero(near.all(axis=1)).tolist()
        self._boxes = {index: Box(*corners[index].tolist()) for index in self._near}
        self._lines = [outer]
        while inner := next((b for b in drawn if _is_border(self._lines[-1], b, slack)), None):
            self._lines.append(inner)
        self._inner = self._lines[-1]
        self._removed: set[int] = set()
        self._weights: dict[str, float] = {}
        self._sides: list[int] = []
        self._rim_holes = 0

    def holds_something(self) -> bool:
        """Return whether a curve lies inside without touching the outermost line."""
        return any(self._lines[0].holds(box, -self._slack) for box in self._boxes.values())

    def read(self, texts: Points, mm_per_unit: Sequence[float]) -> None:
        """Sort the curves and weigh the signs."""
        marks = self._take_frame()
        groups = self._groups()
        blocks = self._take_blocks(groups, texts)
        content = [[i for i in group if i not in self._removed] for group, _ in groups]
        content = [group for group in content if group]
        # Without anything else on it a rectangle is no sheet.
        if content or blocks:
            self._weigh_lines(marks, mm_per_unit)
            self._weigh(blocks, content)

    def tell(self, found: Sheets, is_chosen: Callable[[str], bool]) -> None:
        """Put the verdict into what was found."""
        weight = sum(self._weights.values())
        outer, signs = self._lines[0], ", ".join(s for s, w in self._weights.items() if w > 0)
        size = f"{outer.width:.5g} x {outer.height:.5g} units"
        layers = sorted({self._curves[index].layer for index in self._sides})
        names = ", ".join(f"'{shown(layer)}'" for layer in layers)
        chosen = all(is_chosen(layer) for layer in layers) and weight < SURE
        if weight >= ENOUGH and not chosen:
            found.curves |= self._removed
            hint = f"; if it is a part, choose its layer with --cut-layers ({names})"
            found.warnings.append(
                f"a sheet frame of {size} was left out ({signs}){'' if weight >= SURE else hint}"
            )
        elif weight >= DOUBT:
            found.warnings.append(
                f"a rectangle of {size} was taken for a part, though it may be a sheet frame "
                f"({signs}); if it is one, leave its layer out with --ignore-layers ({names})"
            )

    def _take_frame(self) -> int:
        """Take the frame's lines and what lies in its margin; return the number of marks."""
        lines = shapely.union_all([box.polygon().exterior for box in self._lines])
        band = lines.buffer(1.01 * self._slack, cap_style="square", join_style="mitre")
        shapely.prepare(band)
        marks = 0
        for index, box in self._boxes.items():
            if self._inner.holds(box, -self._slack):
                continue
            line = shapely.LineString(self._curves[index].xy)
            if self._level[index] and band.covers(line):
                self._sides.append(index)
            elif self._is_mark(index, box) and band.intersects(line):
                marks += 1
            elif self._is_in_margin(box):
                self._rim_holes += self._curves[index].entity == "CIRCLE"
            else:
                continue
            self._removed.add(index)
        return marks

    def _is_mark(self, index: int, box: Box) -> bool:
        """Return whether a curve is a short line that reaches into or out of the margin."""
        short = len(self._curves[index].xy) == 2 and self._level[index]
        length = max(box.width, box.height)
        inside = self._inner.holds(box, self._slack)
        return short and length <= MARK * self._inner.short and not inside

    def _is_in_margin(self, box: Box) -> bool:
        """Return whether a box lies between the lines of the frame."""
        inner = self._inner
        outside = (
            box.x1 <= inner.x0 + self._slack
            or box.x0 >= inner.x1 - self._slack
            or box.y1 <= inner.y0 + self._slack
            or box.y0 >= inner.y1 - self._slack
        )
        return outside and self._lines[0].holds(box, self._slack)

    def _groups(self) -> list[tuple[list[int], bool]]:
        """Return the connected curves inside the frame, and whether they touch it."""
        inside = [
            index
            for index, box in self._boxes.items()
            if index not in self._removed and self._inner.holds(box, self._slack)
        ]
        if not inside:
            return []
        lines = [shapely.LineString(self._curves[index].xy) for index in inside]
        touch = self._slack / 10
        first, second = shapely.STRtree(lines).query(lines, predicate="dwithin", distance=touch)
        links = coo_array((np.ones(len(first)), (first, second)), shape=(len(lines),) * 2)
        count, group_of = connected_components(links, directed=False)
        near = shapely.dwithin(lines, self._inner.polygon().exterior, touch)
        groups: list[tuple[list[int], bool]] = []
        for number in range(count):
            members = np.flatnonzero(group_of == number)
            groups.append(([inside[m] for m in members], bool(near[members].any())))
        return groups

    def _take_blocks(self, groups: list[tuple[list[int], bool]], texts: Points) -> list[Block]:
        """Take the title block, tables and lines that end on the frame."""
        blocks = []
        for group, attached in groups:
            lines = [index for index in group if self._level[index]]
            if not lines or not (attached or len(lines) == len(group)):
                continue
            xy = [self._curves[index].xy for index in lines]
            block = block_of(xy, self._inner, attached, texts, self._slack)
            if block is not None and not self._is_plate(block, group):
                blocks.append(block)
                self._removed.update(lines)
                self._take_area(block)
            elif attached:
                whole = len(lines) == len(group)
                self._removed.update(i for i in lines if whole or len(self._curves[i].xy) == 2)
        return blocks

    def _is_plate(self, block: Block, group: list[int]) -> bool:
        """Return whether a single box holds curves: a plate with its number beside a hole."""
        if len(group) != 1 or block.weight >= ENOUGH:
            return False
        box = Box(*block.area.bounds)
        return any(
            box.holds(other, 0.0) and index not in group for index, other in self._boxes.items()
        )

    def _take_area(self, block: Block) -> None:
        """Take what lies in a title block: signs of projection, logos."""
        area = block.area.buffer(self._slack)
        shapely.prepare(area)
        bounds = Box(*area.bounds)
        self._removed.update(
            index
            for index, box in self._boxes.items()
            if bounds.holds(box, 0.0) and area.covers(shapely.LineString(self._curves[index].xy))
        )

    def _weigh(self, blocks: list[Block], content: list[list[int]]) -> None:
        """Weigh what lies inside."""
        weights = self._weights
        if blocks:
            best = max(blocks, key=lambda block: block.weight)
            weights[best.said] = best.weight
        groups = [[self._curves[index] for index in group] for group in content]
        told = weight_of_content(groups, len(self._lines) > 1)
        if weight := told.weight if weights else told.alone:
            weights[told.said] = weight

    def _weigh_lines(self, marks: int, mm_per_unit: Sequence[float]) -> None:
        """Weigh the signs of the lines themselves and of what lies between them."""
        weights = self._weights
        sheet = next(
            (s for b in self._lines if (s := sheet_of(b.width, b.height, mm_per_unit))), ""
        )
        if sheet:
            weights[f"it has the size of {sheet}"] = 1.0
        elif any(is_like_paper(box.width, box.height) for box in self._lines):
            weights["it has the proportions of paper"] = 0.5
        if len(self._lines) > 1:
            weights["a double line"] = 1.0
        if marks >= 4:
            weights[f"{marks} marks on it"] = 1.0
        if self._rim_holes:
            # Zones have letters and ticks; circles between two lines are holes of a rim.
            weights["holes between its lines"] = -1.5


def _is_border(outer: Box, inner: Box, slack: float) -> bool:
    """Return whether a rectangle is the next line of a frame."""
    margins = outer.margins(inner)
    return min(margins) > slack and max(margins) <= BORDER * outer.short
