import numpy as np
import pytest

from components.geometry.transforms import similarity
from components.inspection.fitting.edges import changes, edges_of, rim_of, smoothed
from components.inspection.fitting.refinement import Fit
from tests.unit.inspection.shapes import HEIGHT, WIDTH, bracket, picture_of, plate, posed

POSE = posed(240.0, 180.0, 30.0, 2.5)
RIM = rim_of(bracket())


def fit_at(pose):
    to_px = similarity(pose.x_px, pose.y_px, pose.angle_rad, pose.px_per_mm, pose.mirrored)
    return Fit(0, pose.mirrored, np.linalg.inv(to_px), np.zeros(2), pose.px_per_mm)


def test_normals_lead_away_from_the_material_outside_and_in_holes():
    rim = rim_of(bracket())
    outer = rim.points_mm[:, 0] > 39.9
    assert np.allclose(rim.normals_mm[outer & (np.abs(rim.points_mm[:, 1] + 19) < 8)], (1, 0))
    in_hole = np.hypot(*(rim.points_mm - (26.0, -19.0)).T) < 5.5
    towards = (26.0, -19.0) - rim.points_mm[in_hole]
    along = (rim.normals_mm[in_hole] * towards).sum(axis=1) / np.hypot(*towards.T)
    assert along.min() > 0.99


def test_edges_of_a_drawing_in_its_place_are_found_where_they_are():
    found = edges_of(fit_at(POSE), RIM, smoothed(picture_of(bracket(), POSE)), None, 5.0)
    assert len(found.offsets_px) > 0.9 * len(RIM.points_mm)
    assert np.median(np.abs(found.offsets_px)) < 0.1


def test_a_drawing_that_is_off_finds_its_edges_by_so_much():
    # Moved by 2 px to the right: edges that look right lie 2 px further in.
    moved = posed(POSE.x_px + 2.0, POSE.y_px, 0.0, 2.5)
    picture = smoothed(picture_of(plate(), posed(POSE.x_px, POSE.y_px, 0.0, 2.5)))
    rim = rim_of(plate())
    found = edges_of(fit_at(moved), rim, picture, None, 5.0)
    upright = np.abs(found.points_px[:, 1] - POSE.y_px) < 40
    right = upright & (found.points_px[:, 0] > POSE.x_px)
    assert found.offsets_px[right].mean() == pytest.approx(-2.0, abs=0.15)
    left = upright & (found.points_px[:, 0] < POSE.x_px)
    assert found.offsets_px[left].mean() == pytest.approx(2.0, abs=0.15)


def test_edges_beyond_the_frame_or_on_other_objects_are_not_looked_for():
    others = np.zeros((HEIGHT, WIDTH), dtype=np.bool_)
    others[:, 240:] = True
    picture = smoothed(picture_of(bracket(), POSE))
    found = edges_of(fit_at(POSE), RIM, picture, others, 5.0)
    assert found.points_px[:, 0].max() < 245
    outside = posed(-500.0, 180.0, 30.0, 2.5)
    assert len(edges_of(fit_at(outside), RIM, picture, None, 5.0).points_px) == 0


def test_change_across_a_contour_is_the_difference_of_the_two_colours():
    picture = picture_of(bracket(), POSE, (180, 170, 150), (60, 80, 70))
    change, seen = changes(fit_at(POSE), RIM, picture, None)
    assert seen.all()
    assert np.median(change, axis=0) == pytest.approx((120, 90, 80), abs=4)
    flat = np.full_like(picture, 90)
    assert np.abs(changes(fit_at(POSE), RIM, flat, None)[0]).max() == 0
