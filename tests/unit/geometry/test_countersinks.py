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
        pytest.param([regular(64, 3, 20, 0), regular(64, 1, 20, 0)], id="deeper rings"),
    ],
)
def test_other_islands_stay(inner):
    rings = [rectangle(100, 60), regular(64, 6, 20, 0), *inner]
    assert len(without_countersinks(nested(rings)).rings) == len(rings)
