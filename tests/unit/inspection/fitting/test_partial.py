import numpy as np
import pytest

from components.geometry.contours import hole_area, outline_area
from components.inspection.fitting.fields import FieldStack, field_of
from components.inspection.fitting.partial import PairTable, likely_lays
from components.inspection.fitting.views import view_of
from tests.unit.inspection.shapes import angle_apart_deg, bracket, mask_of, posed, triangle

PARTS = [bracket(), triangle()]
FIELDS = FieldStack([field_of(part, 192) for part in PARTS])
AREAS = np.array([outline_area(part) - hole_area(part) for part in PARTS])
TABLE = PairTable(PARTS, [False, False])


def likely(view, px_per_mm=None, least_visible=0.15, most=12):
    lays = TABLE.lays(view, 4000)
    return likely_lays(lays, FIELDS, view, AREAS, least_visible, px_per_mm, most)


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("x_px", [0.0, 470.0])
def test_lay_of_half_a_part_is_among_the_likely_ones(x_px, mirrored):
    pose = posed(x_px, 180.0, 34.0, 2.3, mirrored)
    lays = likely(view_of(mask_of(bracket(), pose)))
    scales = lays.px_per_mm()
    near = [
        k
        for k in range(len(scales))
        if lays.numbers[k] == 0
        and (lays.flips[k, 0] < 0) == mirrored
        and abs(scales[k] / 2.3 - 1) < 0.12
    ]
    turns = np.arctan2(lays.values[near, 1], lays.values[near, 0])
    assert min(angle_apart_deg(turn, pose.angle_rad) for turn in turns) < 6


def test_lays_have_the_scale_that_is_known():
    view = view_of(mask_of(bracket(), posed(240.0, 180.0, 34.0, 2.3)))
    assert np.ptp(likely(view).px_per_mm()) > 0
    scales = likely(view, px_per_mm=(2.2, 2.4)).px_per_mm()
    assert len(scales) > 0
    assert scales.min() >= 2.2
    assert scales.max() <= 2.4


def test_no_lay_makes_a_drawing_smaller_than_its_piece_or_hides_too_much():
    view = view_of(mask_of(bracket(), posed(240.0, 180.0, 34.0, 2.3)))
    lays = likely(view, least_visible=0.5, most=200)
    share = view.own_area_px / (AREAS[lays.numbers] * lays.px_per_mm() ** 2)
    assert share.min() > 0.5
    assert share.max() < 1.1


def test_backs_of_mirror_symmetric_parts_are_not_tried():
    view = view_of(mask_of(bracket(), posed(240.0, 180.0, 34.0, 2.3)))
    assert (PairTable(PARTS, [True, True]).lays(view, 2000).flips > 0).all()
    assert (TABLE.lays(view, 2000).flips < 0).any()
