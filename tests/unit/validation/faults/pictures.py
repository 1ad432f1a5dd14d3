"""Faults of pictures: spoilt, there twice, or with something that two splits share."""

import shutil
from dataclasses import replace

import numpy as np

from tests.unit.validation.faults.editing import (
    OTHER_TRAIN,
    TEST,
    TRAIN,
    Fault,
    repaint,
    with_corner,
)
from tests.unit.validation.toy_dataset import Toy, read_picture, write_picture


def copy_pixels(toy: Toy, source: int, target: int) -> None:
    root = toy.home.root
    shutil.copy(root / toy.samples[source].image, root / toy.samples[target].image)
    toy.seal(target)


def number_twice(toy: Toy) -> None:
    toy.samples[TRAIN] = replace(toy.samples[TRAIN], index=OTHER_TRAIN)


def misname_a_split(toy: Toy) -> None:
    for place in (TRAIN, TRAIN + 1):  # the whole group
        toy.samples[place] = replace(toy.samples[place], split="holdout")


def blacken(toy: Toy) -> None:
    repaint(toy, "image", lambda pixels: np.zeros_like(pixels))


def darken(toy: Toy) -> None:
    def darkened(pixels: np.ndarray) -> np.ndarray:
        dark = pixels // 50
        dark[50:54, 50:54] = 60  # a glint: the picture is dark, not blank
        return dark

    repaint(toy, "image", darkened)


def saturate(toy: Toy) -> None:
    def burn(pixels: np.ndarray) -> np.ndarray:
        bright = np.full_like(pixels, 255)
        bright[:3, :] = 40  # about 2.5 % of the pixels: the mean stays below its limit
        return bright

    repaint(toy, "image", burn)


def flatten(toy: Toy) -> None:
    smooth = np.linspace(60, 80, 160).astype(np.uint8)
    repaint(toy, "image", lambda pixels: np.broadcast_to(smooth, pixels.shape).copy())


def paint_unknown_instance(toy: Toy) -> None:
    repaint(toy, "instance_mask", with_corner(9))


def paint_unknown_label(toy: Toy) -> None:
    repaint(toy, "semantic_mask", with_corner(2))


def copy_an_image(toy: Toy) -> None:
    copy_pixels(toy, TRAIN, OTHER_TRAIN)


def copy_an_image_to_another_split(toy: Toy) -> None:
    copy_pixels(toy, OTHER_TRAIN, TEST)


def copy_an_image_with_noise(toy: Toy) -> None:
    copy_pixels(toy, OTHER_TRAIN, TEST)
    sample = toy.samples[TEST]
    pixels = read_picture(toy.home.root / sample.image).astype(int)
    pixels += np.random.default_rng(0).integers(-2, 3, pixels.shape)
    write_picture(toy.home.root / sample.image, pixels.clip(0, 255).astype(np.uint8))
    toy.seal(TEST)


def leak_a_group(toy: Toy) -> None:
    toy.samples[TEST] = replace(toy.samples[TEST], group=toy.samples[TRAIN].group)


def belong_to_no_group(toy: Toy) -> None:
    toy.samples[TRAIN] = replace(toy.samples[TRAIN], group="")


def lie_on_no_ground(toy: Toy) -> None:
    toy.samples[TRAIN] = replace(toy.samples[TRAIN], ground="")


def leak_a_ground(toy: Toy) -> None:
    toy.samples[TEST] = replace(toy.samples[TEST], ground=toy.samples[TRAIN].ground)


def crop_image(toy: Toy) -> None:
    repaint(toy, "image", lambda pixels: pixels[:, :-4])


FAULTS: list[tuple[Fault, str]] = [
    (number_twice, "images/index-unique"),
    (misname_a_split, "images/split-known"),
    (blacken, "images/not-blank"),
    (darken, "images/brightness"),
    (saturate, "images/saturated"),
    (flatten, "images/sharpness"),
    (paint_unknown_instance, "images/no-stray-instances"),
    (paint_unknown_label, "images/no-stray-labels"),
    (copy_an_image, "images/no-duplicates"),
    (copy_an_image_to_another_split, "images/no-duplicates"),
    (copy_an_image_with_noise, "images/no-look-alikes"),
    (leak_a_group, "groups/no-leak"),
    (belong_to_no_group, "images/group-given"),
    (lie_on_no_ground, "images/ground-given"),
    (leak_a_ground, "grounds/no-leak"),
    (crop_image, "images/sizes-agree"),
]
