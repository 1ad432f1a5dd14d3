"""Faults of what the manifest and the masks say of an object."""

import numpy as np

from components.domain import Rle
from components.geometry.masks import mask_from_rle, rle_from_mask
from tests.unit.validation.faults.editing import TRAIN, Fault, repaint
from tests.unit.validation.toy_dataset import Toy


def merged(left: Rle, right: Rle) -> Rle:
    return rle_from_mask(mask_from_rle(left) | mask_from_rle(right))


def paint_wrong_label(toy: Toy) -> None:
    repaint(toy, "semantic_mask", lambda pixels: np.where(pixels == 1, 2, pixels))


def erase_part_of_mask(toy: Toy) -> None:
    def erase(pixels: np.ndarray) -> np.ndarray:
        rows, columns = np.nonzero(pixels == 1)
        pixels[rows[:5], columns[:5]] = 0
        return pixels

    repaint(toy, "instance_mask", erase)


def move_box(toy: Toy) -> None:
    x0, y0, x1, y1 = toy.samples[TRAIN].annotations[0].xyxy_px
    toy.change(TRAIN, 0, xyxy_px=(x0 + 3, y0, x1 + 3, y1))


def move_box_out(toy: Toy) -> None:
    toy.change(TRAIN, 0, xyxy_px=(150.0, 10.0, 190.0, 40.0))


def state_wrong_area(toy: Toy) -> None:
    toy.change(TRAIN, 0, area_px=toy.samples[TRAIN].annotations[0].area_px - 2)


def see_too_much(toy: Toy) -> None:
    toy.change(TRAIN, 0, visible_fraction=1.7)


def see_too_little(toy: Toy) -> None:
    toy.change(TRAIN, 0, visible_fraction=0.00001)


def see_more_than_the_masks(toy: Toy) -> None:
    annotation = toy.samples[TRAIN].annotations[0]
    both = toy.samples[TRAIN].annotations[1].visible
    toy.change(TRAIN, 0, whole=merged(annotation.visible, both), visible_fraction=0.99)


def name_unknown_part(toy: Toy) -> None:
    toy.change(TRAIN, 0, label="ghost")


def give_a_number_twice(toy: Toy) -> None:
    toy.change(TRAIN, 1, instance_id=toy.samples[TRAIN].annotations[0].instance_id)


FAULTS: list[tuple[Fault, str]] = [
    (paint_wrong_label, "annotations/semantic-mask-agrees"),
    (erase_part_of_mask, "annotations/instance-mask-agrees"),
    (move_box, "annotations/box-agrees"),
    (move_box_out, "annotations/box-inside"),
    (state_wrong_area, "annotations/area-agrees"),
    (see_too_much, "annotations/visible-fraction"),
    (see_too_little, "annotations/visible-fraction"),
    (see_more_than_the_masks, "annotations/visible-fraction-bounded"),
    (name_unknown_part, "annotations/label-known"),
    (give_a_number_twice, "annotations/instance-unique"),
]
