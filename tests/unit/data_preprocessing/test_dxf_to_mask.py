"""A part's mask against areas known from formulas."""

import math

import numpy as np
import pytest

from components.data_preprocessing.dxf_to_mask import part_mask
from components.domain import Pose
from tests.unit.strategies import part, plate_with_hole, regular, square


def pose(scale: float, angle: float = 0.0, mirrored: bool = False) -> Pose:
    return Pose(199.5, 149.5, angle, scale, mirrored)


@pytest.mark.parametrize("radius_px", [9.3, 25.7, 80.2])
def test_area_of_disc_is_that_of_the_formula(radius_px: float) -> None:
    disc = part("disc", regular(256, 10.0))
    mask = part_mask(disc, pose(radius_px / 10.0), 300, 400)
    # A tenth of a pixel all round is what the fill may be off.
    assert np.count_nonzero(mask) == pytest.approx(
        math.pi * radius_px**2, abs=0.12 * 2 * math.pi * radius_px
    )


def test_hole_is_cut_out_of_mask() -> None:
    mask = part_mask(plate_with_hole(), pose(3.0), 300, 400)
    # The hole lies at (-20, 5) mm: 60 px to the left of the middle and 15 px above it.
    assert mask[round(149.5 - 15), round(199.5 - 60)] == 0
    assert mask[149, 199] == 255
    area = (100 * 60 - math.pi * 25) * 9
    assert np.count_nonzero(mask) == pytest.approx(area, rel=0.01)


def test_mirrored_part_has_its_hole_on_the_other_side() -> None:
    mask = part_mask(plate_with_hole(), pose(3.0, mirrored=True), 300, 400)
    assert mask[round(149.5 - 15), round(199.5 + 60)] == 0
    assert mask[round(149.5 - 15), round(199.5 - 60)] == 255


def test_quarter_turn_is_counter_clockwise_as_seen() -> None:
    mask = part_mask(plate_with_hole(), pose(3.0, math.pi / 2), 300, 400)
    # (-20, 5) turned by 90 degrees is (-5, -20): 15 px to the left, 60 px below.
    assert mask[round(149.5 + 60), round(199.5 - 15)] == 0


def test_area_is_unchanged_by_rotation() -> None:
    areas = [
        np.count_nonzero(part_mask(part("s", square(40.0)), pose(3.0, angle), 300, 400))
        for angle in np.linspace(0, math.pi, 7)
    ]
    assert max(areas) - min(areas) < 0.02 * 120**2
