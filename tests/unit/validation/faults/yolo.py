"""Faults of YOLO files."""

from components.files import write_text
from tests.unit.validation.faults.editing import TRAIN, Fault
from tests.unit.validation.toy_dataset import LABELS, Toy


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


def add_yolo_name(toy: Toy) -> None:
    write_text(toy.home.yolo / "data.yaml", f"names: {[*LABELS, 'ghost']}\n")
    toy.seal_whole()


FAULTS: list[tuple[Fault, str]] = [
    (swap_yolo_label, "annotations/yolo-label-agrees"),
    (shrink_yolo_polygon, "annotations/yolo-polygon-agrees"),
    (drop_yolo_line, "annotations/yolo-polygon-agrees"),
    (add_yolo_line, "images/no-extra-yolo"),
    (add_yolo_name, "splits/yolo-names"),
]
