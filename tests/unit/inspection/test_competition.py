import numpy as np

from components.domain import FitQuality
from components.inspection.competition import Claim, settled, shared_px, whole_mask
from components.inspection.fitting.material import Window
from components.inspection.fitting.rating import Evidence
from components.inspection.fitting.refinement import Fit
from tests.unit.inspection.shapes import posed

FIT = Fit(0, False, np.eye(3), np.zeros(2), 1.0)
EVIDENCE = Evidence(*[0.0] * 16)


def claim(score, left, top, width=10, height=10):
    """A claim of a whole window."""
    return Claim(
        label="part",
        score=score,
        fit=FIT,
        pixels=np.ones((height, width), dtype=np.bool_),
        window=Window(left, top, width, height),
        candidates=(("part", score),),
        pose=posed(0.0, 0.0, 0.0, 1.0),
        quality=FitQuality(1.0, 0.0, 1.0, None, None),
        evidence=EVIDENCE,
    )


def test_shared_pixels_are_counted_where_windows_overlap():
    assert shared_px(claim(1, 0, 0), claim(1, 6, 7)) == 4 * 3
    assert shared_px(claim(1, 0, 0), claim(1, 10, 0)) == 0
    assert shared_px(claim(1, 0, 0, 4, 4), claim(1, 0, 0, 20, 20)) == 16


def test_of_two_claims_on_the_same_pixels_the_better_one_stays():
    worse, better = claim(0.6, 0, 0), claim(0.9, 2, 0)
    assert settled([worse, better], 0.5) == [better]


def test_claims_that_share_little_both_stay_best_first():
    one, other = claim(0.6, 0, 0), claim(0.9, 6, 0)
    assert settled([one, other], 0.5) == [other, one]


def test_two_parts_beat_the_one_that_was_laid_on_both():
    merged = claim(0.5, 0, 0, 20, 10)
    left, right = claim(0.8, 0, 0), claim(0.7, 10, 0)
    assert settled([merged, left, right], 0.5) == [left, right]


def test_a_claim_without_pixels_goes():
    empty = claim(0.9, 0, 0)
    none = np.zeros((10, 10), dtype=np.bool_)
    assert (
        settled([Claim(**{n: getattr(empty, n) for n in Claim.__slots__} | {"pixels": none})], 0.5)
        == []
    )


def test_window_is_put_back_into_the_picture():
    mask = whole_mask(np.array([[True, False]]), Window(3, 2, 2, 1), (5, 6))
    assert np.argwhere(mask).tolist() == [[2, 3]]
