from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from components.errors import DatasetError
from components.geometry.masks import mask_from_rle, rle_from_mask
from components.modeling.coco_masks import FARTHEST, mask_of, run_lengths

MASK = np.zeros((10, 12), np.bool_)
MASK[2:6, 3:9] = True


@given(arrays(np.bool_, st.tuples(st.integers(1, 40), st.integers(1, 40))))
def test_run_lengths_are_those_of_the_mask_column_by_column(mask: np.ndarray) -> None:
    runs = run_lengths(rle_from_mask(mask)["counts"])
    kinds = np.arange(len(runs)) % 2
    columns = np.repeat(kinds, runs).astype(np.bool_)
    assert np.array_equal(columns.reshape(mask.shape[::-1]).T, mask)


def test_polygon_that_leaves_the_picture_is_cut_off() -> None:
    rle = mask_of({"segmentation": [[-5, -5, 20, -5, 20, 20, -5, 20]]}, 12, 10)
    assert mask_from_rle(rle).all()


NEITHER = "its segmentation is neither polygons of three or more points nor run lengths"


@pytest.mark.parametrize(
    ("segmentation", "fault"),
    [
        ([], r"has no mask, its segmentation is \[\]; give every object polygons"),
        (None, "has no mask, its segmentation is None"),
        ([[]], NEITHER),
        ([[3, 2, 9, 2]], NEITHER),
        ([[3, 2, 9, 2, 9, 6, 3]], NEITHER),
        ([[[3, 2], [9, 2], [9, 6]]], NEITHER),
        ([[3, 2, float("nan"), 2, 9, 6]], NEITHER),
        ([[3, 2, float("inf"), 2, 9, 6]], NEITHER),
        ([[3, 2, 12 * FARTHEST + 1, 2, 9, 6]], NEITHER),
        ("box", NEITHER),
        ({"size": [10, 12]}, NEITHER),
        ({"size": [10, 12], "counts": "zzz"}, NEITHER),
        ({"size": [10, 12], "counts": "\u65e5"}, NEITHER),
        ({"size": [10, 12], "counts": [0.5, 119.5]}, NEITHER),
        ({"size": [10, 12], "counts": [5, 5]}, "its run lengths are of 10 px, its picture has 120"),
        ({"size": [10, 12], "counts": [0, 999]}, "its run lengths are of 999 px"),
        ({"size": [10, 12], "counts": [-5, 125]}, NEITHER),
        (rle_from_mask(MASK.T), r"its mask is of \[12, 10\] \(height, width\), its picture of"),
    ],
)
def test_what_is_no_mask_is_named(segmentation: Any, fault: str) -> None:
    with pytest.raises(DatasetError, match=f"annotation 9: {fault}"):
        mask_of({"id": 9, "segmentation": segmentation}, 12, 10)
