import numpy as np
import pytest

from components.geometry.contours import signed_area
from components.geometry.doubles import without_doubles
from components.geometry.joining import joined
from tests.unit.geometry.test_joining import JOINS, sides
from tests.unit.strategies import rectangle, regular


def test_doubles_are_removed_in_any_direction_but_half_circles_are_not_doubles():
    lines = sides(rectangle(10, 10))
    assert len(without_doubles([*lines, *(line[::-1] for line in lines)], 1e-6, 0.01)) == 4
    half = regular(64, 5.0)[:33]
    other = half * (1, -1)
    assert len(without_doubles([half, other], 1e-6, 0.01)) == 2
    assert len(joined([half, other], JOINS).rings) == 1


@pytest.mark.parametrize("jitter", [0.0, 3e-6, 3e-5, 3e-4, 3e-3])
def test_sides_drawn_twice_with_jitter_make_one_ring(jitter):
    random = np.random.default_rng(3)
    ring = rectangle(100, 60)
    lines = [line + random.uniform(-jitter, jitter, (2, 2)) for line in sides(ring)]
    again = [line[::-1] + random.uniform(-jitter, jitter, (2, 2)) for line in sides(ring)]
    result = joined([*lines, *again], JOINS)
    assert (result.doubles, len(result.rings), result.loose) == (4, 1, [])
    assert abs(signed_area(result.rings[0])) == pytest.approx(6000, abs=160 * 2 * jitter + 1e-6)


def test_parallel_lines_farther_apart_than_the_tolerance_stay_two():
    line = np.array([(0.0, 0.0), (50.0, 0.0)])
    assert len(without_doubles([line, line + np.array([0, 0.012])], 1e-6, 0.01)) == 2
    assert len(without_doubles([line, line + np.array([0, 0.008])], 1e-6, 0.01)) == 1
