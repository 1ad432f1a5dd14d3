"""Faults of COCO files."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np

from components.geometry.masks import rle_from_mask
from tests.unit.validation.faults.editing import TEST, TRAIN, Fault
from tests.unit.validation.toy_dataset import Toy


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


def move_coco_box(toy: Toy) -> None:
    def move(annotation: dict[str, Any]) -> None:
        annotation["bbox"][2] += 4

    edit_coco(toy, TRAIN, "annotations", move)


def swap_coco_label(toy: Toy) -> None:
    def swap(annotation: dict[str, Any]) -> None:
        annotation["category_id"] = 3 - annotation["category_id"]

    edit_coco(toy, TRAIN, "annotations", swap)


def empty_coco_mask(toy: Toy) -> None:
    def empty(annotation: dict[str, Any]) -> None:
        annotation["segmentation"] = rle_from_mask(np.zeros((120, 160), np.uint8))

    edit_coco(toy, TRAIN, "annotations", empty)


def shrink_coco_polygon(toy: Toy) -> None:
    def shrink(annotation: dict[str, Any]) -> None:
        x, y, width, height = annotation["bbox"]
        left, right, low = x + width / 4, x + width / 2, y + height
        annotation["segmentation"] = [[left, y, right, y, right, low, left, low]]

    edit_coco(toy, TRAIN, "annotations", shrink, "polygons")


def drop_coco_image(toy: Toy) -> None:
    content = json.loads(toy.coco(TRAIN).read_text())
    del content["images"][0]
    toy.coco(TRAIN).write_text(json.dumps(content))
    toy.seal_whole()


def state_wrong_size(toy: Toy) -> None:
    def enlarge(image: dict[str, Any]) -> None:
        image["width"] += 1

    edit_coco(toy, TRAIN, "images", enlarge)


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


FAULTS: list[tuple[Fault, str]] = [
    (move_coco_box, "annotations/coco-box-agrees"),
    (swap_coco_label, "annotations/coco-label-agrees"),
    (empty_coco_mask, "annotations/coco-mask-agrees"),
    (shrink_coco_polygon, "annotations/coco-polygon-agrees"),
    (drop_coco_image, "images/coco-lists-image"),
    (state_wrong_size, "images/coco-lists-image"),
    (add_coco_annotation, "images/no-extra-coco"),
    (rename_coco_category, "splits/coco-categories"),
]
