import numpy as np
import pytest

from components.geometry.contours import hole_area, outline_area
from components.geometry.transforms import similarity
from components.inspection.fitting.fields import field_of
from components.inspection.fitting.material import material_of
from components.inspection.fitting.refinement import Fit
from components.inspection.fitting.verification import outline_error, verified
from components.inspection.fitting.views import view_of
from tests.unit.inspection.shapes import bracket, mask_of, posed

POSE = posed(240.0, 180.0, 30.0, 2.5)


def verdict_of(part, mask, pose=POSE, wall=(0.0, 0.0), others=None):
    to_px = similarity(pose.x_px, pose.y_px, pose.angle_rad, pose.px_per_mm, pose.mirrored)
    fit = Fit(0, pose.mirrored, np.linalg.inv(to_px), np.array(wall), pose.px_per_mm)
    material = material_of(field_of(part, 224), outline_area(part) - hole_area(part))
    view = view_of(mask, others)
    return verified(fit, material, view, 1.0, 3.0), view


def test_right_drawing_in_the_right_place_has_no_faults():
    found, view = verdict_of(bracket(), mask_of(bracket(), POSE))
    assert found.fit_iou > 0.98
    assert found.extra_px + found.missing_px < 1.0
    assert found.rms_px < 0.4
    assert found.outliers == 0.0
    assert found.visible_fraction == 1.0
    assert outline_error(found, view, 3.0)[0] < 0.6


def test_hole_that_the_drawing_lacks_is_missing_material():
    found, _ = verdict_of(bracket(holes=1), mask_of(bracket(holes=2), POSE))
    # A hole of radius 7.5 px in the middle of material: each pixel counts with the limit, 3 px.
    assert found.missing_px == pytest.approx(3 * np.pi * 7.5**2, rel=0.05)
    assert found.extra_px < 1.0
    assert found.outliers > 0.03


def test_hole_that_the_object_lacks_is_extra_and_unseen():
    found, view = verdict_of(bracket(holes=2), mask_of(bracket(holes=1), POSE))
    assert found.extra_px > 100
    assert found.missing_px < 1.0
    assert found.outliers == 0.0
    # Its circumference over that of all edges: 6 pi over 80 + 60 + 80 + 60 + 10 pi + 6 pi.
    share = 6 * np.pi / (280 + 16 * np.pi)
    assert outline_error(found, view, 3.0)[1] == pytest.approx(share, rel=0.35)


def test_overlap_is_that_of_two_masks():
    moved = posed(244.0, 180.0, 30.0, 2.5)
    one, other = mask_of(bracket(), POSE), mask_of(bracket(), moved)
    found, _ = verdict_of(bracket(), one, moved)
    assert found.fit_iou == pytest.approx((one & other).sum() / (one | other).sum(), abs=0.01)


def test_walls_belong_to_the_drawing():
    mask = mask_of(bracket(), POSE)
    for step in range(1, 5):
        mask = mask | mask_of(bracket(), posed(240.0 + step, 180.0, 30.0, 2.5))
    without, _ = verdict_of(bracket(), mask)
    found, _ = verdict_of(bracket(), mask, wall=(4.0, 0.0))
    assert without.extra_px > 200
    assert found.extra_px < 5
    assert found.fit_iou > 0.97 > without.fit_iou


def test_what_another_object_hides_is_not_judged():
    mask, others = mask_of(bracket(), POSE), np.zeros((360, 480), dtype=bool)
    others[:150] = True
    found, _ = verdict_of(bracket(), mask & ~others, others=others)
    assert found.missing_px < 1.0
    assert found.fit_iou > 0.98
    share = np.count_nonzero(mask & ~others) / np.count_nonzero(mask)
    assert found.visible_fraction == pytest.approx(share, abs=0.05)


def test_drawing_much_larger_than_a_piece_is_faulty_beyond_the_window():
    # A piece cut out of the middle by another object: most of the drawing should be seen.
    mask = mask_of(bracket(), POSE)
    piece, others = np.zeros_like(mask), np.zeros_like(mask)
    piece[206:236, 249:279] = mask[206:236, 249:279]
    others[196:206, 239:289] = True
    found, _ = verdict_of(bracket(), piece, others=others)
    share = np.count_nonzero(piece) / np.count_nonzero(mask & ~others)
    assert found.fit_iou == pytest.approx(share, rel=0.15)
    assert found.missing_px > np.count_nonzero(mask)
