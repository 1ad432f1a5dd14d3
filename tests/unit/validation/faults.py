"""Faults that a dataset can have, and the check that each must fail."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from components.domain import Rle
from components.files import write_text
from components.geometry.masks import mask_from_rle, rle_from_mask
from tests.unit.validation.toy_dataset import LABELS, Toy, read_picture, write_picture

TRAIN, OTHER_TRAIN, TEST = 0, 4, 10

Repaint = Callable[[np.ndarray], np.ndarray]


def repaint(toy: Toy, field: str, paint: Repaint) -> None:
    """Change the pixels of one picture and its hash: what a wrong generator would write."""
    path = toy.home.root / getattr(toy.samples[TRAIN], field)
    write_picture(path, paint(read_picture(path)))
    toy.seal(TRAIN)


def with_corner(number: int) -> Repaint:
    def paint(pixels: np.ndarray) -> np.ndarray:
        pixels[:3, :3] = number
        return pixels

    return paint


def copy_pixels(toy: Toy, source: int, target: int) -> None:
    root = toy.home.root
    shutil.copy(root / toy.samples[source].image, root / toy.samples[target].image)
    toy.seal(target)


def merged(left: Rle, right: Rle) -> Rle:
    return rle_from_mask(mask_from_rle(left) | mask_from_rle(right))


def edit_coco(
    toy: Toy,
    place: int,
    table: str,
    edit: Callable[[dict[str, Any]], None],
    kind: str = "instances",
) -> None:
    """Change the first record of a table of a COCO file."""
    content = json.loads(toy.coco(place, kind).read_text())
    edit(content[table][0])
    toy.coco(place, kind).write_text(json.dumps(content))
    toy.seal_whole()


def change_mask_byte(toy: Toy) -> None:
    path = toy.home.root / toy.samples[TRAIN].instance_mask
    data = bytearray(path.read_bytes())
    data[-20] ^= 1
    path.write_bytes(data)


def change_image_byte(toy: Toy) -> None:
    path = toy.home.root / toy.samples[TRAIN].image
    path.write_bytes(path.read_bytes() + b"\0")


def change_yolo_byte(toy: Toy) -> None:
    toy.yolo(TRAIN).write_text(toy.yolo(TRAIN).read_text().replace("1", "2", 1))


def change_coco_byte(toy: Toy) -> None:
    toy.coco(TEST).write_text(toy.coco(TEST).read_text() + " ")


def misname_a_split(toy: Toy) -> None:
    for place in (TRAIN, TRAIN + 1):  # the whole group
        toy.samples[place] = replace(toy.samples[place], split="holdout")


def remove_image(toy: Toy) -> None:
    (toy.home.root / toy.samples[TRAIN].image).unlink()


def remove_yolo_file(toy: Toy) -> None:
    toy.yolo(TRAIN).unlink()


def remove_coco_file(toy: Toy) -> None:
    toy.coco(TEST).unlink()


def break_coco_file(toy: Toy) -> None:
    text = toy.coco(TEST).read_text()
    toy.coco(TEST).write_text(text[: len(text) // 2])
    toy.seal_whole()


def write_text_as_image(toy: Toy) -> None:
    (toy.home.root / toy.samples[TRAIN].image).write_text("no picture")
    toy.seal(TRAIN)


def add_stray_image(toy: Toy) -> None:
    image = toy.home.root / toy.samples[TRAIN].image
    shutil.copy(image, image.with_name("copy.png"))


def forget_a_sample(toy: Toy) -> None:
    # Its YOLO file and COCO records stay as well, but nothing that training reads.
    del toy.samples[TRAIN]


def number_twice(toy: Toy) -> None:
    toy.samples[TRAIN] = replace(toy.samples[TRAIN], index=OTHER_TRAIN)


def state_wrong_size(toy: Toy) -> None:
    def enlarge(image: dict[str, Any]) -> None:
        image["width"] += 1

    edit_coco(toy, TRAIN, "images", enlarge)


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


def paint_wrong_label(toy: Toy) -> None:
    repaint(toy, "semantic_mask", lambda pixels: np.where(pixels == 1, 2, pixels))


def erase_part_of_mask(toy: Toy) -> None:
    def erase(pixels: np.ndarray) -> np.ndarray:
        rows, columns = np.nonzero(pixels == 1)
        pixels[rows[:5], columns[:5]] = 0
        return pixels

    repaint(toy, "instance_mask", erase)


def copy_an_image(toy: Toy) -> None:
    copy_pixels(toy, TRAIN, OTHER_TRAIN)


def copy_an_image_to_another_split(toy: Toy) -> None:
    copy_pixels(toy, TRAIN, TEST)


def copy_an_image_with_noise(toy: Toy) -> None:
    copy_pixels(toy, TRAIN, TEST)
    sample = toy.samples[TEST]
    pixels = read_picture(toy.home.root / sample.image).astype(int)
    pixels += np.random.default_rng(0).integers(-2, 3, pixels.shape)
    write_picture(toy.home.root / sample.image, pixels.clip(0, 255).astype(np.uint8))
    toy.seal(TEST)


def leak_a_group(toy: Toy) -> None:
    toy.samples[TEST] = replace(toy.samples[TEST], group=toy.samples[TRAIN].group)


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
    toy.change(TRAIN, 0, visible_fraction=0.0005)


def see_more_than_the_masks(toy: Toy) -> None:
    annotation = toy.samples[TRAIN].annotations[0]
    both = toy.samples[TRAIN].annotations[1].visible
    toy.change(TRAIN, 0, whole=merged(annotation.visible, both), visible_fraction=0.99)


def move_coco_box(toy: Toy) -> None:
    def move(annotation: dict[str, Any]) -> None:
        annotation["bbox"][2] += 4

    edit_coco(toy, TRAIN, "annotations", move)


def swap_coco_label(toy: Toy) -> None:
    def swap(annotation: dict[str, Any]) -> None:
        annotation["category_id"] = 3 - annotation["category_id"]

    edit_coco(toy, TRAIN, "annotations", swap)


def shrink_coco_polygon(toy: Toy) -> None:
    def shrink(annotation: dict[str, Any]) -> None:
        x, y, width, height = annotation["bbox"]
        left, right, low = x + width / 4, x + width / 2, y + height
        annotation["segmentation"] = [[left, y, right, y, right, low, left, low]]

    edit_coco(toy, TRAIN, "annotations", shrink, "polygons")


def empty_coco_mask(toy: Toy) -> None:
    def empty(annotation: dict[str, Any]) -> None:
        annotation["segmentation"] = rle_from_mask(np.zeros((120, 160), np.uint8))

    edit_coco(toy, TRAIN, "annotations", empty)


def drop_coco_image(toy: Toy) -> None:
    content = json.loads(toy.coco(TRAIN).read_text())
    del content["images"][0]
    toy.coco(TRAIN).write_text(json.dumps(content))
    toy.seal_whole()


def add_coco_annotation(toy: Toy) -> None:
    content = json.loads(toy.coco(TRAIN).read_text())
    content["annotations"].append(content["annotations"][0])
    toy.coco(TRAIN).write_text(json.dumps(content))
    toy.seal_whole()


def rename_coco_category(toy: Toy) -> None:
    content = json.loads(toy.coco(TEST).read_text())
    content["categories"].append({"id": 3, "name": "ghost"})
    toy.coco(TEST).write_text(json.dumps(content))
    toy.seal_whole()


def swap_yolo_label(toy: Toy) -> None:
    first, *rest = toy.yolo(TRAIN).read_text().splitlines()
    number, polygon = first.split(" ", 1)
    write_text(toy.yolo(TRAIN), "\n".join([f"{1 - int(number)} {polygon}", *rest]))
    toy.seal(TRAIN)


def shrink_yolo_polygon(toy: Toy) -> None:
    first, *rest = toy.yolo(TRAIN).read_text().splitlines()
    words = first.split()
    write_text(toy.yolo(TRAIN), "\n".join([" ".join(words[: len(words) // 4 * 2 + 1]), *rest]))
    toy.seal(TRAIN)


def drop_yolo_line(toy: Toy) -> None:
    write_text(toy.yolo(TRAIN), "\n".join(toy.yolo(TRAIN).read_text().splitlines()[1:]))
    toy.seal(TRAIN)


def add_yolo_line(toy: Toy) -> None:
    text = toy.yolo(TRAIN).read_text()
    write_text(toy.yolo(TRAIN), text + text.splitlines()[0])
    toy.seal(TRAIN)


def break_yolo_file(toy: Toy) -> None:
    write_text(toy.yolo(TRAIN), "0 0.1 0.2 0.3\n")
    toy.seal(TRAIN)


def add_yolo_name(toy: Toy) -> None:
    write_text(toy.home.yolo / "data.yaml", f"names: {[*LABELS, 'ghost']}\n")
    toy.seal_whole()


FAULTS: list[tuple[Callable[[Toy], None], str]] = [
    (change_mask_byte, "files/unchanged"),
    (change_image_byte, "files/unchanged"),
    (change_yolo_byte, "files/unchanged"),
    (change_coco_byte, "files/unchanged"),
    (remove_image, "files/present"),
    (remove_yolo_file, "files/present"),
    (remove_coco_file, "files/present"),
    (break_coco_file, "files/readable"),
    (break_yolo_file, "files/readable"),
    (write_text_as_image, "files/readable"),
    (add_stray_image, "files/listed"),
    (forget_a_sample, "files/listed"),
    (number_twice, "images/index-unique"),
    (misname_a_split, "images/split-known"),
    (blacken, "images/not-blank"),
    (darken, "images/brightness"),
    (saturate, "images/saturated"),
    (flatten, "images/sharpness"),
    (paint_unknown_instance, "images/no-stray-instances"),
    (paint_unknown_label, "images/no-stray-labels"),
    (paint_wrong_label, "annotations/semantic-mask-agrees"),
    (erase_part_of_mask, "annotations/instance-mask-agrees"),
    (copy_an_image, "images/no-duplicates"),
    (copy_an_image_to_another_split, "images/no-duplicates"),
    (copy_an_image_with_noise, "images/no-look-alikes"),
    (leak_a_group, "groups/no-leak"),
    (move_box, "annotations/box-agrees"),
    (move_box_out, "annotations/box-inside"),
    (state_wrong_area, "annotations/area-agrees"),
    (see_too_much, "annotations/visible-fraction"),
    (see_too_little, "annotations/visible-fraction"),
    (see_more_than_the_masks, "annotations/visible-fraction-bounded"),
    (move_coco_box, "annotations/coco-box-agrees"),
    (swap_coco_label, "annotations/coco-label-agrees"),
    (empty_coco_mask, "annotations/coco-mask-agrees"),
    (shrink_coco_polygon, "annotations/coco-polygon-agrees"),
    (drop_coco_image, "images/coco-lists-image"),
    (state_wrong_size, "images/coco-lists-image"),
    (add_coco_annotation, "images/no-extra-coco"),
    (rename_coco_category, "splits/coco-categories"),
    (swap_yolo_label, "annotations/yolo-label-agrees"),
    (shrink_yolo_polygon, "annotations/yolo-polygon-agrees"),
    (drop_yolo_line, "annotations/yolo-polygon-agrees"),
    (add_yolo_line, "images/no-extra-yolo"),
    (add_yolo_name, "splits/yolo-names"),
]
