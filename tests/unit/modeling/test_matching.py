from pathlib import Path

import numpy as np
import pytest

from components.domain import UNKNOWN_LABEL, Detection
from components.geometry.masks import rle_from_mask
from components.modeling.coco_truth import CocoObject, CocoPicture
from components.modeling.figures import PictureFigures
from components.modeling.matching import is_right, matched, picture_figures


def detection(label: str, x0: int, x1: int, score: float = 0.9) -> Detection:
    mask = np.zeros((20, 100), np.bool_)
    mask[5:15, x0:x1] = True
    return Detection(label, score, (x0, 5.0, x1, 15.0), mask)


def truth(label: str, x0: int, x1: int) -> CocoObject:
    return CocoObject(label, rle_from_mask(detection(label, x0, x1).mask))


OBJECTS = (truth("plate", 0, 20), truth("ring", 40, 60))


def figures(*detections: Detection) -> PictureFigures:
    masks = [rle_from_mask(each.mask) for each in detections]
    picture = CocoPicture(Path("a.png"), 100, 20, OBJECTS)
    return picture_figures(3, picture, matched(OBJECTS, detections, masks))


def test_each_object_is_found_once_by_the_best() -> None:
    found = [detection("plate", 0, 18), detection("plate", 0, 20), detection("plate", 70, 90)]
    matches = matched(OBJECTS, found, [rle_from_mask(each.mask) for each in found])
    assert [match.place for match in matches] == [0, None, None]
    assert matches[0].iou == pytest.approx(0.9)
    assert [is_right(match, OBJECTS) for match in matches] == [True, False, False]


def test_nothing_to_pair_is_no_fault() -> None:
    assert matched(OBJECTS, [], []) == []
    alone = detection("plate", 0, 20)
    assert matched([], [alone], [rle_from_mask(alone.mask)])[0].place is None


def test_quality_of_a_perfect_answer_is_one() -> None:
    found = figures(detection("plate", 0, 20), detection("ring", 40, 60))
    assert found == PictureFigures(3, "a.png", 1.0, 2, missed=0, misnamed=0, invented=0)


def test_quality_counts_missed_misnamed_and_invented() -> None:
    found = figures(
        detection("plate", 0, 16), detection("plate", 40, 60), detection("ring", 70, 90)
    )
    # One right with overlap .8, two objects and three claims: .8 / ((2 + 3) / 2).
    assert found == PictureFigures(3, "a.png", pytest.approx(0.32), 2, 0, misnamed=1, invented=1)


def test_unknown_is_no_claim_but_finds_no_object_either() -> None:
    found = figures(detection(UNKNOWN_LABEL, 0, 20), detection(UNKNOWN_LABEL, 70, 90))
    assert found == PictureFigures(3, "a.png", 0.0, 2, missed=1, misnamed=1, invented=0)
