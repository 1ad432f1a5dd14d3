"""The camera over the table."""

import numpy as np
import pytest

from components.data_preprocessing.view import View, view_from


def seen(view: View, x: float, y: float, z: float = 0.0) -> tuple[float, float]:
    u, v = view.pixels(np.array([[x, y]]), view.plane(z))[0]
    return float(u), float(v)


def test_straight_camera_keeps_its_scale_and_turns_y_down() -> None:
    view = view_from(320, 240, px_per_mm=2.0)
    assert seen(view, 0, 0) == pytest.approx((159.5, 119.5))
    assert seen(view, 10, 5) == pytest.approx((179.5, 109.5))


def test_higher_points_lean_away_from_the_middle() -> None:
    view = view_from(320, 240, px_per_mm=2.0, distance=2.0)
    # The camera is 2 * 320 / 2 = 320 mm away; 32 mm higher is a tenth nearer: 1 / 0.9 as large.
    assert seen(view, 45, 0, 32.0)[0] == pytest.approx(159.5 + 90 / 0.9)


def test_tilt_keeps_the_scale_at_the_middle_and_changes_it_at_the_sides() -> None:
    view = view_from(320, 240, px_per_mm=2.0, tilt_rad=(np.deg2rad(10), 0.0))
    assert seen(view, 0, 0) == pytest.approx((159.5, 119.5))
    near, far = (seen(view, 10, y)[0] - 159.5 for y in (-50, 50))
    assert {near < 20, far < 20} == {True, False}


def test_distortion_moves_the_corner_by_its_share() -> None:
    view = view_from(320, 240, px_per_mm=1.0, distortion=-0.05)
    corner = view.bent(np.array([[0.0, 0.0]]))[0]
    assert corner == pytest.approx([159.5 * 0.05, 119.5 * 0.05])
