import numpy as np
import pytest

from components.domain import Detection
from components.serving.agreement import Tolerance, disagreements

TOLERANCE = Tolerance(min_iou=0.9, score=0.05)
THRESHOLD = 0.3


def rectangle(x0: int, x1: int, label: str = "plate", score: float = 0.8) -> Detection:
    mask = np.zeros((10, 100), np.bool_)
    mask[:, x0:x1] = True
    return Detection(label, score, (x0, 0.0, x1, 10.0), mask)


def test_same_answers_in_another_order_agree():
    answers = [rectangle(0, 10), rectangle(50, 60, "ring")]
    assert disagreements(answers, answers[::-1], TOLERANCE, THRESHOLD) == []


def test_two_empty_answers_agree():
    assert disagreements([], [], TOLERANCE, THRESHOLD) == []


@pytest.mark.parametrize(
    ("wanted", "got", "fault"),
    [
        ([rectangle(0, 10)], [], "'plate' (score 0.800) at [0, 0, 10, 10] is missing"),
        ([], [rectangle(0, 10)], "was not expected"),
        ([rectangle(0, 10)], [rectangle(0, 12)], "masks overlap 0.833, wanted 0.9"),
        ([rectangle(0, 10)], [rectangle(0, 10, "ring")], "got the label 'ring'"),
        ([rectangle(0, 10)], [rectangle(0, 10, score=0.7)], "got the score 0.700"),
    ],
    ids=["missing", "extra", "mask", "label", "score"],
)
def test_each_difference_is_named(wanted, got, fault):
    [found] = disagreements(wanted, got, TOLERANCE, THRESHOLD)
    assert fault in found


@pytest.mark.parametrize("score", [THRESHOLD, 0.34])
def test_object_at_the_threshold_may_be_there_or_not(score):
    sure, unsure = rectangle(0, 10), rectangle(50, 60, "ring", score)
    assert disagreements([sure, unsure], [sure], TOLERANCE, THRESHOLD) == []
    assert disagreements([sure], [sure, unsure], TOLERANCE, THRESHOLD) == []
    elsewhere = rectangle(80, 90, "ring", score)
    assert disagreements([sure, unsure], [sure, elsewhere], TOLERANCE, THRESHOLD) == []


def test_object_well_above_the_threshold_must_be_there():
    sure, other = rectangle(0, 10), rectangle(50, 60, "ring", 0.36)
    [fault] = disagreements([sure, other], [sure], TOLERANCE, THRESHOLD)
    assert fault.startswith("'ring' (score 0.360)")
    assert fault.endswith("is missing")
