import numpy as np
import pytest

from components.domain import Contour, Part
from components.geometry.contours import part_from_rings
from components.geometry.resemblance import similarity_to_json
from components.geometry.similarity import similarity_report
from components.geometry.transforms import mirrored_part
from components.progress import SilentProgress
from tests.unit.strategies import part, plate_with_hole, rectangle, regular, square


def turned(one, name, angle_rad):
    c, s = np.cos(angle_rad), np.sin(angle_rad)
    rotation = np.array([[c, s], [-s, c]])
    rings = (one.outline, *one.holes)
    moved = [ring.xy_mm @ rotation + np.array([400.0, -70.0]) for ring in rings]
    return part_from_rings(name, moved[0], moved[1:])[0]


CHIRAL = np.array([(0, 0), (60, 0), (60, 15), (15, 15), (15, 40), (0, 40)], dtype=float) - (30, 20)


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


@pytest.mark.parametrize("angle", [0.0, 0.4, 2.9])
def test_same_part_turned_is_a_duplicate(angle):
    one = plate_with_hole("a")
    (pair,) = similarity_report([one, turned(one, "b", angle)]).pairs
    assert (pair.relation, pair.mirrored, pair.feature) == ("duplicate", False, None)
    assert pair.iou == pytest.approx(1.0, abs=1e-3)
    assert np.cos(np.radians(pair.angle_deg) + angle) == pytest.approx(1.0, abs=1e-4)


def test_back_of_a_part_is_its_mirror_pair():
    one = Part("a", Contour(CHIRAL))
    (pair,) = similarity_report([one, turned(mirrored_part(one, "b"), "b", 1.1)]).pairs
    assert (pair.relation, pair.mirrored) == ("mirror pair", True)


def test_hole_that_differs_is_found_with_its_size_and_resolution():
    one = plate_with_hole("a", -20.0, 5.0)
    other = Part("b", one.outline, (*one.holes, Contour(regular(96, 1.6, 30.0, -12.0))))
    (pair,) = [p for p in similarity_report([one, other]).pairs if not p.mirrored]
    assert pair.relation == "confusable"
    assert (pair.feature.x_mm, pair.feature.y_mm) == pytest.approx((30, -12), abs=0.3)
    assert pair.feature.width_mm == pytest.approx(3.2, abs=0.2)
    assert pair.feature.px_per_mm == pytest.approx(4 / 3.2, rel=0.1)
    area = 6000 - 78.5
    assert pair.iou == pytest.approx((area - 8.04) / area, abs=2e-3)


def test_different_parts_are_no_pair():
    report = similarity_report([part("a", square(50)), part("b", rectangle(80, 30))])
    assert report.pairs == ()
    assert similarity_to_json(report)["parts"][0] == {
        "name": "a", "rotation_order": 4, "mirror_symmetric": True,
    }  # fmt: skip


def test_no_parts_make_an_empty_report():
    assert similarity_to_json(similarity_report([])) == {"parts": [], "pairs": []}


def test_comparison_tells_its_progress():
    told = []

    class Listener(SilentProgress):
        def advance(self, count, note):
            told.append((count, note))

    similarity_report([part("a", square(50)), part("b", square(20))], progress=Listener())
    assert told == [(1, "a"), (1, "b")]
