import math
from dataclasses import fields, replace

import pytest

from components.inspection.fitting.rating import Evidence, limited_margin, logit, rating
from components.settings.inspection import InspectionSettings, RatingSettings

SETTINGS = InspectionSettings.load().rating
NOTHING = Evidence(**{field.name: 0.0 for field in fields(Evidence)})
GOOD = replace(
    NOTHING,
    overlap=0.9,
    belief=0.85,
    part=0.95,
    contrast=0.9,
    edged=0.95,
    offset=0.15,
    shown=1.0,
    visible=1.0,
    size=8.5,
    margin=1.0,
    rough=0.8,
)


def test_every_weight_belongs_to_the_evidence_of_its_name():
    names = [name for name in RatingSettings.model_fields if name != "bias"]
    assert names == [field.name for field in fields(Evidence)]


def test_score_is_the_logistic_function_of_bias_and_weights():
    plain = RatingSettings(**dict.fromkeys(RatingSettings.model_fields, 0.0))
    assert rating(GOOD, plain) == 0.5
    assert rating(GOOD, plain.model_copy(update={"bias": math.log(3.0)})) == pytest.approx(0.75)
    two = plain.model_copy(update={"bias": -1.0, "overlap": 2.0})
    assert rating(GOOD, two) == pytest.approx(1 / (1 + math.exp(-0.8)))


def test_good_fit_scores_high_and_an_empty_one_low():
    assert rating(GOOD, SETTINGS) > 0.6
    assert rating(NOTHING, SETTINGS) < 0.05


@pytest.mark.parametrize(
    "change",
    [
        {"absent": 0.6},
        {"offset": 0.8},
        {"part": 0.2},
        {"unseen": 0.5},
        {"margin": 0.0},
    ],
)
def test_whatever_speaks_against_a_drawing_lowers_its_score(change):
    assert rating(replace(GOOD, **change), SETTINGS) < rating(GOOD, SETTINGS)


def test_limits_keep_single_figures_from_deciding_all():
    assert logit(0.5) == 0.0
    assert logit(1.0) == logit(0.999) == pytest.approx(-logit(0.0))
    assert [limited_margin(margin) for margin in (-3.0, 0.0, 3.0, math.inf)] == [0, 0, 0.5, 1]
