"""Arcs, bulges and parametric curves as chords: every vertex lies on the curve."""

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

MIN_CHORDS_PER_TURN = 96
"""At least this many chords a full turn: the area of a circle is then 0.07 % small at most."""

MAX_CHORDS_PER_TURN = 4096
"""Bounds the memory of one circle, however big it is."""

LEAST_CHORDS_PER_SPAN = 8
"""At least this many chords between two knots: a middle on the chord says little of an S."""

MOST_HALVINGS = 10
"""Bounds the memory of one curve, however big it is."""

STRAIGHT_BULGE = 1e-9
"""Smaller bulges are straight: the arc leaves its chord by half of this share of its length."""


def chord_count(radius: float, sweep_rad: float, tolerance: float) -> int:
    """Return how many chords stand for an arc.

    A chord over the angle t strays r (1 - cos(t / 2)) from its arc.

    Args:
        radius: Of the arc, above 0.
        sweep_rad: Angle of the arc, any sign.
        tolerance: Largest distance between chord and arc, in the unit of the radius.
    """
    reach = min(tolerance / radius, 1.0) if radius > 0 else 1.0
    angle = max(2.0 * math.acos(1.0 - reach), 2.0 * math.pi / MAX_CHORDS_PER_TURN)
    angle = min(angle, 2.0 * math.pi / MIN_CHORDS_PER_TURN)
    return max(1, math.ceil(abs(sweep_rad) / angle - 1e-9))


def arc_points(
    centre: tuple[float, float],
    radius: float,
    start_rad: float,
    sweep_rad: float,
    tolerance: float,
) -> Points:
    """Return points on an arc from its start to its end, shape (N, 2).

    A sweep of a whole turn ends exactly where it began.
    """
    count = chord_count(radius, sweep_rad, tolerance)
    angles = start_rad + sweep_rad * np.arange(count + 1) / count
    points = np.column_stack([np.cos(angles), np.sin(angles)]) * radius + centre
    if abs(abs(sweep_rad) - 2.0 * math.pi) < 1e-9:
        points[-1] = points[0]
    return points


def bulged_points(xyb: NDArray[np.float64], closed: bool, tolerance: float) -> Points:
    """Return points along a polyline whose segments may be arcs.

    A segment's bulge is the tangent of a quarter of the arc's angle, positive when the arc turns
    counter-clockwise from the segment's start to its end.

    Args:
        xyb: x, y and the bulge of the segment that begins there, shape (N, 3).
        closed: Whether a segment joins the last vertex to the first.
        tolerance: Largest distance between chord and arc.

    Returns:
        Points, shape (M, 2); for a closed polyline the first point is repeated at the end.
    """
    vertices = np.vstack([xyb, xyb[:1]]) if closed else xyb
    if not np.any(vertices[:-1, 2]):
        return np.array(vertices[:, :2])
    pieces = [vertices[:1, :2]]
    for start, end in pairwise(vertices):
        pieces.append(_segment(start, end, tolerance))
    return np.vstack(pieces)


def _segment(start: Points, end: Points, tolerance: float) -> Points:
    """Return the points after `start` of one segment, up to and with its end."""
    bulge = float(start[2])
    chord = end[:2] - start[:2]
    length = float(np.hypot(*chord))
    # The radius of a smaller bulge would be too big to find points by, or no number at all.
    if abs(bulge) < STRAIGHT_BULGE or length == 0.0:
        return end[None, :2]
    # The centre lies on the chord's bisector, (1 - b²) / (4 b) chord lengths to the left.
    offset = (1.0 - bulge * bulge) / (4.0 * bulge)
    centre = start[:2] + 0.5 * chord + offset * np.array([-chord[1], chord[0]])
    spoke = start[:2] - centre
    points = arc_points(
        (float(centre[0]), float(centre[1])),
        float(np.hypot(*spoke)),
        math.atan2(spoke[1], spoke[0]),
        4.0 * math.atan(bulge),
        tolerance,
    )[1:]
    points[-1] = end[:2]
    return points


def curve_points(
    at: Callable[[NDArray[np.float64]], Points], spans: NDArray[np.float64], tolerance: float
) -> Points:
    """Return points along a parametric curve; chords are halved until their middles are near.

    All chords of a round are looked at together.

    Args:
        at: Points, shape (N, D), at N parameters.
        spans: Rising parameters between which the curve is smooth, shape (K,).
        tolerance: Largest distance between a chord and the curve at the middle of its parameters.

    Returns:
        Points, shape (M, D), the first and the last at the ends of the spans.
    """
    steps = np.arange(LEAST_CHORDS_PER_SPAN) / LEAST_CHORDS_PER_SPAN
    places = np.append((spans[:-1, None] + np.diff(spans)[:, None] * steps).ravel(), spans[-1])
    points = at(places)
    to_halve = np.arange(len(places) - 1)
    for _ in range(MOST_HALVINGS):
        if not len(to_halve):
            break
        middles = (places[to_halve] + places[to_halve + 1]) / 2
        found = at(middles)
        far = _off_chord(points[to_halve], points[to_halve + 1], found) >= tolerance
        after = to_halve[far] + 1
        places = np.insert(places, after, middles[far])
        points = np.insert(points, after, found[far], axis=0)
        # Each new point moves those after it by one; it ends one chord and begins the next.
        new = after + np.arange(len(after))
        to_halve = np.sort(np.concatenate([new - 1, new]))
    return points


def _off_chord(starts: Points, ends: Points, points: Points) -> NDArray[np.float64]:
    """Return how far points are from the lines through starts and ends, shape (N,)."""
    along, out = ends - starts, points - starts
    squared = (along * along).sum(axis=1)
    share = (out * along).sum(axis=1) / np.where(squared > 0, squared, 1.0)
    return np.asarray(np.linalg.norm(out - share[:, None] * along, axis=1))
