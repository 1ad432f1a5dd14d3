"""Rings that are drawn but are no edge of a part: the outer circles of countersunk holes.

A countersink or counterbore is one circle or more round a hole: the camera sees light only through
the innermost one.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components.geometry.contours import box, perimeter, signed_area
from components.geometry.drawing import counted
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
    inside: dict[int, list[int]] = {}
    for ring, parent in enumerate(tree.parent.tolist()):
        inside.setdefault(parent, []).append(ring)
    chains: list[list[int]] = []
    known: set[int] = set()
    holes = np.flatnonzero(tree.depth % 2 == 1)
    for hole in holes[np.argsort(tree.depth[holes], kind="stable")].tolist():
        if hole in inside and hole not in known:
            chains.append(_chain(tree, inside, hole))
            known.update(chains[-1])
    small = [chain for chain in chains if len(chain) > 1 and _is_small(tree, chain[0])]
    wide = [chain for chain in chains if len(chain) == 2 and not _is_small(tree, chain[0])]
    warnings = []
    if small:
        said = counted(len(small), "hole holds", "holes hold")
        warnings.append(
            f"{said} concentric circles: taken as countersunk, only the innermost one is cut"
        )
    if wide:
        said = counted(len(wide), "disc lies", "discs lie")
        warnings.append(
            f"{said} concentric in a hole: taken as cut out of it; put the outer circle of a "
            "countersunk hole on its own layer"
        )
    dropped = {ring for chain in small for ring in chain[:-1]}
    kept = [ring for index, ring in enumerate(tree.rings) if index not in dropped]
    return Cleared(kept, tuple(warnings))


def _chain(tree: Tree, inside: dict[int, list[int]], hole: int) -> list[int]:
    """Return a hole and the circles in it, each round the next; empty if anything else is in it."""
    chain = [hole]
    while inner := inside.get(chain[-1]):
        if len(inner) > 1 or not _are_concentric(tree.rings[chain[-1]], tree.rings[inner[0]]):
            return []
        chain += inner
    return chain


def _are_concentric(outer: Points, inner: Points) -> bool:
    """Return whether two rings are circles round one centre."""
    if not (_is_circle(outer) and _is_circle(inner)):
        return False
    (low, high), (inner_low, inner_high) = box(outer), box(inner)
    apart = float(np.hypot(*((low + high) - (inner_low + inner_high)))) / 2
    return apart < 0.02 * float((high - low).max())


def _is_circle(ring: Points) -> bool:
    """Return whether a ring is a circle."""
    return 4 * np.pi * abs(signed_area(ring)) > ROUND * perimeter(ring) ** 2


def _is_small(tree: Tree, hole: int) -> bool:
    """Return whether a hole is small enough beside its part to be a countersink."""
    part_side = float(np.ptp(tree.rings[int(tree.parent[hole])], axis=0).min())
    return float(np.ptp(tree.rings[hole], axis=0).max()) < COUNTERSINK * part_side
