"""Title blocks and tables: level and upright lines that make cells, with texts in them.

+---------------------+
|  o-----o            |   the part
|  |     |      +-----+
|  o-----o      | A | |   attached: its lines end on the frame
+---------------+-----+
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from components.geometry.rectangles import Box

Points = NDArray[np.float64]

NEAR = 0.08
"""A title block is no farther from two sides of its frame than this share of the shorter side."""

BLOCK = (0.75, 0.6)
"""A block in a corner takes this share of the frame's width and height at most."""

STRIP = 0.4
"""A block along a whole side is no deeper than this share of the frame."""

FILLED = 0.95
"""A free block fills its box to this share."""

TABLE_CELLS, TABLE_TEXTS, TABLE_SHARE = 4, 3, 0.7
"""So many cells, and so many of them with text, are a table wherever they lie, if this share of the
cells are rectangles: panels with teeth that are drawn side by side are none."""


@dataclass(frozen=True, slots=True)
class Block:
    """Cells that level and upright lines make.

    Attributes:
        area: All cells.
        weight: How much it says for a sheet: 0 nothing, 2 enough.
        said: What it is, in words.
    """

    area: BaseGeometry
    weight: float
    said: str


def block_of(
    lines: Sequence[Points], frame: Box, attached: bool, texts: Points, slack: float
) -> Block | None:
    """Return what connected lines are on a sheet, None if they make no block.

    Args:
        lines: Level and upright curves that are connected, shape (N, 2).
        frame: The innermost line of the frame.
        attached: Whether a line touches the frame.
        texts: Places of texts, shape (N, 2).
        slack: How far ends may be apart, in drawing units.
    """
    cells = _cells(lines, frame, attached, slack)
    if not cells:
        return None
    area = shapely.union_all(cells)
    told = _texts_in(cells, texts, slack)
    if _is_table(cells, told):
        return Block(area, 2.0, "a table with texts")
    fills = attached or area.area >= FILLED * shapely.box(*area.bounds).area
    place = _place(Box(*area.bounds), frame)
    if not fills or not place:
        return None
    return _weighed(area, len(cells), int(told.sum()), attached, place)


def _is_table(cells: list[BaseGeometry], told: NDArray[np.int64]) -> bool:
    """Return whether cells with so many texts in each are a table."""
    if len(cells) < TABLE_CELLS or np.count_nonzero(told) < TABLE_TEXTS:
        return False
    filled = [cell.area >= FILLED * shapely.box(*cell.bounds).area for cell in cells]
    return sum(filled) >= TABLE_SHARE * len(cells)


def _weighed(
    area: BaseGeometry, cells: int, texts: int, attached: bool, place: str
) -> Block | None:
    """Return a block at the side of a frame with its weight, None if it says nothing."""
    if texts and place == "strip":
        # A flange with its bend line looks alike.
        return Block(area, 1.0, "a strip with text along a side")
    if texts:
        # Nothing inside an outline can touch it: an attached cell is no hole.
        weight = 2.0 if texts > 1 or attached else 1.5
        return Block(area, weight, "a title block")
    if cells > 2:
        return Block(area, 1.0, "a table in a corner")
    return Block(area, 0.5, "a box in a corner") if attached and place == "corner" else None


def _cells(lines: Sequence[Points], frame: Box, attached: bool, slack: float) -> list[BaseGeometry]:
    """Return the cells that lines make, together with the frame if they touch it."""
    drawn: list[BaseGeometry] = [shapely.LineString(line) for line in lines]
    if attached:
        drawn.append(frame.polygon().exterior)
    noded = shapely.union_all(drawn, grid_size=slack / 5)
    faces = sorted(shapely.get_parts(shapely.polygonize([noded])), key=lambda face: face.area)
    # Within the frame the biggest face is the room for the drawing.
    return list(faces[:-1] if attached else faces)


def _texts_in(cells: list[BaseGeometry], texts: Points, slack: float) -> NDArray[np.int64]:
    """Return how many texts begin in each cell, shape (N,)."""
    points = np.asarray(shapely.points(texts))
    counts = np.zeros(len(cells), dtype=np.int64)
    if len(texts):
        # A text may begin on the line between two cells: it counts for one of them.
        nearest, distance = shapely.STRtree(cells).query_nearest(
            points, max_distance=2 * slack, return_distance=True, all_matches=False
        )
        np.add.at(counts, nearest[1][distance <= 2 * slack], 1)
    return counts


def _place(box: Box, frame: Box) -> str:
    """Return whether a box lies in a corner, along a side as a strip, or neither (empty)."""
    left, bottom, right, top = (margin <= NEAR * frame.short for margin in frame.margins(box))
    wide, high = box.width / frame.width, box.height / frame.height
    if (left and right) != (bottom and top):
        return "strip" if (high if left and right else wide) <= STRIP else ""
    in_corner = (left or right) and (bottom or top) and wide <= BLOCK[0] and high <= BLOCK[1]
    return "corner" if in_corner else ""
