import numpy as np
import pytest

from components.modeling.reliability import reliability_of


def test_scores_that_mean_what_they_say_have_no_error() -> None:
    found = reliability_of([0.75] * 8, [True] * 6 + [False] * 2)
    assert found.expected_error == 0.0
    assert found.bins[7].detections == 8
    assert found.bins[7].right == 0.75


def test_error_is_weighted_by_detections() -> None:
    # Three at .95 of which none is right, one at .15 that is right: (3 x .95 + 1 x .85) / 4.
    found = reliability_of([0.95, 0.95, 0.95, 0.15], [False, False, False, True])
    assert found.expected_error == pytest.approx((3 * 0.95 + 0.85) / 4)
    assert found.brier == pytest.approx((3 * 0.95**2 + 0.85**2) / 4)


def test_a_score_of_one_belongs_to_the_last_bin() -> None:
    found = reliability_of([1.0], [True])
    assert [each.detections for each in found.bins] == [0] * 9 + [1]
    assert found.bins[0].right is None


def test_nothing_has_no_error() -> None:
    assert reliability_of([], []).expected_error == 0.0


def test_drawn_lots_come_out_calibrated() -> None:
    rng = np.random.default_rng(0)
    scores = rng.random(20_000)
    found = reliability_of(scores.tolist(), (rng.random(20_000) < scores).tolist())
    assert found.expected_error < 0.02
