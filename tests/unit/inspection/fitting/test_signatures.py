import numpy as np
import pytest

from components.inspection.fitting.signatures import ANGLES, SignatureSet, part_shape
from components.inspection.fitting.views import view_of
from tests.unit.inspection.shapes import (
    angle_apart_deg,
    bracket,
    disc,
    mask_of,
    plate,
    posed,
    triangle,
)

PARTS = [bracket(), plate(), disc(), triangle()]
SHAPES = [part_shape(part) for part in PARTS]
FREE = SignatureSet(SHAPES, [(1, False)] * 4)


def test_size_and_centroid_are_those_of_the_filled_outline():
    # The L is 80 x 22 and 25 x 38.
    areas = np.array([80 * 22, 25 * 38])
    centroid = areas @ np.array([(0.0, -19.0), (-27.5, 11.0)]) / areas.sum()
    assert SHAPES[0].area_mm2 == pytest.approx(areas.sum(), rel=0.002)
    assert SHAPES[0].centroid_mm == pytest.approx(tuple(centroid), abs=0.1)
    assert SHAPES[2].area_mm2 == pytest.approx(np.pi * 900, rel=0.002)


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("angle_deg", [0.0, 51.0, 200.0])
@pytest.mark.parametrize("number", [0, 3], ids=["bracket", "triangle"])
def test_best_start_is_the_right_drawing_in_the_right_turn(number, angle_deg, mirrored):
    pose = posed(240, 180, angle_deg, 2.0, mirrored)
    best = FREE.starts(view_of(mask_of(PARTS[number], pose)), 5, 0.2)[0]
    assert (best.number, best.mirrored) == (number, mirrored)
    assert angle_apart_deg(best.angle_rad, pose.angle_rad) <= 360 / ANGLES
    assert best.likeness > 0.9


def test_likeness_does_not_depend_on_size():
    small, big = (
        FREE.starts(view_of(mask_of(bracket(), posed(240, 180, 30, scale))), 1, 0.1)[0].likeness
        for scale in (1.0, 3.5)
    )
    assert small == pytest.approx(big, abs=0.05)


def test_symmetric_parts_are_tried_in_one_turn_of_their_order_only():
    known = SignatureSet(SHAPES, [(1, False), (2, True), (0, True), (1, False)])
    starts = known.starts(view_of(mask_of(plate(), posed(240, 180, 250.0, 2.0))), 20, 0.3)
    plates = [start for start in starts if start.number == 1]
    assert len(plates) >= 1
    assert all(not s.mirrored and 0 <= s.angle_rad < np.pi for s in plates)
    discs = known.starts(view_of(mask_of(disc(), posed(240, 180, 9, 2))), 20, 0.3)
    assert sum(start.number == 2 for start in discs) == 1


def test_starts_are_the_best_ones_in_order():
    starts = FREE.starts(view_of(mask_of(bracket(), posed(240, 180, 30, 2))), 6, 0.9)
    likenesses = [start.likeness for start in starts]
    assert len(starts) == 6
    assert likenesses == sorted(likenesses, reverse=True)
