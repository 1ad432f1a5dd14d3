import numpy as np
import pytest

from components.geometry.similarity import similarity_report
from tests.unit.geometry.outlines import CHIRAL, gear
from tests.unit.strategies import part, plate_with_hole, rectangle, regular, square


def circle_of_holes(count, radius, skip=()):
    angles = 2 * np.pi * np.arange(count) / count
    return [
        regular(48, 1.5, radius * np.cos(angle), radius * np.sin(angle))
        for number, angle in enumerate(angles)
        if number not in skip
    ]


UPPER, LOWER = regular(360, 12.5)[:180], regular(360, 12.5)[180:]
SLOT = np.vstack([UPPER + np.array([0.0, 0.5]), LOWER - np.array([0.0, 0.5])])


@pytest.mark.parametrize(
    ("one", "order", "mirrored"),
    [
        pytest.param(part("p", square(50)), 4, True, id="square"),
        pytest.param(part("p", rectangle(50, 30)), 2, True, id="rectangle"),
        pytest.param(part("p", regular(6, 30)), 6, True, id="hexagon"),
        pytest.param(part("p", regular(360, 30)), 0, True, id="disc"),
        pytest.param(part("p", regular(360, 30), regular(64, 3, 15, 0)), 1, True, id="eccentric"),
        pytest.param(plate_with_hole(), 1, False, id="hole off both axes"),
        pytest.param(plate_with_hole(y=0.0), 1, True, id="hole on one axis"),
        pytest.param(part("p", CHIRAL), 1, False, id="unequal angle"),
        pytest.param(part("p", square(300), regular(64, 1.5, 100, 100)), 1, True, id="tiny hole"),
    ],
)
def test_symmetry_is_that_of_the_shape(one, order, mirrored):
    (symmetry,) = similarity_report([one]).symmetries
    assert (symmetry.order, symmetry.mirrored) == (order, mirrored)


@pytest.mark.parametrize(
    ("one", "order"),
    [
        pytest.param(gear("g", 60, 2.0), 60, id="gear of 60 teeth"),
        pytest.param(gear("g", 200, 1.0), 200, id="gear of 200 teeth"),
        pytest.param(gear("g", 60, 2.0, (7,)), 1, id="gear without one of its teeth"),
        pytest.param(gear("g", 60, 2.0, (), *circle_of_holes(45, 30)), 15, id="60 teeth, 45 holes"),
        pytest.param(part("d", regular(720, 60), *circle_of_holes(37, 50)), 37, id="37 holes"),
        pytest.param(part("r", regular(720, 60), regular(400, 30)), 0, id="ring"),
        pytest.param(part("s", SLOT), 2, id="disc 1 mm longer than wide"),
        pytest.param(part("t", square(1.0), regular(32, 0.1, 0.3, 0.0)), 1, id="tiny"),
        pytest.param(part("b", rectangle(2000, 4)), 2, id="bar"),
    ],
)
def test_order_of_a_turn_is_the_number_of_its_features(one, order):
    (symmetry,) = similarity_report([one]).symmetries
    assert symmetry.order == order


def test_mirror_symmetry_of_slender_and_of_chiral_parts():
    bar = part("bar", rectangle(2000, 4), regular(32, 0.8, 500, 0))
    chiral = part("chiral", rectangle(2000, 4), regular(32, 0.5, 500, 1))
    assert [s.mirrored for s in similarity_report([bar, chiral]).symmetries] == [True, False]
