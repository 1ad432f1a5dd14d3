import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.geometry.contours import signed_area
from components.geometry.flattening import arc_points, bulged_points, chord_count


@given(st.floats(0.01, 1e4), st.floats(1e-4, 1.0))
def test_chords_stay_within_the_tolerance(radius, tolerance):
    count = chord_count(radius, 2 * math.pi, tolerance)
    sagitta = radius * (1 - math.cos(math.pi / count))
    assert sagitta <= tolerance * 1.0001 or count == 4096


def test_circle_ends_exactly_where_it_began():
    points = arc_points((3.0, 4.0), 5.0, 0.3, 2 * math.pi, 0.01)
    assert points[0].tolist() == points[-1].tolist()
    assert np.hypot(*(points - (3, 4)).T) == pytest.approx(np.full(len(points), 5.0))
    assert signed_area(points[:-1]) == pytest.approx(25 * math.pi, rel=1e-3)


def test_semicircles_of_bulge_one_make_an_obround():
    obround = np.array([(0, 0, 0), (100, 0, 1), (100, 60, 0), (0, 60, 1)], dtype=float)
    points = bulged_points(obround, True, 0.001)
    assert signed_area(points[:-1]) == pytest.approx(100 * 60 + math.pi * 900, rel=1e-4)
    assert points[:, 0].max() == pytest.approx(130, abs=1e-3)


def test_negative_bulge_cuts_into_the_shape():
    bitten = np.array([(0, 0, 0), (100, 0, -1), (100, 60, 0), (0, 60, 0)], dtype=float)
    area = signed_area(bulged_points(bitten, True, 0.001)[:-1])
    assert area == pytest.approx(6000 - math.pi * 900 / 2, rel=1e-4)


def test_straight_polyline_stays_as_it_is():
    corners = np.array([(0, 0, 0), (4, 0, 0), (4, 3, 0)], dtype=float)
    assert bulged_points(corners, False, 0.1).tolist() == [[0, 0], [4, 0], [4, 3]]


@pytest.mark.parametrize("bulge", [5e-324, -1e-300, 1e-12])
def test_bulge_too_small_to_see_is_straight(bulge):
    corners = np.array([(0, 0, bulge), (100, 0, 0.0), (100, 50, bulge)])
    assert bulged_points(corners, closed=False, tolerance=0.005).tolist() == (
        [[0, 0], [100, 0], [100, 50]]
    )
