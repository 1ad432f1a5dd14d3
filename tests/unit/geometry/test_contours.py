import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.geometry.contours import (
    counter_clockwise,
    part_from_rings,
    perimeter,
    resampled,
    signed_area,
    without_repeats,
)
from tests.unit.strategies import rectangle, regular, square


@pytest.mark.parametrize(
    ("xy", "area"),
    [
        pytest.param(rectangle(7.0, 3.0), 21.0, id="rectangle"),
        pytest.param(rectangle(7.0, 3.0)[::-1], -21.0, id="clockwise"),
        pytest.param(np.array([(0, 0), (4, 0), (0, 3)]), 6.0, id="triangle"),
        pytest.param(regular(6, 2.0), 6 * 4 * math.sin(math.pi / 3) / 2, id="hexagon"),
        pytest.param(square(2.0, 1e9, -1e9), 4.0, id="far from the origin"),
    ],
)
def test_signed_area_is_the_formula_of_the_shape(xy, area):
    assert signed_area(xy) == pytest.approx(area, rel=1e-9)


@given(st.floats(-10, 10), st.floats(0.1, 500), st.integers(3, 40))
def test_area_and_perimeter_do_not_change_when_turned(angle, radius, count):
    ring = regular(count, radius)
    c, s = math.cos(angle), math.sin(angle)
    turned = ring @ np.array([[c, s], [-s, c]])
    assert signed_area(turned) == pytest.approx(signed_area(ring), rel=1e-9)
    assert perimeter(turned) == pytest.approx(perimeter(ring), rel=1e-9)


@pytest.mark.parametrize("shape", [(2, 2), (5, 3), (5,)])
def test_area_of_what_is_no_ring_is_refused(shape):
    with pytest.raises(ValueError, match="N >= 3"):
        signed_area(np.zeros(shape))


def test_clockwise_ring_is_turned_and_keeps_its_first_vertex():
    ring = square(2.0)[::-1]
    turned = counter_clockwise(ring)
    assert signed_area(turned) == 4.0
    assert turned[0].tolist() == ring[0].tolist()


def test_resampled_points_lie_at_equal_distances():
    points = resampled(square(10.0), 40)
    steps = np.hypot(*(np.roll(points, -1, axis=0) - points).T)
    assert steps == pytest.approx(np.ones(40))


def test_resampling_nothing_is_refused():
    with pytest.raises(ValueError, match="some length"):
        resampled(np.zeros((4, 2)), 3)
    with pytest.raises(ValueError, match="1 point"):
        resampled(square(1.0), 0)


def test_repeated_vertices_are_dropped():
    ring = np.repeat(square(3.0), 3, axis=0)
    assert without_repeats(ring).tolist() == square(3.0).tolist()


def test_part_has_its_origin_in_the_middle_of_the_outline():
    part, centre = part_from_rings("p", rectangle(10, 4, 105, 52)[::-1], [square(1, 104, 52)])
    assert centre.tolist() == [105.0, 52.0]
    assert part.size_mm == (10.0, 4.0)
    assert signed_area(part.outline.xy_mm) == 40.0
    assert part.holes[0].xy_mm.mean(axis=0).tolist() == [-1.0, 0.0]
