import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.geometry.contours import signed_area
from components.geometry.flattening import arc_points, bulged_points, chord_count, curve_points


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


def circle_of(radius):
    """Return a circle by its angle, in space."""

    def at(angles):
        return np.column_stack(
            [radius * np.cos(angles), radius * np.sin(angles), np.zeros(len(angles))]
        )

    return at


@pytest.mark.parametrize("tolerance", [0.5, 0.005, 1e-4])
def test_chords_of_a_parametric_curve_keep_the_tolerance_and_waste_little(tolerance):
    points = curve_points(circle_of(50.0), np.array([0.0, np.pi, 2 * np.pi]), tolerance)
    middles = (points[1:] + points[:-1]) / 2
    sagitta = 50.0 - np.hypot(*middles[:, :2].T)
    assert sagitta.max() < tolerance
    # Halving a chord quarters its sagitta, so no chord is needed below a quarter of a chord's.
    assert sagitta.max() > tolerance / 5 or len(points) == 17
    assert np.hypot(*points[:, :2].T) == pytest.approx(50.0)


def test_points_of_a_parametric_curve_come_in_order_and_are_dense_only_where_it_bends():
    def bent(places):
        return np.column_stack([places, np.where(places < 1, 0.0, (places - 1) ** 2)])

    points = curve_points(bent, np.array([0.0, 1.0, 2.0]), 1e-4)
    assert (np.diff(points[:, 0]) > 0).all()
    assert np.count_nonzero(points[:, 0] < 1) == 8
    assert np.count_nonzero(points[:, 0] > 1) > 30


def test_spike_that_no_chord_can_follow_ends():
    def jump(places):
        return np.column_stack([places, np.where(places < 0.3, 0.0, 1.0)])

    assert len(curve_points(jump, np.array([0.0, 1.0]), 1e-12)) < 9 + 2**10


def test_closed_chord_is_measured_from_its_point():
    # Two turns: start, middle and end of every chord of a quarter of them fall on each other.
    points = curve_points(circle_of(10.0), np.array([0.0, 16 * np.pi]), 0.01)
    assert (10.0 - np.hypot(*((points[1:] + points[:-1]) / 2)[:, :2].T)).max() < 0.01
