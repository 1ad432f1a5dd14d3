"""Rings that are drawn but are no edge of a part: sheet frames, title blocks, countersinks.

A frame is an upright rectangle around everything else that holds what looks like parts: several
contours with holes of their own, or a second rectangle close inside, or it has the proportions of
a sheet of paper and holds one. A title block is a rectangle beside the parts with text in it. A
countersink is a circle inside a round hole: the camera sees light only through the inner one.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components.geometry.contours import box, perimeter, signed_area
from components.geometry.nesting import Tree

Points = NDArray[np.float64]

RECTANGLE = 0.999
"""Share of its box that an upright rectangle fills."""

ROUND = 0.995
"""4 pi area / perimeter² of a ring that counts as a circle; 1 for a perfect one."""

BORDER = 0.12
"""A second frame line lies at most this share of the frame's shorter side inside."""

PAPER = 2**0.5
PAPER_TOLERANCE = 0.004
"""Sides of A0 to A4 sheets are as the root of two, to the rounding of ISO 216."""

MANY = 8
"""So many contours that are no circles are parts on a sheet, if only one has holes."""

COUNTERSINK = 0.34
"""A countersink is smaller than this share of its part's shorter side."""


@dataclass(frozen=True, slots=True, eq=False)
class Cleared:
    """Rings that are left, and what was taken away.

    Attributes:
        rings: Vertices of each, shape (N, 2).
        warnings: A sentence for each kind that was taken away.
    """

    rings: list[Points]
    warnings: tuple[str, ...]


def without_frames(tree: Tree, texts: Points) -> Cleared:
    """Return the rings without sheet frames and title blocks.

    Args:
        tree: All rings and how they lie in each other.
        texts: Places of texts, shape (N, 2), in the coordinates of the rings.
    """
    rings = list(range(len(tree.rings)))
    frames: list[int] = []
    while found := _frame(tree, rings):
        frames += found
        rings = [index for index in rings if index not in found]
    if not frames:
        return Cleared(tree.rings, ())
    width, height = np.ptp(tree.rings[frames[0]], axis=0)
    warnings = [f"a sheet frame of {width:.5g} x {height:.5g} units was left out"]
    blocks = [index for index in rings if _is_title_block(tree, index, rings, texts)]
    if blocks:
        warnings.append(f"{len(blocks)} boxes with text were left out as title block")
    kept = [tree.rings[index] for index in rings if index not in blocks]
    return Cleared(kept, tuple(warnings))


def without_countersinks(tree: Tree) -> Cleared:
    """Return the rings without the outer circles of countersunk holes."""
    dropped = [index for index in range(len(tree.rings)) if _is_countersink(tree, index)]
    if not dropped:
        return Cleared(tree.rings, ())
    kept = [ring for index, ring in enumerate(tree.rings) if index not in set(dropped)]
    said = f"{len(dropped)} holes hold a circle: taken as countersinks, the inner circle is cut"
    return Cleared(kept, (said,))


def _children(tree: Tree, index: int) -> list[int]:
    """Return the rings directly inside one."""
    return [int(child) for child in np.flatnonzero(tree.parent == index)]


def _is_rectangle(ring: Points) -> bool:
    """Return whether a ring is an upright rectangle."""
    width, height = np.ptp(ring, axis=0)
    return bool(abs(signed_area(ring)) > RECTANGLE * width * height)


def _is_circle(ring: Points) -> bool:
    """Return whether a ring is a circle."""
    return 4 * np.pi * abs(signed_area(ring)) > ROUND * perimeter(ring) ** 2


def _frame(tree: Tree, rings: list[int]) -> list[int]:
    """Return the outermost ring if it is a frame, and its second line if there is one."""
    left = set(rings)
    outermost = [index for index in rings if int(tree.parent[index]) not in left]
    if len(outermost) != 1 or not _is_rectangle(tree.rings[outermost[0]]):
        return []
    frame = outermost[0]
    children = _children(tree, frame)
    with_holes = [c for c in children if _children(tree, c) and not _is_countersink(tree, c)]
    odd_shapes = [child for child in children if not _is_circle(tree.rings[child])]
    is_sheet = len(with_holes) >= 2 or (bool(with_holes) and len(odd_shapes) >= MANY)
    is_paper = _is_paper(tree.rings[frame]) and bool(with_holes)
    if len(children) == 1 and with_holes and _is_border(tree.rings[frame], tree.rings[children[0]]):
        return [frame, children[0]]
    return [frame] if is_sheet or is_paper else []


def _is_paper(ring: Points) -> bool:
    """Return whether a rectangle has the proportions of a sheet of the A series."""
    short, long = sorted(np.ptp(ring, axis=0))
    return bool(abs(long / short / PAPER - 1) < PAPER_TOLERANCE)


def _is_border(outer: Points, inner: Points) -> bool:
    """Return whether a rectangle is the second line of a frame."""
    if not _is_rectangle(inner):
        return False
    (low, high), (inner_low, inner_high) = box(outer), box(inner)
    margin = max(*(inner_low - low), *(high - inner_high))
    return bool(margin <= BORDER * (high - low).min())


def _is_title_block(tree: Tree, index: int, rings: list[int], texts: Points) -> bool:
    """Return whether an outermost rectangle without contours inside holds text."""
    parent = int(tree.parent[index])
    if parent in rings or _children(tree, index) or not _is_rectangle(tree.rings[index]):
        return False
    low, high = box(tree.rings[index])
    return bool(((texts >= low) & (texts <= high)).all(axis=1).any())


def _is_countersink(tree: Tree, index: int) -> bool:
    """Return whether a ring is a round hole that holds one concentric circle and nothing else."""
    children = _children(tree, index) if tree.depth[index] % 2 == 1 else []
    if len(children) != 1 or _children(tree, children[0]):
        return False
    ring, inner = tree.rings[index], tree.rings[children[0]]
    if not (_is_circle(ring) and _is_circle(inner)):
        return False
    (low, high), (inner_low, inner_high) = box(ring), box(inner)
    diameter = float((high - low).max())
    apart = float(np.hypot(*((low + high) - (inner_low + inner_high)))) / 2
    part_side = float(np.ptp(tree.rings[int(tree.parent[index])], axis=0).min())
    return apart < 0.02 * diameter and diameter < COUNTERSINK * part_side
