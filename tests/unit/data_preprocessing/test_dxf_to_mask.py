"""A part's mask against areas known from formulas."""

import math

import numpy as np
import pytest

from components.data_preprocessing.dxf_to_mask import (
    FINE,
    averaged,
    fill,
    part_mask,
    rings_of,
    ungrown,
)
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


@pytest.mark.parametrize("angle", [0.0, 0.3, 0.6])
@pytest.mark.parametrize("sides", [4, 5, 128])
def test_paint_of_a_region_adds_up_to_its_area(sides: int, angle: float) -> None:
    errors = []
    for step in range(8):
        # At eight places between two pixels and eight sizes.
        turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
        ring = regular(sides, 20.0 + step * 1.13) @ turn + 40.0 + step / 8
        fine = np.zeros((80 * FINE, 80 * FINE), np.uint8)
        fill(fine, rings_of([ring]))
        area = sides * (20.0 + step * 1.13) ** 2 * math.sin(2 * math.pi / sides) / 2
        length = 2 * sides * (20.0 + step * 1.13) * math.sin(math.pi / sides)
        errors.append((ungrown(averaged(fine)).sum() / 255 - area) / length)
    # In pixels of the edge.
    assert abs(np.mean(errors)) < 0.1
