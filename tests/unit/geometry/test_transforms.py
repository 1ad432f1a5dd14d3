import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.domain import Pose
from components.geometry.contours import signed_area
from components.geometry.transforms import (
    part_in_picture,
    pose_from_matrix,
    pose_matrix,
    similarity,
    transformed,
)
from tests.unit.strategies import plate_with_hole

ANGLES = st.floats(-3.1, 3.1)


@given(st.floats(-999, 999), st.floats(-999, 999), ANGLES, st.floats(0.05, 50), st.booleans())
def test_pose_comes_back_from_its_matrix(x, y, angle, scale, mirrored):
    pose = pose_from_matrix(pose_matrix(Pose(x, y, angle, scale, mirrored)))
    assert (pose.x_px, pose.y_px) == pytest.approx((x, y))
    assert math.remainder(pose.angle_rad - angle, 2 * math.pi) == pytest.approx(0, abs=1e-9)
    assert pose.px_per_mm == pytest.approx(scale)
    assert pose.mirrored == mirrored


@given(st.floats(-50, 50), st.floats(-50, 50), ANGLES, st.floats(0.1, 9), st.booleans())
def test_matrix_is_the_formula_of_the_pose(x, y, angle, scale, mirrored):
    along = -x if mirrored else x
    u = 7 + scale * (math.cos(angle) * along - math.sin(angle) * y)
    v = 5 - scale * (math.sin(angle) * along + math.cos(angle) * y)
    place = transformed(np.array([[x, y]]), similarity(7, 5, angle, scale, mirrored))
    assert place[0].tolist() == pytest.approx([u, v], abs=1e-9)


def test_y_of_the_drawing_runs_up_in_the_picture():
    place = transformed(np.array([[0.0, 10.0]]), similarity(50, 80, 0.0, 2.0))
    assert place.tolist() == [[50.0, 60.0]]


def test_perspective_divides_by_depth():
    matrix = np.array([[1.0, 0, 0], [0, 1, 0], [0.5, 0, 1]])
    assert transformed(np.array([[2.0, 4.0]]), matrix).tolist() == [[1.0, 2.0]]


def test_exact_map_of_a_pose_wins_over_its_numbers():
    exact = similarity(1, 2, 0.3, 4)
    assert pose_matrix(Pose(0, 0, 0, 1, False, exact)).tolist() == exact.tolist()


def test_flat_matrix_is_refused():
    with pytest.raises(ValueError, match="inverted"):
        pose_from_matrix(np.diag([1.0, 0.0, 1.0]))


def test_part_in_picture_has_its_area_in_pixels():
    outline, holes = part_in_picture(plate_with_hole(), Pose(100, 100, 0.7, 3.0, False))
    assert abs(signed_area(outline)) == pytest.approx(6000 * 9)
    assert len(holes) == 1
