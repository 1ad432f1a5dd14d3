"""The files that stand for a whole dataset: manifest, COCO, YOLO.

They are written from the shards' records, one sample at a time: memory does not grow with the
dataset.
"""

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import yaml

from components.dataset.annotations import coco_annotation, coco_categories, coco_image
from components.dataset.jobs import Job
from components.dataset.manifest import sample_line
from components.dataset.shards import Entry, read_record, record_path
from components.domain import SPLITS, Split
from components.files import replacing, write_text
from components.home import Home


def coco_paths(home: Home, split: Split) -> tuple[Path, Path]:
    """Return the COCO files of a split: with run-length masks, and with polygons."""
    return home.coco / f"instances_{split}.json", home.coco / f"polygons_{split}.json"


def entries(job: Job) -> Iterator[Entry]:
    """Yield all samples by number."""
    for shard in job.shards:
        yield from read_record(record_path(job.home, shard))


class _CocoFile:
    """One COCO file, written as samples come: pictures at once, annotations kept in a side file.

    COCO wants all pictures before or after all annotations; the annotations are written first and
    the pictures, which are few bytes each, at the end.
    """

    def __init__(self, out: IO[str], job: Job) -> None:
        self._out, self._numbers = out, job.numbers
        self._images: list[dict[str, Any]] = []
        self._count = 0
        out.write('{"annotations": [')

    def add(self, entry: Entry, with_polygons: bool) -> None:
        """Write the annotations of one sample's parts."""
        sample = entry.sample
        size = sample.height_px, sample.width_px
        self._images.append(coco_image(sample.index, sample.image.name, *size))
        for place, rings in entry.polygons.items():
            annotation = sample.annotations[place]
            self._count += 1
            number = self._numbers[annotation.label]
            record = coco_annotation(annotation, self._count, sample.index, number)
            if with_polygons:
                record["segmentation"] = rings
            comma = ",\n" if self._count > 1 else "\n"
            self._out.write(comma + json.dumps(record))

    def end(self) -> None:
        """Write what is left."""
        rest = {
            "images": self._images,
            "categories": coco_categories(self._numbers),
            "info": {"description": "dxfvision, generated scenes", "version": "1"},
            "licenses": [],
        }
        self._out.write("\n], " + json.dumps(rest)[1:] + "\n")


def write_coco(job: Job) -> list[Path]:
    """Write both COCO files of each split; return them."""
    paths = []
    with ExitStack() as stack:
        files: dict[tuple[Split, bool], _CocoFile] = {}
        for split in SPLITS:
            for path, polygons in zip(coco_paths(job.home, split), (False, True), strict=True):
                partial = stack.enter_context(replacing(path))
                out = stack.enter_context(partial.open("w", encoding="utf-8"))
                files[split, polygons] = _CocoFile(out, job)
                paths.append(path)
        for entry in entries(job):
            for polygons in (False, True):
                files[entry.sample.split, polygons].add(entry, polygons)
        for file in files.values():
            file.end()
    return paths


def write_manifest_file(job: Job) -> Path:
    """Write the manifest from the shards' records."""
    with replacing(job.home.manifest) as partial, partial.open("w", encoding="utf-8") as out:
        out.writelines(f"{sample_line(entry.sample)}\n" for entry in entries(job))
    return job.home.manifest


def write_yolo(job: Job) -> list[Path]:
    """Write `data.yaml` and the lists of pictures; return them.

    YOLO's tools find the labels of `.../images/train/7.jpg` at `.../labels/train/7.txt`. The
    pictures are stored once, so `yolo/images/train` is a link to them, and the lists name them
    by way of that link.
    """
    home = job.home
    for split in SPLITS:
        link = home.yolo / "images" / split
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.is_symlink():
            link.symlink_to(os.path.relpath(home.images(split), link.parent))
    lists = {split: home.yolo / f"{split}.txt" for split in SPLITS}
    with ExitStack() as stack:
        files: dict[Split, IO[str]] = {}
        for split, path in lists.items():
            partial = stack.enter_context(replacing(path))
            files[split] = stack.enter_context(partial.open("w", encoding="utf-8"))
        for entry in entries(job):
            split = entry.sample.split
            files[split].write(f"./images/{split}/{entry.sample.image.name}\n")
    names = {number - 1: name for name, number in job.numbers.items()}
    head = {str(split): path.name for split, path in lists.items()}
    write_text(home.yolo / "data.yaml", yaml.safe_dump({**head, "names": names}, sort_keys=False))
    return [*lists.values(), home.yolo / "data.yaml"]


def count_instances(found: Iterable[Entry]) -> tuple[dict[Split, int], dict[Split, dict[str, int]]]:
    """Return the pictures and the objects by label of each split."""
    images: dict[Split, int] = dict.fromkeys(SPLITS, 0)
    instances: dict[Split, dict[str, int]] = {split: {} for split in SPLITS}
    for entry in found:
        sample = entry.sample
        images[sample.split] += 1
        for annotation in sample.annotations:
            labels = instances[sample.split]
            labels[annotation.label] = labels.get(annotation.label, 0) + 1
    return images, instances
