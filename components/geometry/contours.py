"""Closed curves as arrays of vertices: area, orientation, length, sampling.

Every function takes vertices of shape (N, 2) whose last vertex joins the first; the first is not
repeated at the end. Counter-clockwise is seen with y up.
"""

import numpy as np
from numpy.typing import NDArray

from components.domain import Contour, Part

Points = NDArray[np.float64]


def checked_ring(xy: Points) -> Points:
    """Return `xy` as float64 after checking that it can be a closed curve.

    Raises:
        ValueError: If `xy` is not of shape (N, 2) with N >= 3.
    """
    ring = np.asarray(xy, dtype=np.float64)
    if ring.ndim != 2 or ring.shape[1] != 2 or len(ring) < 3:
        raise ValueError(f"expected vertices of shape (N, 2) with N >= 3, got {ring.shape}")
    return ring


def signed_area(xy: Points) -> float:
    """Return the signed area of a simple polygon, positive when counter-clockwise.

    The vertices are moved to the origin first: far away, the products of the surveyor's formula
    would lose the part in their last digits.

    Args:
        xy: Vertices, shape (N, 2), in mm, N >= 3; the last joins the first.

    Returns:
        Area in mm².

    Raises:
        ValueError: If `xy` is not of shape (N, 2) with N >= 3.

    Examples:
        >>> signed_area(np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 1.0], [0.0, 1.0]]))
        2.0

    References:
        Braden, "The Surveyor's Area Formula", College Math. J. 17 (1986).
    """
    ring = checked_ring(xy)
    # The edges to and from the first vertex, now the origin, enclose nothing.
    x, y = (ring[1:] - ring[0]).T
    return 0.5 * float(x[:-1] @ y[1:] - x[1:] @ y[:-1])


def counter_clockwise(xy: Points) -> Points:
    """Return the vertices in counter-clockwise order, beginning at the same vertex."""
    ring = checked_ring(xy)
    if signed_area(ring) >= 0:
        return ring
    return np.vstack([ring[:1], ring[:0:-1]])


def perimeter(xy: Points) -> float:
    """Return the length of the closed curve."""
    ring = checked_ring(xy)
    closing = ring[0] - ring[-1]
    return float(np.hypot(*np.diff(ring, axis=0).T).sum() + np.hypot(*closing))


def box(xy: Points) -> tuple[Points, Points]:
    """Return the lower left and the upper right corner of the bounding box, each of shape (2,)."""
    points = np.asarray(xy, dtype=np.float64)
    return points.min(axis=0), points.max(axis=0)


def without_repeats(xy: Points, tolerance: float = 0.0) -> Points:
    """Return the vertices without those that repeat the one before within `tolerance`."""
    ring = np.asarray(xy, dtype=np.float64)
    steps = np.diff(ring, axis=0, prepend=ring[-1:])
    keep = np.hypot(steps[:, 0], steps[:, 1]) > tolerance
    return ring[keep] if keep.any() else ring[:1]


def resampled(xy: Points, count: int) -> Points:
    """Return `count` points at equal distances along the closed curve, from its first vertex.

    Args:
        xy: Vertices, shape (N, 2), in mm.
        count: Number of points, 1 or more.

    Returns:
        Points, shape (count, 2); corners between two points are cut.

    Raises:
        ValueError: If the curve has no length or `count` is below 1.

    Examples:
        >>> square = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
        >>> resampled(square, 8)[:3].tolist()
        [[0.0, 0.0], [0.5, 0.0], [1.0, 0.0]]
    """
    if count < 1:
        raise ValueError(f"expected 1 point or more, got {count}")
    ring = checked_ring(xy)
    closed = np.vstack([ring, ring[:1]])
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(closed, axis=0), axis=1))])
    if along[-1] <= 0:
        raise ValueError("expected a curve of some length, all vertices are equal")
    places = np.linspace(0.0, along[-1], count, endpoint=False)
    return np.column_stack([np.interp(places, along, closed[:, axis]) for axis in (0, 1)])


def outline_area(part: Part) -> float:
    """Return the area inside the outline of a part in mm², holes included."""
    return signed_area(part.outline.xy_mm)


def hole_area(part: Part) -> float:
    """Return the area of all holes of a part in mm²."""
    return sum(signed_area(hole.xy_mm) for hole in part.holes)


def part_from_rings(name: str, outline: Points, holes: list[Points]) -> tuple[Part, Points]:
    """Make a part of vertices anywhere in the plane.

    Args:
        name: Name of the part.
        outline: Vertices in mm, shape (N, 2), in any direction.
        holes: Vertices of each hole.

    Returns:
        The part, its origin at the centre of the outline's bounding box, every contour
        counter-clockwise; and where that centre was, shape (2,).
    """
    low, high = box(outline)
    centre = (low + high) / 2
    part = Part(
        name=name,
        outline=Contour(counter_clockwise(outline - centre)),
        holes=tuple(Contour(counter_clockwise(hole - centre)) for hole in holes),
    )
    return part, centre
