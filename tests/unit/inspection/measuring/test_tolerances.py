"""Verdicts by the rule of ISO 14253-1, worked out by hand."""

from dataclasses import replace

import pytest

from components.inspection.measuring.findings import Deviation, Fault, Hole, Measure, Segment
from components.inspection.measuring.tolerances import Allowed, compared, judged
from components.settings.measure import (
    HoleTolerances,
    LayerTolerances,
    MeasureSettings,
    PartTolerances,
)

TOLERANCES = MeasureSettings.load().tolerances.model_copy(
    update={
        "outline": 0.5, "burr": 0.5, "notch": 0.5, "hole_position": 0.5, "hole_diameter": 0.5,
        "size": None, "extra_holes": False, "parts": {},
    }
)  # fmt: skip

GOOD = Deviation(
    part="plate",
    unit="mm",
    contours=(),
    segments=(Segment(1, (0, 0), (9, 0), Measure(0.05, 0.1), 1.0),),
    holes=(Hole(1, (0, 0), 8.0, "present", Measure(0.02, 0.1), Measure(-0.1, 0.15), 1.0),),
    faults=(),
    scale=None,
    scatter_px=0.2,
    judged_share=1.0,
    doubt="",
    least=0.25,
)


@pytest.mark.parametrize(
    ("value", "uncertainty", "verdict"),
    [
        (0.0, 0.1, "ok"),
        (0.4, 0.1, "ok"),
        (0.41, 0.1, "cannot judge"),
        (0.6, 0.1, "cannot judge"),
        (-0.61, 0.1, "not ok"),
        (0.0, 0.51, "cannot judge"),
        (5.0, 0.51, "cannot judge"),
        (0.0, float("inf"), "cannot judge"),
    ],
)
def test_verdict_needs_the_uncertainty_within_the_tolerance(value, uncertainty, verdict):
    assert compared("width", Measure(value, uncertainty), 0.5).verdict == verdict


def test_tolerance_below_what_can_be_seen_is_refused():
    answer = compared("width", Measure(3.0, 0.1), 0.5, smallest=0.8)
    assert answer.verdict == "cannot judge"
    assert "0.8 mm" in answer.reason


def test_good_part_is_ok():
    assert judged(GOOD, TOLERANCES).verdict == "ok"


def test_one_bad_feature_makes_the_part_bad_even_if_another_is_open():
    hole = replace(GOOD.holes[0], state="missing", position=None, size=None)
    open_hole = replace(hole, number=2, state="unclear")
    answer = judged(replace(GOOD, holes=(open_hole, hole)), TOLERANCES)
    assert answer.verdict == "not ok"
    assert answer.reason == "hole 1: missing"


def test_unclear_hole_leaves_the_part_open():
    hole = replace(GOOD.holes[0], state="unclear", position=None, size=None)
    assert judged(replace(GOOD, holes=(hole,)), TOLERANCES).verdict == "cannot judge"


def test_what_may_be_a_shadow_leaves_the_part_open_if_it_would_be_too_much():
    much, little = (Fault("burr", 0, (1, 2), Measure(size, 0.1)) for size in (0.45, 0.35))
    answer = judged(replace(GOOD, unclear=(much,)), TOLERANCES)
    assert answer.verdict == "cannot judge"
    assert "may be a shadow" in answer.reason
    assert judged(replace(GOOD, unclear=(little,)), TOLERANCES).verdict == "ok"


def test_pixels_are_never_compared_with_millimetres():
    answer = judged(replace(GOOD, unit="px"), TOLERANCES)
    assert answer.verdict == "cannot judge"
    assert answer.features == ()


def test_doubt_leaves_the_part_open():
    assert judged(replace(GOOD, doubt="too dark"), TOLERANCES).reason == "too dark"


def test_extra_hole_is_bad_unless_allowed():
    fault = Fault("extra_hole", 0, (1.0, 2.0), Measure(2.0, 0.1))
    found = replace(GOOD, faults=(fault,))
    assert judged(found, TOLERANCES).verdict == "not ok"
    part = PartTolerances(extra_holes=True)
    own = TOLERANCES.model_copy(update={"parts": {"plate": part}})
    assert judged(found, own).verdict == "ok"


