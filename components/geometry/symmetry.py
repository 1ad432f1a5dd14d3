"""In which positions a part shows the same shape: turns about its centroid, and its back.

A turn shows the same shape if every edge comes to lie within twice the tolerance of an edge. The
turns that do are those of 360 / order degrees; of a disc, a ring or several rings in one another
all are, and its order is called 0.
"""

import math
from dataclasses import replace

import numpy as np
import shapely
from numpy.typing import NDArray

from components.geometry.laying import Shape
from components.geometry.resemblance import Symmetry
from components.geometry.starts import best_lays

Points = NDArray[np.float64]


def symmetry_of(shape: Shape) -> Symmetry:
    """Return the symmetry of one part."""
    order = rotation_order(shape)
    mirrored = order == 0 or _mirror_symmetric(replace(shape, order=order))
    return Symmetry(shape.part.name, order, mirrored, shape.tolerance_mm)


def rotation_order(shape: Shape) -> int:
    """Return in how many positions of a full turn the same shape is seen; 0 for all.

    Turns that show the same shape are the multiples of one, so it is enough to try the powers of
    primes; beyond the number of features that fit round the part there is nothing to find.
    """
    centre = np.array(shape.polygon.centroid.coords[0])
    points = np.vstack([shape.samples, shapely.get_coordinates(shape.polygon)]) - centre
    if _round(shape, centre):
        return 0
    # Widely different points first: what is no symmetry fails on one of the first hundred.
    points = np.random.default_rng(0).permutation(points)
    edges = shapely.boundary(shape.polygon)
    shapely.prepare(edges)
    radius = float(np.hypot(*points.T).max())
    limit = int(math.pi * radius / (2 * shape.tolerance_mm))
    order = 1
    for prime in _primes(limit):
        while order * prime <= limit and all(
            _same(shape, edges, centre, points, 2 * math.pi * turn)
            for turn in _decisive_turns(_power(order, prime))
        ):
            order *= prime
    return order


def _decisive_turns(count: int) -> list[float]:
    """Return parts of a turn that generate all multiples of 1 / count, a power of a prime.

    A small turn of any smooth shape leaves it where it was but for a little; wide ones do not.
    """
    wide = [max(1, round(share * count)) for share in (0.382, 0.25)]
    return [next(k for k in range(w, count + w) if math.gcd(k, count) == 1) / count for w in wide]


def _power(order: int, prime: int) -> int:
    """Return the power of a prime that comes next after the one in an order."""
    power = prime
    while order % power == 0:
        power *= prime
    return power


def _primes(limit: int) -> list[int]:
    """Return the primes up to a limit."""
    sieve = np.ones(max(limit + 1, 2), dtype=np.bool_)
    sieve[:2] = False
    for number in range(2, math.isqrt(limit) + 1):
        sieve[number * number :: number] &= not sieve[number]
    return [int(prime) for prime in np.flatnonzero(sieve)]


def _round(shape: Shape, centre: Points) -> bool:
    """Return whether all edges are circles about the centre."""
    for ring in (shape.polygon.exterior, *shape.polygon.interiors):
        # Chords lie inside their circle: their middles count as well as their ends.
        xy = np.asarray(ring.coords) - centre
        radii = np.hypot(*np.vstack([xy, (xy[1:] + xy[:-1]) / 2]).T)
        if np.ptp(radii) > 2 * shape.tolerance_mm:
            return False
    return True


def _same(
    shape: Shape, edges: shapely.Geometry, centre: Points, points: Points, angle_rad: float
) -> bool:
    """Return whether a turn about the centre brings all points back to an edge."""
    c, s = math.cos(angle_rad), math.sin(angle_rad)
    turned = points @ np.array([[c, s], [-s, c]]) + centre
    limit = 2 * shape.tolerance_mm
    first = shapely.dwithin(edges, shapely.points(turned[:50]), limit)
    return bool(first.all() and shapely.dwithin(edges, shapely.points(turned[50:]), limit).all())


def _mirror_symmetric(shape: Shape) -> bool:
    """Return whether the back shows the same shape."""
    edges = shapely.boundary(shape.polygon)
    shapely.prepare(edges)
    points = np.vstack([shape.samples, shapely.get_coordinates(shape.polygon)])
    for lay in best_lays(shape, shape, 1.0, True):
        laid = shapely.points(points @ lay.matrix().T + (lay.x_mm, lay.y_mm))
        if shapely.dwithin(edges, laid, 2 * shape.tolerance_mm).all():
            return True
    return False
