import numpy as np
import pytest

from components.geometry.countersinks import without_countersinks
from components.geometry.nesting import nested
from tests.unit.strategies import rectangle, regular, square


def sizes(cleared):
    return sorted(round(float(np.ptp(ring[:, 0])), 3) for ring in cleared.rings)


def test_countersink_keeps_its_inner_circle():
    rings = [rectangle(100, 60), regular(64, 6, 20, 0), regular(64, 3, 20, 0)]
    cleared = without_countersinks(nested(rings))
    assert sizes(cleared) == [6, 100]


@pytest.mark.parametrize(
    "inner",
    [
        pytest.param([regular(64, 3, 21, 0)], id="not concentric"),
        pytest.param([square(3, 20, 0)], id="not round"),
        pytest.param([regular(64, 4, 20, 0), square(1, 20, 0)], id="a shaped hole in it"),
    ],
)
def test_other_islands_stay(inner):
    rings = [rectangle(100, 60), regular(64, 6, 20, 0), *inner]
    assert len(without_countersinks(nested(rings)).rings) == len(rings)


def test_counterbore_with_a_countersink_keeps_its_innermost_circle():
    rings = [rectangle(100, 60), *(regular(64, radius, 20, 0) for radius in (9, 7, 5))]
    cleared = without_countersinks(nested(rings))
    assert sizes(cleared) == [10, 100]
    (warning,) = cleared.warnings
    assert warning.startswith("1 hole holds concentric circles")


def test_countersink_in_a_part_that_lies_in_a_window_keeps_its_inner_circle():
    window = [rectangle(300, 200), rectangle(280, 180)]
    rings = [*window, rectangle(100, 60), regular(64, 6, 20, 0), regular(64, 3, 20, 0)]
    assert sizes(without_countersinks(nested(rings))) == [6, 100, 280, 300]


def test_disc_as_big_as_a_part_stays_and_is_told():
    rings = [rectangle(100, 60), regular(64, 16, 0, 0), regular(64, 8, 0, 0)]
    cleared = without_countersinks(nested(rings))
    assert len(cleared.rings) == 3
    (warning,) = cleared.warnings
    assert warning.startswith("1 disc lies concentric in a hole: taken as cut out of it")
