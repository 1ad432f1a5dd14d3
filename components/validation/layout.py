"""Where the COCO and YOLO files of a dataset are, and what they say as a whole."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from components.domain import SPLITS, Sample
from components.files import file_sha256
from components.home import Home
from components.validation.exports import CocoFile, read_coco, read_yolo_names
from components.validation.measurements import Job
from components.validation.rows import FileRow, SplitRow

Content = TypeVar("Content")


@dataclass(frozen=True, slots=True)
class Whole:
    """What is known of a dataset as a whole before a file of it is read.

    Attributes:
        labels: Names of the parts in the order of their numbers in the semantic masks, from 1.
        total: Number of pictures.
        hashes: SHA-256 of the files that stand for the whole, by path below the home folder.
    """

    labels: tuple[str, ...]
    total: int
    hashes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Exports:
    """The files of a dataset that stand for more than one sample.

    Attributes:
        coco: The COCO file with run lengths of each split; None if it cannot be used.
        polygons: The COCO file with polygons of each split; None if it cannot be used.
        yolo_names: Names of YOLO's classes; None if they cannot be used.
        files: A row for each of the files.
    """

    coco: Mapping[str, CocoFile | None]
    polygons: Mapping[str, CocoFile | None]
    yolo_names: tuple[str, ...] | None
    files: tuple[FileRow, ...]

    def job(self, home: Home, sample: Sample, numbers: Mapping[str, int]) -> Job:
        """Return what a worker needs to measure one sample."""
        coco, polygons = self.coco.get(sample.split), self.polygons.get(sample.split)
        folder = sample.image.parent.parent.name  # of the split that the files stand in
        labels = home.yolo / "labels" / folder / f"{sample.image.stem}.txt"
        return Job(
            sample=sample,
            root=home.root,
            numbers=numbers,
            coco=coco.picture(sample.image.name) if coco else None,
            polygons=polygons.picture(sample.image.name) if polygons else None,
            yolo_file=labels.relative_to(home.root),
            yolo_names=self.yolo_names,
        )

    def split_rows(self, labels: tuple[str, ...]) -> list[SplitRow]:
        """Return what the files say of each split, given the names of the parts."""
        names = self.yolo_names
        yolo_agrees = None if names is None else names == labels
        rows = []
        for split in SPLITS:
            files = [file for file in (self.coco[split], self.polygons[split]) if file is not None]
            agree = all(tuple(file.categories.values()) == labels for file in files)
            rows.append(SplitRow(split, agree if files else None, yolo_agrees))
        return rows


def read_exports(home: Home, whole: Whole) -> Exports:
    """Read the files that stand for more than one sample; one that was changed is not used."""
    coco = _read_coco_files(home, whole, "instances")
    polygons = _read_coco_files(home, whole, "polygons")
    yolo_file, names = _opened(home, home.yolo / "data.yaml", "yolo", whole, read_yolo_names)
    files = [yolo_file, *(row for kind in (coco, polygons) for row, _ in kind.values())]
    told = {row.file for row in files}
    rest = [home.root / file for file in sorted(set(whole.hashes) - told)]
    return Exports(
        coco={split: content for split, (_, content) in coco.items()},
        polygons={split: content for split, (_, content) in polygons.items()},
        yolo_names=names,
        files=(*files, *(_file_row(home, path, "whole", whole) for path in rest)),
    )


def _read_coco_files(
    home: Home, whole: Whole, kind: str
) -> dict[str, tuple[FileRow, CocoFile | None]]:
    """Read one kind of COCO file for each split."""
    return {
        split: _opened(home, home.coco / f"{kind}_{split}.json", "coco", whole, read_coco)
        for split in SPLITS
    }


def _opened(
    home: Home, path: Path, kind: str, whole: Whole, read: Callable[[Path], Content | None]
) -> tuple[FileRow, Content | None]:
    """Read a file if it is the one that the card names."""
    row = _file_row(home, path, kind, whole)
    if not row.unchanged:
        return row, None
    content = read(path)
    return replace(row, readable=content is not None), content


def _file_row(home: Home, path: Path, kind: str, whole: Whole) -> FileRow:
    """Return the row of a file that is not read."""
    file = str(path.relative_to(home.root))
    if not path.exists():
        return FileRow(file, kind, False, None, None, True)
    unchanged = file_sha256(path) == whole.hashes.get(file)
    return FileRow(file, kind, True, unchanged, None, True)
