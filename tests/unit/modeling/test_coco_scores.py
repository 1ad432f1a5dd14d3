import numpy as np
import pytest

from components.domain import Rle
from components.geometry.masks import rle_from_mask
from components.modeling.coco_scores import (
    FoundObject,
    Measured,
    Precision,
    TrueObject,
    mean_precision,
    precision_by_label,
    precision_by_range,
    precision_without_labels,
)


def box(x0: int, x1: int) -> Rle:
    mask = np.zeros((20, 100), np.bool_)
    mask[5:15, x0:x1] = True
    return rle_from_mask(mask)


TRUTH = [TrueObject(0, "plate", box(0, 20)), TrueObject(1, "plate", box(40, 60))]


def test_perfect_answers_score_one() -> None:
    found = [FoundObject(t.picture, t.label, t.rle, 0.9) for t in TRUTH]
    assert precision_by_label(TRUTH, found, 2) == {"plate": Precision(1.0, 1.0)}


def test_no_answers_score_zero() -> None:
    assert precision_by_label(TRUTH, [], 2) == {"plate": Precision(0.0, 0.0)}


def test_half_of_the_objects_found_scores_half() -> None:
    found = [FoundObject(0, "plate", box(0, 20), 0.9)]
    # Precision is 1 up to recall .5: 51 of COCO's 101 recall points.
    assert precision_by_label(TRUTH, found, 2)["plate"].ap == pytest.approx(51 / 101)


def test_false_alarm_with_the_higher_score_halves_precision() -> None:
    found = [
        FoundObject(0, "plate", box(70, 90), 0.95),
        FoundObject(0, "plate", box(0, 20), 0.9),
    ]
    truth = TRUTH[:1]
    assert precision_by_label(truth, found, 2)["plate"].ap == pytest.approx(0.5)


def test_overlap_decides_at_which_thresholds_an_answer_counts() -> None:
    # 14 of 20 columns: IoU .70 passes .50, .55, .60, .65 and .70.
    found = [FoundObject(0, "plate", box(0, 14), 0.9)]
    assert precision_by_label(TRUTH[:1], found, 2)["plate"] == Precision(
        pytest.approx(0.5), pytest.approx(1.0)
    )


def test_wrong_label_counts_only_with_labels() -> None:
    truth = [*TRUTH, TrueObject(0, "ring", box(70, 90))]
    found = [FoundObject(t.picture, "plate", t.rle, 0.9) for t in truth]
    assert precision_by_label(truth, found, 2)["ring"].ap == 0.0
    assert precision_without_labels(truth, found, 2) == Precision(1.0, 1.0)


def test_mean_is_over_labels() -> None:
    assert mean_precision({"a": Precision(0.2, 0.4), "b": Precision(0.6, 0.8)}) == Precision(
        pytest.approx(0.4), pytest.approx(0.6)
    )
    assert mean_precision({}) == Precision(0.0, 0.0)


SMALL, LARGE = (0.0, 10.0), (10.0, 1e9)


def test_only_objects_in_the_range_count() -> None:
    truth = [TrueObject(0, "plate", box(0, 20)), TrueObject(0, "plate", box(40, 60))]
    found = [FoundObject(0, "plate", box(0, 20), 0.9)]
    measured = Measured(truth=[5.0, 50.0], found=[5.0])
    small, large = precision_by_range(truth, found, 1, measured, [SMALL, LARGE])
    assert small["plate"].ap == pytest.approx(1.0)
    assert large["plate"].ap == 0.0


def test_false_alarm_counts_in_its_own_range_and_without_a_number_in_each() -> None:
    truth = [TrueObject(0, "plate", box(0, 20)), TrueObject(0, "plate", box(40, 60))]
    found = [FoundObject(0, "plate", box(70, 90), 0.95)] + [
        FoundObject(t.picture, t.label, t.rle, 0.9) for t in truth
    ]

    def aps(number: float) -> list[float]:
        measured = Measured(truth=[5.0, 50.0], found=[number, 5.0, 50.0])
        tables = precision_by_range(truth, found, 1, measured, [SMALL, LARGE])
        return [table["plate"].ap for table in tables]

    assert aps(5.0) == pytest.approx([0.5, 1.0])
    assert aps(50.0) == pytest.approx([1.0, 0.5])
    assert aps(float("nan")) == pytest.approx([0.5, 0.5])


def test_range_without_an_object_has_no_figure() -> None:
    measured = Measured(truth=[5.0, 5.0], found=[])
    assert precision_by_range(TRUTH, [], 2, measured, [SMALL, LARGE])[1] == {}
