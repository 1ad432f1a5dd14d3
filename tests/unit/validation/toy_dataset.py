"""A small dataset written by hand, whose every value a test can change."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from components.domain import OTHER_LABEL, SPLITS, Annotation, Sample, Split
from components.files import file_sha256, write_bytes, write_json, write_text
from components.geometry.masks import mask_from_rle, rle_from_mask, xyxy_from_mask
from components.home import Home
from components.validation.layout import Whole

LABELS = ("disc", "plate")
WIDTH, HEIGHT = 160, 120
SAMPLES = 24
PER_GROUP = 2


@dataclass
class Toy:
    """A dataset on the disk and its samples, which stand for the manifest."""

    home: Home
    samples: list[Sample]
    whole: Whole

    def seal(self, place: int) -> None:
        """Hash a sample's files anew, and those of the whole: what a wrong generator would do."""
        sample = self.samples[place]
        root = self.home.root
        files = [root / sample.image, root / sample.semantic_mask, root / sample.instance_mask]
        hashes = self._hashes([*files, self.yolo(place)])
        self.samples[place] = replace(sample, sha256=hashes)
        self.seal_whole()

    def seal_whole(self) -> None:
        """Hash the files of the whole anew."""
        files = [*self.home.coco.glob("*.json"), self.home.yolo / "data.yaml"]
        self.whole = Whole(LABELS, len(self.samples), self._hashes(files))

    def _hashes(self, files: Sequence[Path]) -> dict[str, str]:
        return {str(f.relative_to(self.home.root)): file_sha256(f) for f in files if f.exists()}

    def change(self, place: int, number: int, **values: object) -> None:
        """Change fields of one annotation of one sample."""
        annotations = list(self.samples[place].annotations)
        annotations[number] = replace(annotations[number], **values)
        self.samples[place] = replace(self.samples[place], annotations=tuple(annotations))

    def yolo(self, place: int) -> Path:
        """Path of a sample's YOLO labels."""
        sample = self.samples[place]
        return self.home.yolo / "labels" / sample.split / f"{sample.image.stem}.txt"

    def coco(self, place: int, kind: str = "instances") -> Path:
        """Path of the COCO file of a sample's split."""
        return self.home.coco / f"{kind}_{self.samples[place].split}.json"


def make_toy(root: Path, drawn: Sequence[str] = LABELS) -> Toy:
    """Write a dataset without a fault.

    Args:
        root: Its home folder.
        drawn: Labels of the two parts in each picture.
    """
    home = Home(root)
    home.prepare()
    samples = [_sample(home, index, drawn) for index in range(SAMPLES)]
    toy = Toy(home, samples, Whole(LABELS, SAMPLES, {}))
    for place in range(SAMPLES):
        write_text(toy.yolo(place), _yolo_text(toy.samples[place]))
        toy.seal(place)
    for split in SPLITS:
        members = [sample for sample in toy.samples if sample.split == split]
        write_json(home.coco / f"instances_{split}.json", _coco(members))
        write_json(home.coco / f"polygons_{split}.json", _coco(members, polygons=True))
    write_text(home.yolo / "data.yaml", f"names: {list(LABELS)}\n")
    toy.seal_whole()
    return toy


def _split(index: int) -> Split:
    group = index // PER_GROUP
    return "val" if group % 6 == 4 else "test" if group % 6 == 5 else "train"


def _sample(home: Home, index: int, drawn: Sequence[str]) -> Sample:
    rng = np.random.default_rng(index)
    split, stem = _split(index), f"{index:06d}"
    shapes = [_shape(rng, number) for number in range(len(LABELS))]
    screw = np.zeros((HEIGHT, WIDTH), bool)
    screw[110:116, 70:84] = True
    picture = _background(rng)
    semantic = np.zeros((HEIGHT, WIDTH), np.uint8)
    instances = np.zeros((HEIGHT, WIDTH), np.uint8)
    annotations = []
    for number, mask in enumerate(shapes, start=1):
        picture[mask] = rng.integers(150, 220)
        label = drawn[number - 1]
        semantic[mask], instances[mask] = LABELS.index(label) + 1, number
        annotations.append(_annotation(number, label, mask))
    picture[screw], semantic[screw], instances[screw] = 30, 255, 3
    annotations.append(_annotation(3, OTHER_LABEL, screw))
    picture = cv2.GaussianBlur(picture, (0, 0), 0.7)
    noisy = picture + rng.normal(0, 3, picture.shape)
    sample = Sample(
        index=index,
        split=split,
        group=f"group-{index // PER_GROUP:03d}",
        ground=f"wood-{SPLITS.index(split)}",
        image=(home.images(split) / f"{stem}.png").relative_to(home.root),
        semantic_mask=(home.masks(split) / f"{stem}_semantic.png").relative_to(home.root),
        instance_mask=(home.masks(split) / f"{stem}_instance.png").relative_to(home.root),
        width_px=WIDTH,
        height_px=HEIGHT,
        annotations=tuple(annotations),
    )
    write_picture(home.root / sample.image, noisy.clip(0, 255).astype(np.uint8))
    write_picture(home.root / sample.semantic_mask, semantic)
    write_picture(home.root / sample.instance_mask, instances)
    return sample


