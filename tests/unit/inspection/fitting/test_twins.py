import numpy as np
import pytest

from components.geometry.transforms import transformed
from components.inspection.fitting.fields import FieldStack, field_of
from components.inspection.fitting.signatures import SignatureSet, part_shape
from components.inspection.fitting.twins import twins_of
from tests.unit.inspection.shapes import bracket, disc, plate, triangle
from tests.unit.strategies import mirrored_part, part, regular


def twins(*parts):
    shapes = [part_shape(one) for one in parts]
    signatures = SignatureSet(shapes, [(1, False)] * len(parts))
    fields = FieldStack([field_of(one, 192) for one in parts])
    return twins_of(parts, shapes, signatures, fields)


def test_drawings_that_differ_by_a_hole_are_twins_of_each_other():
    here, there = twins(bracket("two", 2), bracket("one", 1))
    assert [twin.number for twin in here] == [1]
    assert [twin.number for twin in there] == [0]
    np.testing.assert_allclose(here[0].to_mm, np.eye(3), atol=0.02)


def test_different_drawings_are_no_twins():
    assert twins(bracket(), triangle(), part("hexagon", regular(6, 30.0)))[:2] == [[], []]


def test_drawing_is_a_twin_of_itself_in_its_other_positions():
    # A rectangle: half a turn and the back in two positions.
    (found,) = twins(plate())
    assert sorted((t.placing.mirrored, round(t.to_mm[0, 0])) for t in found) == [
        (False, -1),
        (True, -1),
        (True, 1),
    ]


def test_mirrored_and_scaled_drawings_are_twins():
    back = mirrored_part(bracket(), "back")
    bigger = part("bigger", *(ring.xy_mm * 2 for ring in (back.outline, *back.holes)))
    here, _ = twins(bracket(), bigger)
    assert len(here) == 1
    assert here[0].placing.mirrored
    assert here[0].scale == pytest.approx(2.0, rel=0.003)
    corners = transformed(bracket().outline.xy_mm, here[0].to_mm)
    np.testing.assert_allclose(corners, bracket().outline.xy_mm * (-2.0, 2.0), atol=0.4)


def test_disc_with_one_feature_is_a_twin_of_the_plain_disc():
    marked = part("marked", disc().outline.xy_mm, disc().holes[0].xy_mm, regular(24, 2.0, 20, 0))
    _, found = twins(disc(), marked)
    assert 0 in {twin.number for twin in found}
