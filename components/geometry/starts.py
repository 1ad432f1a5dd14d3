"""From which angles two shapes are laid on each other.

Three kinds of angles, because each fails somewhere: where the signatures overlap most (fails for
strips, which fill few cells), where the long axes agree (fails for round shapes), and where most
holes come to lie on holes of the same size (fails without holes; sees the smallest).
"""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from components.geometry.contours import signed_area
from components.geometry.laying import Lay, Shape, iou, settled
from components.geometry.signature import Signature, likeness, peaks_of

NEAR_DEG = 1.0
"""Starts nearer to each other than this settle in the same place."""

ALIKE = 0.04
"""Two holes may be one if size and distance from the centre differ by less than this share."""

MOST_HOLES = 400
"""Of more holes, only the biggest vote."""

STARTS = 4
"""Angles of each kind that are tried."""

SETTLED = 4
"""The most promising of them are settled finely."""

CLOSE = 0.005
"""By how much settling finely may change an overlap; measured on 1056 real pairs: 0.0004 up."""

BINS = 720
"""Of half a degree, in which the votes of the holes are counted."""


def centres(one: Shape, other: Shape) -> list[tuple[Signature, Signature]]:
    """Return the signatures of two shapes around the same kinds of centre."""
    if len(one.signatures) == len(other.signatures) == 1:
        return [(one.signatures[0], other.signatures[0])]
    return [
        (one.signatures[0], other.signatures[0]),
        (one.signatures[-1], other.signatures[-1]),
    ]


def best_lays(
    one: Shape, other: Shape, scale: float, mirrored: bool, min_iou: float = 0.0
) -> Iterator[Lay]:
    """Yield the lays of the second shape at which its edges agree with those of the first.

    Args:
        one: Lies still.
        other: Is laid on it.
        scale: Its enlargement; 1 stays 1, others are refined.
        mirrored: Whether it shows its back.
        min_iou: Overlap below which a lay is of no use.

    Yields:
        The most promising lay first; none that is certain to end below `min_iou`.
    """
    free = scale != 1.0
    rough = settled(one, other, _starts(one, other, scale, mirrored), free, coarse=True)
    overlaps = np.array([iou(one.polygon, lay.applied(other.polygon)) for lay in rough])
    least = max(min_iou, overlaps.max(initial=0.0)) - CLOSE
    taken: list[Lay] = []
    for index in np.argsort(-overlaps, kind="stable"):
        if overlaps[index] < least or len(taken) == SETTLED:
            return
        if not any(_alike(rough[index], earlier, one) for earlier in taken):
            taken.append(rough[index])
            yield settled(one, other, [rough[index]], free)[0]


def _alike(one: Lay, other: Lay, shape: Shape) -> bool:
    """Return whether two lays will settle in the same place."""
    near = math.hypot(one.x_mm - other.x_mm, one.y_mm - other.y_mm) < 0.01 * shape.reach_mm
    return near and abs(math.remainder(one.angle_deg - other.angle_deg, 360.0)) < NEAR_DEG


def _starts(one: Shape, other: Shape, scale: float, mirrored: bool) -> list[Lay]:
    """Return the rough lays from which it is worth settling."""
    found: list[Lay] = []
    period = _period(one, other)
    for here, there in centres(one, other):
        angles = peaks_of(likeness(here, there, scale, mirrored), STARTS)
        angles += _axis_turns(one, other, mirrored)
        angles += _hole_turns(one, other, (here, there), scale, mirrored)
        kept: list[float] = []
        for angle in angles:
            if all(abs(math.remainder(angle - earlier, period)) > NEAR_DEG for earlier in kept):
                kept.append(angle)
                found.append(_centred(here, there, angle, scale, mirrored))
    return found


def _period(one: Shape, other: Shape) -> float:
    """Return the turn in degrees that changes nothing, as one of two shapes is symmetric."""
    orders = one.order, other.order
    # A disc may be turned as one likes: any two angles are then near each other.
    return NEAR_DEG if 0 in orders else 360.0 / max(orders)


def _centred(one: Signature, other: Signature, angle: float, scale: float, mirrored: bool) -> Lay:
    """Return the lay that puts the centre of one signature on that of another."""
    turned = Lay(angle, 0.0, 0.0, scale, mirrored)
    x, y = np.asarray(one.centre) - turned.matrix() @ np.asarray(other.centre)
    return Lay(angle, float(x), float(y), scale, mirrored)


def _axis_turns(one: Shape, other: Shape, mirrored: bool) -> list[float]:
    """Return the two turns in degrees that lay the long axis of a shape on that of another."""
    here, there = _axis(one), _axis(other)
    turn = here - ((180.0 - there) if mirrored else there)
    return [turn, turn + 180.0]


def _axis(shape: Shape) -> float:
    """Return the direction of the principal axis of the edges in degrees."""
    x, y = np.linalg.eigh(np.cov(shape.samples.T))[1][:, 1]
    return math.degrees(math.atan2(y, x))


def _hole_turns(
    one: Shape,
    other: Shape,
    around: tuple[Signature, Signature],
    scale: float,
    mirrored: bool,
) -> list[float]:
    """Return the turns in degrees that bring most holes to holes of their size."""
    here, there = _holes(one, around[0], 1.0), _holes(other, around[1], scale)
    if not len(here) or not len(there):
        return []
    near = ALIKE * one.reach_mm / 2
    alike = np.abs(here[:, None, 0] - there[None, :, 0]) < near
    alike &= np.abs(np.log(here[:, None, 2] / there[None, :, 2])) < 2 * ALIKE
    # A hole in the middle is at every angle.
    alike &= np.minimum(here[:, None, 0], there[None, :, 0]) > near
    angles = math.pi - there[:, 1] if mirrored else there[:, 1]
    turns = (here[:, None, 1] - angles[None, :])[alike]
    votes = np.bincount(np.floor(turns / (2 * math.pi) * BINS).astype(int) % BINS, minlength=BINS)
    wide = votes + np.roll(votes, 1) + np.roll(votes, -1)
    if not votes.any():
        return []
    return [angle + 180.0 / BINS for angle in peaks_of(wide.astype(np.float64), STARTS)]


def _holes(shape: Shape, around: Signature, scale: float) -> NDArray[np.float64]:
    """Return distance in mm, angle in radians and area of the holes, shape (N, 3)."""
    rows = [
        (*(hole.xy_mm.mean(axis=0) - around.centre), abs(signed_area(hole.xy_mm)))
        for hole in shape.part.holes
    ]
    x, y, area = np.array(sorted(rows, key=lambda row: -row[2])[:MOST_HOLES]).reshape(-1, 3).T
    return np.column_stack([np.hypot(x, y) * scale, np.arctan2(y, x), area * scale**2])
