import numpy as np
import pytest

from components.geometry.transforms import similarity, transformed
from components.inspection.fitting.edges import smoothed
from components.inspection.fitting.refinement import Fit
from components.inspection.fitting.sharpening import Sharpener
from components.inspection.fitting.views import view_of
from components.inspection.registration import Registrar
from tests.unit.inspection.shapes import SETTINGS, bracket, mask_of, picture_of, posed

POSE = posed(240.0, 180.0, 30.0, 2.5)
PARTS = [bracket("two_holes", 2), bracket("one_hole", 1)]
REGISTRAR = Registrar(PARTS, SETTINGS)
SHARPENER = Sharpener(PARTS, REGISTRAR.twins, REGISTRAR.fields)


def fit_at(number, pose):
    to_px = similarity(pose.x_px, pose.y_px, pose.angle_rad, pose.px_per_mm, pose.mirrored)
    return Fit(number, pose.mirrored, np.linalg.inv(to_px), np.zeros(2), pose.px_per_mm)


def error_px(fit, pose, part):
    true = similarity(pose.x_px, pose.y_px, pose.angle_rad, pose.px_per_mm, pose.mirrored)
    off = transformed(part.outline.xy_mm, np.linalg.inv(fit.to_mm))
    return np.hypot(*(off - transformed(part.outline.xy_mm, true)).T).max()


@pytest.mark.parametrize("mirrored", [False, True], ids=["front", "back"])
def test_rough_place_becomes_exact_to_a_fraction_of_a_pixel(mirrored):
    true = posed(240.0, 180.0, 30.0, 2.5, mirrored)
    rough = posed(242.0, 178.5, 31.0, 2.53, mirrored)
    picture = smoothed(picture_of(PARTS[0], true))
    view = view_of(mask_of(PARTS[0], rough), None)
    start = fit_at(0, rough)
    assert error_px(start, true, PARTS[0]) > 2.5
    found = SHARPENER.sharpened(start, view, picture, (6.0, 3.0))
    assert error_px(found, true, PARTS[0]) < 0.5


def test_a_picture_without_edges_leaves_the_place_as_it_was():
    flat = np.full_like(picture_of(PARTS[0], POSE), 90)
    start = fit_at(0, POSE)
    view = view_of(mask_of(PARTS[0], POSE), None)
    assert SHARPENER.sharpened(start, view, flat, (6.0, 3.0)) is start


@pytest.mark.parametrize(("shown", "laid"), [(0, 1), (1, 0), (0, 0), (1, 1)])
def test_the_feature_that_differs_tells_near_identical_drawings_apart(shown, laid):
    picture = smoothed(picture_of(PARTS[shown], POSE))
    odds = [
        odds
        for fit, odds in SHARPENER.alternatives(fit_at(laid, POSE), picture, None)
        if fit.number != laid
    ]
    assert len(odds) == 1
    assert (odds[0] > 2.0) if shown != laid else (odds[0] < -2.0)


def test_a_hidden_feature_tells_nothing():
    picture = smoothed(picture_of(PARTS[0], POSE))
    others = mask_of(PARTS[1], POSE) & ~mask_of(PARTS[0], POSE)
    assert [odds for _, odds in SHARPENER.alternatives(fit_at(1, POSE), picture, others)] == [0.0]


def test_contours_without_an_edge_in_the_picture_are_counted():
    # Outline and one hole of three contours are there.
    picture = smoothed(picture_of(PARTS[1], POSE))
    assert SHARPENER.absent(fit_at(0, POSE), picture, None) == pytest.approx(1 / 3)
    assert SHARPENER.absent(fit_at(1, POSE), picture, None) == 0.0
    flat = np.full_like(picture, 90)
    assert SHARPENER.absent(fit_at(0, POSE), flat, None) == 1.0


def test_holes_too_small_to_be_seen_do_not_count_as_absent():
    # At a fifth of a pixel per mm the holes of 10 and 6 mm are two pixels wide and less.
    small = posed(240.0, 180.0, 30.0, 0.2)
    picture = smoothed(picture_of(PARTS[1], small))
    assert SHARPENER.absent(fit_at(0, small), picture, None) == 0.0
