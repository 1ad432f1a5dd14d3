"""Masks, run lengths, boxes and polygons of the same pixels."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from components.geometry.masks import (
    bridged,
    chained,
    edge_polygons,
    mask_count,
    mask_from_rle,
    mask_iou,
    polygons_from_mask,
    rle_from_mask,
    rle_from_window,
    xyxy_from_mask,
)

Mask = NDArray[np.uint8]


def ring_mask() -> Mask:
    """20 x 20 pixels with a hole of 6 x 6, in a picture of 40 x 60."""
    mask = np.zeros((40, 60), dtype=np.uint8)
    mask[10:30, 5:25] = 1
    mask[17:23, 12:18] = 0
    return mask


def coco_area(rings: list[NDArray[np.int32]], height: int, width: int) -> Mask:
    rles = coco_mask.frPyObjects([ring.ravel().tolist() for ring in rings], height, width)
    return np.asarray(coco_mask.decode(coco_mask.merge(rles)), dtype=np.uint8)


def test_masks_over_each_pixel_are_counted() -> None:
    masks = np.zeros((300, 2, 3), dtype=np.bool_)
    masks[:, 0, 1] = True
    masks[7, 1, 2] = True
    assert mask_count(masks, 2, 3).tolist() == [[0, 300, 0], [0, 0, 1]]
    assert mask_count([], 1, 2).tolist() == [[0, 0]]


def test_single_pixel_has_box_of_one_by_one() -> None:
    mask = np.zeros((8, 8), dtype=np.uint8)
    mask[5, 3] = 1
    assert xyxy_from_mask(mask) == (3, 5, 4, 6)


def test_empty_mask_has_no_box_and_no_polygon() -> None:
    empty = np.zeros((8, 8), dtype=np.uint8)
    assert xyxy_from_mask(empty) is None
    assert polygons_from_mask(empty) == []


def test_run_lengths_count_the_pixels_by_column() -> None:
    mask = np.zeros((3, 2), dtype=np.uint8)
    mask[1, 0] = mask[2, 0] = mask[0, 1] = 1
    # Column-major: 0 1 1 1 0 0, that is one zero, three ones, two zeros; a count is its digit
    # plus 48 in COCO's packing.
    assert rle_from_mask(mask) == {"size": [3, 2], "counts": "132"}


@given(
    hnp.arrays(
        np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.integers(0, 1)
    )
)
def test_run_lengths_give_the_mask_back(mask: Mask) -> None:
    assert (mask_from_rle(rle_from_mask(mask)) == (mask > 0)).all()


@given(
    hnp.arrays(
        np.uint8, st.tuples(st.integers(1, 7), st.integers(1, 7)), elements=st.integers(0, 1)
    ),
    st.integers(0, 5),
    st.integers(0, 5),
    st.integers(0, 5),
    st.integers(0, 5),
)
def test_window_is_packed_like_the_whole_picture(
    mask: Mask, left: int, top: int, right: int, bottom: int
) -> None:
    whole = np.pad(mask, ((top, bottom), (left, right)))
    assert rle_from_window(mask, left, top, *whole.shape) == rle_from_mask(whole)


def test_overlap_is_common_pixels_over_pixels_of_either() -> None:
    columns = np.arange(20)[None]
    assert mask_iou(columns < 10, (columns >= 5) & (columns < 15)) == pytest.approx(5 / 15)


def test_two_empty_masks_agree_and_an_empty_one_overlaps_nothing_else() -> None:
    empty, full = np.zeros((4, 6), np.bool_), np.ones((4, 6), np.bool_)
    assert mask_iou(empty, empty) == 1.0
    assert mask_iou(empty, full) == 0.0


def test_masks_of_different_pictures_do_not_overlap() -> None:
    assert mask_iou(np.ones((4, 6), np.bool_), np.ones((2, 2), np.bool_)) == 0.0


def test_polygon_keeps_its_hole() -> None:
    polygons = polygons_from_mask(ring_mask())
    assert len(polygons) == 1
    assert len(polygons[0].holes_px) == 1


def test_edge_polygon_of_single_pixel_is_its_square() -> None:
    mask = np.zeros((8, 8), dtype=np.uint8)
    mask[5, 3] = 1
    corners = {tuple(point) for point in edge_polygons(mask)[0].outline_px.tolist()}
    assert corners == {(3, 5), (4, 5), (4, 6), (3, 6)}


def test_coco_fills_bridged_edge_polygons_to_the_very_mask() -> None:
    polygon = edge_polygons(ring_mask())[0]
    filled = coco_area([bridged([polygon.outline_px, *polygon.holes_px])], 40, 60)
    assert (filled == ring_mask()).all()


@pytest.mark.parametrize("seed", range(6))
def test_coco_fills_edge_polygons_of_any_shape_nearly_to_the_mask(seed: int) -> None:
    noise = np.random.default_rng(seed).random((60, 80), dtype=np.float32)
    mask = (cv2.GaussianBlur(noise, (0, 0), 4) > 0.5).astype(np.uint8)
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8)).astype(np.uint8)
    rings = [bridged([p.outline_px, *p.holes_px]) for p in edge_polygons(mask)]
    filled = coco_area(rings, 60, 80)
    both, either = np.count_nonzero(filled & mask), np.count_nonzero(filled | mask)
    assert both / either > 0.97


def test_opencv_fills_bridged_centre_polygons_to_the_mask_but_for_the_seam() -> None:
    polygon = polygons_from_mask(ring_mask())[0]
    ring = bridged([polygon.outline_px, *polygon.holes_px])
    filled = np.zeros((40, 60), dtype=np.uint8)
    cv2.fillPoly(filled, [ring], 1)
    # The seam lies in the part itself, and a fill takes in the hole's rim.
    assert np.count_nonzero(filled != ring_mask()) == 0


def test_bridged_ring_passes_every_vertex() -> None:
    outer = np.array([[0, 0], [10, 0], [10, 10], [0, 10]], dtype=np.int32)
    hole = np.array([[4, 4], [6, 4], [5, 6]], dtype=np.int32)
    points = {tuple(p) for p in bridged([outer, hole]).tolist()}
    assert points == {tuple(p) for p in np.vstack([outer, hole]).tolist()}


def test_a_line_of_pixels_is_a_polygon_only_when_asked() -> None:
    mask = np.zeros((5, 9), np.uint8)
    mask[2, 1:7] = 1
    assert polygons_from_mask(mask) == []
    (line,) = polygons_from_mask(mask, with_lines=True)
    drawn = cv2.fillPoly(np.zeros_like(mask), [line.outline_px], 1)
    assert np.array_equal(drawn, mask)


def test_pieces_in_a_row_are_joined_one_to_the_next() -> None:
    # Eight pieces of a strip behind a grating, of sizes that say nothing about their order.
    mask = np.zeros((200, 12), np.uint8)
    for place, height in enumerate((8, 13, 3, 11, 5, 12, 4, 9)):
        mask[place * 25 : place * 25 + height, 4:8] = 1
    rings = [bridged([p.outline_px, *p.holes_px]) for p in polygons_from_mask(mask)]
    filled = cv2.fillPoly(np.zeros_like(mask), [bridged(chained(rings))], 1)
    gaps = 7 * 25 - (8 + 13 + 3 + 11 + 5 + 12 + 4)
    assert (filled >= mask).all()
    assert np.count_nonzero(filled) - np.count_nonzero(mask) == gaps


def test_chained_rings_begin_with_the_first_and_are_all_there() -> None:
    rings = [np.array([[x, 0], [x + 1, 0], [x, 1]], np.int32) for x in (50, 0, 90, 40, 60)]
    places = [int(ring[0, 0]) for ring in chained(rings)]
    assert places[0] == 50
    assert sorted(places) == [0, 40, 50, 60, 90]
    assert places.index(40) < places.index(0)
    assert places.index(60) < places.index(90)
