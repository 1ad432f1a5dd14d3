"""The files that stand for a whole dataset: manifest, COCO, YOLO.

They are written from the shards' records, one sample at a time: memory does not grow with the
dataset.
"""

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import yaml

from components.dataset.annotations import coco_annotation, coco_categories, coco_image
from components.dataset.jobs import Job
from components.dataset.manifest import json_line, sample_line
from components.dataset.shards import Entry, read_record, record_path
from components.domain import SPLITS, Split
from components.files import replacing, write_text
from components.home import Home


def coco_paths(home: Home, split: Split) -> tuple[Path, Path]:
    """Return the COCO files of a split: with run-length masks, and with polygons."""
    return home.coco / f"instances_{split}.json", home.coco / f"polygons_{split}.json"


def yolo_list(home: Home, split: Split) -> Path:
    """Return YOLO's list of the pictures of a split."""
    return home.yolo / f"{split}.txt"


def entries(job: Job) -> Iterator[Entry]:
    """Yield all samples by number."""
    for shard in job.shards:
        yield from read_record(record_path(job.home, shard))


GENERATED = "dxfvision, generated scenes"
"""What COCO files say of the pictures they list."""


class _CocoFile:
    """One COCO file, written as samples come.

    The annotations are written first; the pictures wait in a file of their own until the end.

    Args:
        out: Open for writing.
        images: Open for writing and reading, empty: keeps the pictures' records until the end.
        numbers: Number of each part's name.
        with_polygons: Whether masks are polygons instead of run lengths.
        description: What the pictures are.
    """

    def __init__(
        self,
        out: IO[str],
        images: IO[str],
        numbers: Mapping[str, int],
        with_polygons: bool,
        description: str,
    ) -> None:
        """Write the file's head."""
        self._out, self._images, self._description = out, images, description
        self._numbers, self._with_polygons = numbers, with_polygons
        self._count = 0
        out.write('{"annotations": [')

    def add(self, entry: Entry) -> None:
        """Write the annotations of one sample's parts."""
        sample = entry.sample
        size = sample.height_px, sample.width_px
        image = json_line(coco_image(sample.index, sample.image.name, *size))
        self._images.write(f",\n{image}" if self._images.tell() else f"\n{image}")
        for place, rings in entry.polygons.items():
            annotation = sample.annotations[place]
            self._count += 1
            number = self._numbers[annotation.label]
            record = coco_annotation(annotation, self._count, sample.index, number)
            if self._with_polygons:
                record["segmentation"] = rings
            comma = ",\n" if self._count > 1 else "\n"
            self._out.write(comma + json_line(record))

    def end(self) -> None:
        """Write what is left."""
        self._out.write('\n], "images": [')
        self._images.seek(0)
        shutil.copyfileobj(self._images, self._out)
        rest = {
            "categories": coco_categories(self._numbers),
            "info": {"description": self._description, "version": "1"},
            "licenses": [],
        }
        self._out.write("\n], " + json_line(rest)[1:] + "\n")


@dataclass(frozen=True, slots=True)
class Exported:
    """What stands for the whole dataset.

    Attributes:
        files: Manifest, COCO and YOLO files.
        images: Pictures of each split.
        instances: Objects of each split by label.
    """

    files: list[Path]
    images: dict[Split, int]
    instances: dict[Split, dict[str, int]]


def write_exports(job: Job) -> Exported:
    """Write manifest, COCO and YOLO files from the shards' records, in one pass."""
    return write_dataset_files(job.home, job.numbers, entries(job), GENERATED)


def write_dataset_files(
    home: Home, numbers: Mapping[str, int], samples: Iterable[Entry], description: str
) -> Exported:
    """Write manifest, COCO and YOLO files of samples whose pictures are there, in one pass.

    Args:
        home: Where the dataset lies.
        numbers: Number of each part's name, from 1.
        samples: By number.
        description: What the pictures are, for COCO's `info`.
    """
    _link_pictures(home)
    files = [home.manifest]
    images: dict[Split, int] = dict.fromkeys(SPLITS, 0)
    instances: dict[Split, dict[str, int]] = {split: {} for split in SPLITS}
    with ExitStack() as stack:
        manifest = _opened(stack, home.manifest)
        coco: dict[Split, list[_CocoFile]] = {}
        lists: dict[Split, IO[str]] = {}
        for split in SPLITS:
            paths = coco_paths(home, split)
            coco[split] = [
                _CocoFile(
                    _opened(stack, path), _temporary(stack), numbers, with_polygons, description
                )
                for path, with_polygons in zip(paths, (False, True), strict=True)
            ]
            lists[split] = _opened(stack, yolo_list(home, split))
            files += [*paths, yolo_list(home, split)]
        for entry in samples:
            sample = entry.sample
            manifest.write(f"{sample_line(sample)}\n")
            for file in coco[sample.split]:
                file.add(entry)
            lists[sample.split].write(f"./images/{sample.split}/{sample.image.name}\n")
            images[sample.split] += 1
            counts = instances[sample.split]
            for annotation in sample.annotations:
                counts[annotation.label] = counts.get(annotation.label, 0) + 1
        for file in (file for pair in coco.values() for file in pair):
            file.end()
    return Exported([*files, _write_yolo_head(home, numbers)], images, instances)


def _opened(stack: ExitStack, path: Path) -> IO[str]:
    """Open a file that takes its name when the stack is left."""
    partial = stack.enter_context(replacing(path))
    return stack.enter_context(partial.open("w", encoding="utf-8"))


def _temporary(stack: ExitStack) -> IO[str]:
    """Open a file without a name that is gone when the stack is left."""
    return stack.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8"))


def _link_pictures(home: Home) -> None:
    """Link YOLO's picture folders to the pictures, which are stored once.

    YOLO's tools find the labels of `.../images/train/7.jpg` at `.../labels/train/7.txt`; the lists
    name the pictures by way of these links.
    """
    for split in SPLITS:
        link = home.yolo / "images" / split
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.is_symlink():
            link.symlink_to(os.path.relpath(home.images(split), link.parent))


def _write_yolo_head(home: Home, numbers: Mapping[str, int]) -> Path:
    """Write `data.yaml`; return it."""
    path = home.yolo / "data.yaml"
    lists = {str(split): f"{split}.txt" for split in SPLITS}
    names = {number - 1: name for name, number in numbers.items()}
    write_text(path, yaml.safe_dump({**lists, "names": names}, sort_keys=False))
    return path
