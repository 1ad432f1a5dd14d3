import pytest

from components.errors import DrawingError
from components.geometry.units import check_size, concluded_unit
from components.settings.drawings import DrawingSettings

SETTINGS = DrawingSettings.load()


@pytest.mark.parametrize(
    ("size", "insunits", "measurement", "name", "warned"),
    [
        pytest.param(100.0, 4, None, "mm", False, id="millimetres"),
        pytest.param(100.0, 4, 0, "mm", False, id="millimetres in an English template"),
        pytest.param(4.0, 1, 0, "inch", False, id="inches"),
        pytest.param(300.0, 1, 1, "mm", True, id="inch flag on millimetre numbers"),
        pytest.param(300.0, 1, 0, "mm", True, id="the same, nothing but size tells"),
        pytest.param(14.0, 1, 1, "inch", True, id="inch and metric at a possible size"),
        pytest.param(100.0, None, None, "mm", False, id="nothing said"),
        pytest.param(100.0, 0, 0, "mm", False, id="unitless in an English template"),
        pytest.param(0.1, 6, None, "m", False, id="metres"),
        pytest.param(1e5, 13, None, "um", False, id="micrometres"),
        pytest.param(2.5, None, None, "mm", True, id="nothing said and small"),
        pytest.param(2.5, 0, 0, "mm", True, id="the same in an English template"),
        pytest.param(2.5, 4, 0, "mm", True, id="small and declared millimetres"),
        pytest.param(50.0, 1, 0, "inch", True, id="possible both as inch and as mm"),
        pytest.param(100.0, 99, None, "mm", True, id="no such unit"),
    ],
)
def test_unit_is_weighed_from_header_and_size(size, insunits, measurement, name, warned):
    unit = concluded_unit(size, insunits, measurement, SETTINGS)
    assert unit.name == name
    assert bool(unit.warnings) == warned
    assert f"{size:g}" in unit.evidence


@pytest.mark.parametrize(
    ("code", "mm"),
    [
        # DXF reference, $INSUNITS; lengths by definition, not from the code.
        (1, 25.4),
        (2, 304.8),
        (3, 1609344.0),
        (4, 1.0),
        (5, 10.0),
        (6, 1000.0),
        (7, 1e6),
        (8, 2.54e-5),
        (9, 0.0254),
        (10, 914.4),
        (11, 1e-7),
        (12, 1e-6),
        (13, 1e-3),
        (14, 100.0),
        (15, 1e4),
        (16, 1e5),
        (17, 1e12),
        (18, 1.495978707e14),
        (19, 9.4607304725808e18),
        (20, 3.0856775814913673e19),
        (21, 304.8006096012192),
        (22, 25.4000508001016),
        (23, 914.4018288036576),
        (24, 1609347.2186944373),
    ],
)
def test_each_code_of_insunits_is_its_length(code, mm):
    # A part of 200 mm, drawn in that unit.
    unit = concluded_unit(200.0 / mm, code, None, SETTINGS)
    assert unit.mm_per_unit == pytest.approx(mm, rel=1e-12)
    assert not unit.repaired
    assert not any("unusable" in warning for warning in unit.warnings)


def test_rare_unit_is_told_when_millimetres_would_do_as_well():
    (warning,) = concluded_unit(2000.0, 9, 0, SETTINGS).warnings
    assert warning == "50.8 mm as mil, 2000 mm as mm; confirm one with --unit"
    assert concluded_unit(2.0, 14, 1, SETTINGS).warnings == ()


def test_unit_that_makes_the_part_impossible_gives_way_to_millimetres_with_a_warning():
    unit = concluded_unit(2000.0, 8, 0, SETTINGS)
    assert unit.name == "mm"
    assert unit.warnings[0].startswith("$INSUNITS says microinch, but 2000 microinch would be")


def test_survey_foot_and_metric_contradict_each_other():
    assert concluded_unit(2.0, 21, 1, SETTINGS).warnings == (
        "$INSUNITS says us-foot, $MEASUREMENT says metric",
    )


@pytest.mark.parametrize("code", [-1, 25, 99])
def test_code_that_means_nothing_is_taken_as_absent_and_told(code):
    unit = concluded_unit(100.0, code, None, SETTINGS)
    assert (unit.name, unit.repaired) == ("mm", True)
    assert f"unusable value {code}" in unit.warnings[-1]


def test_user_has_the_last_word_and_is_told_what_it_contradicts():
    chosen = SETTINGS.model_copy(update={"unit": "inch"})
    unit = concluded_unit(300.0, 4, 1, chosen)
    assert unit.mm_per_unit == 25.4
    assert unit.evidence.startswith("taken as inch, chosen by the user; $INSUNITS 4 (mm)")
    contradiction, size = unit.warnings
    assert "$INSUNITS says mm, the unit chosen is inch" in contradiction
    assert "7.62 m is an unusual size" in size
    assert concluded_unit(10.0, 1, 1, chosen).warnings == ()


def test_undeclared_small_drawing_is_told_that_it_would_fit_as_inch():
    (warning,) = concluded_unit(2.5, None, None, SETTINGS).warnings
    assert "it would fit as inch: 63.5 mm" in warning


def test_inches_that_may_be_millimetres_are_told_both_ways():
    (warning,) = concluded_unit(50.0, 1, 0, SETTINGS).warnings
    assert warning == "1270 mm as inch, 50 mm as mm; confirm one with --unit"
    assert concluded_unit(12.0, 1, 0, SETTINGS).warnings == ()


@pytest.mark.parametrize("measurement", [None, 0, 1])
@pytest.mark.parametrize("size", [1e-3, 0.2, 2.5, 60.0, 5000.0])
@pytest.mark.parametrize("insunits", [None, 0, 4])
def test_no_drawing_becomes_inch_that_does_not_say_so(insunits, size, measurement):
    assert concluded_unit(size, insunits, measurement, SETTINGS).name == "mm"


def test_evidence_does_not_call_an_absent_measurement_english():
    assert "$MEASUREMENT absent" in concluded_unit(10.0, 4, None, SETTINGS).evidence
    assert "0 (English)" in concluded_unit(10.0, 4, 0, SETTINGS).evidence


@pytest.mark.parametrize("size_mm", [0.1, 1e6])
def test_impossible_size_is_refused(size_mm):
    with pytest.raises(DrawingError, match=r"unit .* must be wrong"):
        check_size(size_mm, 0.1, concluded_unit(size_mm, 4, 1, SETTINGS), SETTINGS)
