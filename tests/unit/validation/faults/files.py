"""Faults of files: changed, missing, damaged, too many."""

import shutil

from components.files import write_text
from tests.unit.validation.faults.editing import TEST, TRAIN, Fault
from tests.unit.validation.toy_dataset import Toy


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


def break_yolo_file(toy: Toy) -> None:
    write_text(toy.yolo(TRAIN), "0 0.1 0.2 0.3\n")
    toy.seal(TRAIN)


def write_text_as_image(toy: Toy) -> None:
    (toy.home.root / toy.samples[TRAIN].image).write_text("no picture")
    toy.seal(TRAIN)


def add_stray_image(toy: Toy) -> None:
    image = toy.home.root / toy.samples[TRAIN].image
    shutil.copy(image, image.with_name("copy.png"))


def forget_a_sample(toy: Toy) -> None:
    # Its YOLO file and COCO records stay as well, but nothing that training reads.
    del toy.samples[TRAIN]


FAULTS: list[tuple[Fault, str]] = [
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
]
