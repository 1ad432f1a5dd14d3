import numpy as np
from numpy.typing import NDArray

from components.domain import Rle
from components.geometry.masks import rle_from_mask
from components.validation.agreement import Record, iou_table, pair, rle_area, without_seams


def block(x0: int, x1: int, y0: int = 0, y1: int = 10) -> NDArray[np.uint8]:
    mask = np.zeros((20, 40), np.uint8)
    mask[y0:y1, x0:x1] = 1
    return mask


def rle(x0: int, x1: int) -> Rle:
    return rle_from_mask(block(x0, x1))


def test_iou_of_half_overlapping_blocks_is_a_third() -> None:
    assert iou_table([rle(0, 10)], [rle(5, 15)])[0, 0] == 1 / 3


def test_masks_of_other_sizes_have_no_overlap() -> None:
    assert iou_table([rle(0, 10)], [rle_from_mask(np.ones((5, 5), np.uint8))])[0, 0] == 0


def test_records_meet_their_objects_in_any_order() -> None:
    objects = [rle(0, 10), rle(20, 30)]
    pairing = pair(objects, [Record("b", objects[1], None), Record("a", objects[0], None)])
    assert [record.label for record in pairing.records if record] == ["a", "b"]
    assert pairing.ious == (1.0, 1.0)


def test_record_far_off_is_paired_with_the_object_that_is_left() -> None:
    pairing = pair([rle(0, 10), rle(20, 30)], [Record("a", rle(0, 10), None),
                                              Record("b", rle(32, 40), None)])  # fmt: skip
    assert pairing.ious == (1.0, 0.0)
    assert pairing.extra == 0


def test_more_records_than_objects_are_counted() -> None:
    pairing = pair([rle(0, 10)], [Record("a", rle(0, 10), None), Record("a", rle(1, 10), None)])
    assert (pairing.ious, pairing.extra) == ((1.0,), 1)


def test_object_without_a_record_has_no_iou() -> None:
    pairing = pair([rle(0, 10)], [])
    assert (pairing.records, pairing.ious) == ((None,), (0.0,))


def test_seam_between_two_regions_does_not_count() -> None:
    wanted = block(0, 10) | block(30, 40)
    filled = wanted.copy()
    filled[0, 10:30] = 1  # along the picture's edge
    objects = [rle_from_mask(wanted)]
    pairing = pair(objects, [Record("a", rle_from_mask(filled), None)])
    assert pairing.ious == (200 / 220,)
    assert without_seams(objects, pairing).ious == (1.0,)


def test_excess_of_two_pixels_counts() -> None:
    objects = [rle(0, 10)]
    pairing = pair(objects, [Record("a", rle(0, 12), None)])
    assert without_seams(objects, pairing).ious == (100 / 120,)


def test_missing_pixels_count() -> None:
    objects = [rle(0, 10)]
    assert without_seams(objects, pair(objects, [Record("a", rle(0, 9), None)])).ious == (0.9,)


def test_area_counts_pixels() -> None:
    assert rle_area(rle(0, 7)) == 70