def write_picture(path: Path, pixels: NDArray[np.uint8]) -> None:
    """Write pixels as PNG."""
    write_bytes(path, cv2.imencode(".png", pixels)[1].tobytes())


def read_picture(path: Path) -> NDArray[np.uint8]:
    """Read the pixels of a PNG of one channel."""
    return np.asarray(cv2.imread(str(path), cv2.IMREAD_UNCHANGED), dtype=np.uint8)


def _background(rng: np.random.Generator) -> NDArray[np.float32]:
    columns = np.linspace(0, rng.uniform(-40, 40), WIDTH, dtype=np.float32)
    return np.full((HEIGHT, WIDTH), rng.uniform(60, 120), np.float32) + columns


def _shape(rng: np.random.Generator, number: int) -> NDArray[np.bool_]:
    """A disc in the left half, a turned rectangle in the right half."""
    canvas = np.zeros((HEIGHT, WIDTH), np.uint8)
    centre = (int(rng.integers(25, 55)) + 80 * number, int(rng.integers(30, 90)))
    if number == 0:
        cv2.circle(canvas, centre, int(rng.integers(12, 20)), 1, -1)
    else:
        box = cv2.boxPoints((centre, (34, 18), float(rng.uniform(0, 90))))
        cv2.fillPoly(canvas, [np.rint(box).astype(np.int32)], 1)
    return canvas.astype(bool)


def _annotation(number: int, label: str, mask: NDArray[np.bool_]) -> Annotation:
    box = xyxy_from_mask(mask)
    assert box is not None
    x0, y0, x1, y1 = box
    rle = rle_from_mask(mask)
    return Annotation(number, label, (x0, y0, x1, y1), int(mask.sum()), rle, rle, 1.0)


def _yolo_text(sample: Sample) -> str:
    lines = []
    for annotation in sample.annotations:
        if annotation.label == OTHER_LABEL:
            continue
        shares = (_polygon(mask_from_rle(annotation.visible)) + 0.5) / (WIDTH, HEIGHT)
        numbers = " ".join(f"{share:.6f}" for share in shares.reshape(-1))
        lines.append(f"{LABELS.index(annotation.label)} {numbers}\n")
    return "".join(lines)


def _polygon(mask: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Centres of the pixels along the outline, shape (N, 2)."""
    kind, method = cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    return np.asarray(cv2.findContours(mask.astype(np.uint8), kind, method)[0][0][:, 0])


def _coco(samples: list[Sample], polygons: bool = False) -> dict[str, object]:
    images, annotations = [], []
    for sample in samples:
        images.append(
            {"id": sample.index, "file_name": sample.image.name, "width": WIDTH, "height": HEIGHT}
        )
        for annotation in sample.annotations:
            if annotation.label == OTHER_LABEL:
                continue
            x0, y0, x1, y1 = annotation.xyxy_px
            mask = mask_from_rle(annotation.visible)
            # Four times as large, the outline runs near the edges of the pixels.
            ring = (_polygon(np.kron(mask, np.ones((4, 4), bool))) + 0.5) / 4
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": sample.index,
                    "category_id": LABELS.index(annotation.label) + 1,
                    "bbox": [x0, y0, x1 - x0, y1 - y0],
                    "area": annotation.area_px,
                    "iscrowd": 0,
                    "segmentation": [ring.ravel().tolist()] if polygons else annotation.visible,
                }
            )
    categories = [{"id": n, "name": name} for n, name in enumerate(LABELS, start=1)]
    return {"images": images, "annotations": annotations, "categories": categories}
