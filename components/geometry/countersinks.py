"""Rings that are drawn but are no edge of a part: the outer circles of countersunk holes.

A countersink is a circle inside a round hole: the camera sees light only through the inner one.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components.geometry.contours import box, perimeter, signed_area
from components.geometry.nesting import Tree

Points = NDArray[np.float64]

ROUND = 0.995
"""4 pi area / perimeter² of a ring that counts as a circle; 1 for a perfect one."""

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


def _is_circle(ring: Points) -> bool:
    """Return whether a ring is a circle."""
    return 4 * np.pi * abs(signed_area(ring)) > ROUND * perimeter(ring) ** 2


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