def test_tolerance_of_a_hole_wins_over_the_part_s_and_that_over_all():
    hole = replace(GOOD.holes[0], size=Measure(-0.4, 0.05))
    found = replace(GOOD, holes=(hole, replace(hole, number=2)))
    part = PartTolerances(hole_diameter=0.3, holes={2: HoleTolerances(hole_diameter=1.0)})
    own = TOLERANCES.model_copy(update={"parts": {"plate": part}})
    verdicts = {f.feature: f.verdict for f in judged(found, own).features}
    assert verdicts["hole 1 diameter"] == "not ok"
    assert verdicts["hole 2 diameter"] == "ok"
    assert judged(found, TOLERANCES).verdict == "ok"


def test_burr_within_its_tolerance_is_ok_and_beyond_it_not():
    small = Fault("burr", 0, (1.0, 2.0), Measure(0.3, 0.1))
    big = Fault("burr", 0, (1.0, 2.0), Measure(0.9, 0.1))
    assert judged(replace(GOOD, faults=(small,)), TOLERANCES).verdict == "ok"
    assert judged(replace(GOOD, faults=(big, small)), TOLERANCES).verdict == "not ok"


def test_edge_too_rough_to_show_a_burr_of_the_tolerance_cannot_be_judged():
    assert judged(replace(GOOD, least=0.6), TOLERANCES).verdict == "cannot judge"


def test_hole_smaller_than_what_can_be_seen_is_not_judged():
    answer = judged(GOOD, TOLERANCES, {"missing_hole": 9.0})
    assert answer.verdict == "cannot judge"


LAYERED = TOLERANCES.model_copy(
    update={
        "layers": {"FITS": LayerTolerances(hole_diameter=0.1), "CUT": LayerTolerances(burr=0.2)},
        "parts": {
            "plate": PartTolerances(
                hole_diameter=0.3,
                layers={"fits": LayerTolerances(hole_position=0.05)},
                holes={2: HoleTolerances(hole_diameter=0.02)},
            )
        },
    }
)


@pytest.mark.parametrize(
    ("part", "what", "contour", "tolerance"),
    [
        ("plate", "hole_diameter", 2, 0.02),
        ("plate", "hole_diameter", 1, 0.1),
        ("plate", "hole_position", 1, 0.05),
        ("plate", "hole_diameter", 3, 0.3),
        ("arm", "hole_diameter", 1, 0.1),
        ("arm", "hole_position", 1, 0.5),
        ("arm", "burr", 0, 0.2),
        ("arm", "outline", 0, 0.5),
    ],
)
def test_tolerance_nearest_to_the_feature_counts(part, what, contour, tolerance):
    # The outline on CUT, holes 1 and 2 on FITS, hole 3 on another layer.
    allowed = Allowed(LAYERED, part, ("Cut", "fits", "FITS", "0"))
    assert allowed.of(what, contour) == tolerance


def test_layers_count_for_nothing_where_none_is_known():
    assert Allowed(LAYERED, "arm").of("hole_diameter", 1) == 0.5


def test_hole_on_a_layer_with_a_narrow_tolerance_is_not_ok():
    hole = replace(GOOD.holes[0], size=Measure(0.3, 0.05))
    wide = replace(GOOD, part="arm", holes=(hole,))
    assert judged(wide, LAYERED, layers=("0", "0")).verdict == "ok"
    narrow = judged(wide, LAYERED, layers=("0", "FITS"))
    assert narrow.verdict == "not ok"
    assert narrow.reason.startswith("hole 1 diameter")


def test_of_burrs_on_several_contours_the_one_that_exceeds_its_own_tolerance_most_is_told():
    def burr(contour: int, size: float) -> Fault:
        return Fault("burr", contour, (float(contour), 0.0), Measure(size, 0.05))

    settings = TOLERANCES.model_copy(update={"layers": {"FITS": LayerTolerances(burr=0.1)}})
    found = replace(GOOD, faults=(burr(0, 0.4), burr(1, 0.3)))
    answer = judged(found, settings, layers=("0", "FITS"))
    assert answer.reason.startswith("burr at (1.0, 0.0) mm: off by +0.30 mm, 0.1 mm are allowed")
