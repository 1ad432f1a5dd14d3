import numpy as np
import pytest

from components.domain import Detection
from components.serving.agreement import Tolerance, disagreements, mask_iou

TOLERANCE = Tolerance(min_iou=0.9, score=0.05)


def rectangle(x0: int, x1: int, label: str = "plate", score: float = 0.8) -> Detection:
    mask = np.zeros((10, 100), np.bool_)
    mask[:, x0:x1] = True
    return Detection(label, score, (x0, 0.0, x1, 10.0), mask)


def test_overlap_is_common_pixels_over_pixels_of_either():
    assert mask_iou(rectangle(0, 10), rectangle(5, 15)) == pytest.approx(50 / 150)


def test_same_answers_in_another_order_agree():
    answers = [rectangle(0, 10), rectangle(50, 60, "ring")]
    assert disagreements(answers, answers[::-1], TOLERANCE) == []


def test_two_empty_answers_agree():
    assert disagreements([], [], TOLERANCE) == []


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
    [found] = disagreements(wanted, got, TOLERANCE)
    assert fault in found


def test_masks_of_different_pictures_do_not_overlap():
    small = Detection("plate", 0.8, (0, 0, 1, 1), np.ones((2, 2), np.bool_))
    assert mask_iou(rectangle(0, 10), small) == 0.0
