import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.domain import Detection
from components.inspection.disagreement import Disagreement, disagreement


def seen(label: str, x: int, width: int = 10, score: float = 0.9, columns: int = 60) -> Detection:
    mask = np.zeros((20, columns), np.bool_)
    mask[5:15, x : x + width] = True
    return Detection(label, score, (float(x), 5.0, float(x + width), 15.0), mask)


def test_same_answer_agrees_whatever_its_order_and_scores():
    one = [seen("arm", 0), seen("plate", 20)]
    other = [seen("plate", 20, score=0.5), seen("arm", 0, score=0.6)]
    assert disagreement(one, other) == Disagreement(objects=2, renamed=0, unshared=0)
    assert disagreement(one, other).share == 0.0


def test_other_name_for_one_object_counts_once():
    found = disagreement([seen("arm", 0), seen("arm", 20)], [seen("plate", 0), seen("arm", 20)])
    assert found == Disagreement(objects=2, renamed=1, unshared=0)
    assert found.share == 0.5


def test_objects_that_one_answer_has_alone_count_each():
    found = disagreement([seen("arm", 0), seen("arm", 40)], [seen("arm", 0), seen("arm", 20)])
    assert found == Disagreement(objects=3, renamed=0, unshared=2)


def test_masks_that_overlap_by_less_than_half_of_their_union_are_two_objects():
    # Ten columns each, five shared: 5 / 15.
    assert disagreement([seen("arm", 0)], [seen("arm", 5)]).unshared == 2
    # Seven shared: 7 / 13.
    assert disagreement([seen("arm", 0)], [seen("arm", 3)]).unshared == 0


def test_unknown_objects_are_no_opinion():
    assert disagreement([seen("unknown", 0)], []).share == 0.0
    assert disagreement([seen("unknown", 0)], [seen("arm", 0)]) == Disagreement(1, 0, 1)


@pytest.mark.parametrize(
    ("label", "renamed"), [("a", 0), ("b", 0), ("c", 1), ("ambiguous: b | c", 0)]
)
def test_ambiguous_answer_agrees_with_either_of_its_names(label, renamed):
    assert disagreement([seen("ambiguous: a | b", 0)], [seen(label, 0)]).renamed == renamed


def test_two_claims_on_one_object_pair_with_the_name_that_agrees():
    twice = [seen("plate", 0), seen("arm", 0)]
    assert disagreement(twice, [seen("arm", 0)]) == Disagreement(2, 0, 1)


def test_nobody_who_sees_anything_is_no_disagreement():
    assert disagreement([], []).share == 0.0


def test_answers_about_two_pictures_are_refused():
    with pytest.raises(ValueError, match="one picture"):
        disagreement([seen("arm", 0)], [seen("arm", 0, columns=70)])


answers = st.lists(
    st.builds(seen, st.sampled_from(["a", "b", "ambiguous: a | b", "unknown"]), st.integers(0, 40)),
    max_size=5,
)


@given(answers, answers)
def test_it_does_not_matter_whose_answer_comes_first(one, other):
    found = disagreement(one, other)
    assert found == disagreement(other, one)
    assert 0.0 <= found.share <= 1.0


@given(answers, st.randoms())
def test_an_answer_agrees_with_itself_in_any_order(answer, random):
    shuffled = list(answer)
    random.shuffle(shuffled)
    assert disagreement(answer, shuffled).share == 0.0
