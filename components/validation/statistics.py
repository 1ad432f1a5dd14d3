"""A dataset on the disk -> tidy tables of figures: one row a file, a picture, an object, a split.

Samples are measured in a pool of processes, a chunk at a time; only rows of figures come back, so
memory does not grow with the size of the pictures. The tables of pictures and objects are written
as Parquet beside the dataset, for anybody's own questions.
"""

import multiprocessing
import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from operator import attrgetter
from pathlib import Path

import cv2
import pandas as pd

from components.domain import OTHER_LABEL, SPLITS, Sample
from components.errors import DatasetError
from components.files import file_sha256, read_sealed, replacing, write_sealed
from components.home import Home
from components.progress import Progress, stage
from components.validation.layout import Exports, Whole, read_exports
from components.validation.measurements import Job, Measured, measure_jobs
from components.validation.rows import PICTURES, AnnotationRow, FileRow, ImageRow, SplitRow, columns

Row = FileRow | ImageRow | AnnotationRow | SplitRow

CHUNK_SAMPLES = 32
QUEUED_CHUNKS_PER_WORKER = 2

MOST_LABELS_OF_A_BYTE = 250
"""Semantic masks of more parts have 16 bits."""


@dataclass(frozen=True, slots=True, eq=False)
class Statistics:
    """What was measured.

    Attributes:
        labels: Names of the parts in the order of their numbers in the semantic masks, from 1.
        files: Columns of `FileRow`.
        images: Columns of `ImageRow`.
        annotations: Columns of `AnnotationRow`.
        splits: Columns of `SplitRow`.
    """

    labels: tuple[str, ...]
    files: pd.DataFrame
    images: pd.DataFrame
    annotations: pd.DataFrame
    splits: pd.DataFrame


def images_table_path(home: Home) -> Path:
    """Return where the figures of the pictures are kept."""
    return home.processed / "statistics_images.parquet"


def annotations_table_path(home: Home) -> Path:
    """Return where the figures of the objects are kept."""
    return home.processed / "statistics_annotations.parquet"


def record_path(home: Home) -> Path:
    """Return where the hashes of both tables are kept."""
    return home.processed / "statistics.json"


def measure_dataset(
    home: Home, samples: Iterable[Sample], whole: Whole, workers: int, progress: Progress
) -> Statistics:
    """Measure every file, picture and object of a dataset.

    Args:
        home: Where the dataset is.
        samples: As the manifest has them; read as they are needed.
        whole: What the dataset's card says of it.
        workers: Number of processes; 0 for one a core.
        progress: Is told of every measured picture.

    Raises:
        DatasetError: If there is no sample.
    """
    exports = read_exports(home, whole)
    measured: list[Measured] = []
    with stage(progress, "Checking pictures", whole.total, "images") as bar:
        for rows in _measured(_jobs(home, samples, whole.labels, exports), workers):
            measured += rows
            bar.advance(len(rows), "")
    if not measured:
        raise DatasetError(
            f"{home.manifest}: there is no sample to check; run `dxfvision generate` first"
        )
    files = [row for one in measured for row in one.files]
    files += exports.files
    files += _strays(home, files)
    return Statistics(
        labels=whole.labels,
        files=_frame(FileRow, files),
        images=_frame(ImageRow, [one.image for one in measured]),
        annotations=_frame(AnnotationRow, [row for one in measured for row in one.annotations]),
        splits=_frame(SplitRow, exports.split_rows(whole.labels)),
    )


def write_tables(home: Home, statistics: Statistics) -> None:
    """Write the figures of pictures and objects as Parquet beside the dataset, and their hashes."""
    tables = {
        images_table_path(home): statistics.images.drop(columns=list(PICTURES)),
        annotations_table_path(home): statistics.annotations,
    }
    record_path(home).unlink(missing_ok=True)
    for path, table in tables.items():
        with replacing(path) as partial:
            table.to_parquet(partial, index=False)
    write_sealed(record_path(home), {path.name: file_sha256(path) for path in tables})


def changed_tables(home: Home) -> list[str]:
    """Return one sentence for each table that is not as it was written; none without tables."""
    paths = (images_table_path(home), annotations_table_path(home))
    record = record_path(home)
    if not any(path.exists() for path in (*paths, record)):
        return []
    try:
        hashes = read_sealed(record)
    except (OSError, ValueError) as error:
        return [
            f"{record}: cannot be relied on ({error}); write it again with `dxfvision validate`"
        ]
    return [
        f"{path}: {'its bytes changed' if path.exists() else 'missing'}; write it again with "
        "`dxfvision validate`"
        for path in paths
        if not path.exists() or file_sha256(path) != hashes.get(path.name)
    ]


def _frame(row: type[Row], rows: Sequence[Row]) -> pd.DataFrame:
    """Return rows as a table; also with its columns when there is no row."""
    names = columns(row)
    return pd.DataFrame(list(map(attrgetter(*names), rows)), columns=list(names))


def _jobs(
    home: Home, samples: Iterable[Sample], labels: Sequence[str], exports: Exports
) -> Iterator[list[Job]]:
    """Yield samples with what COCO and YOLO say of them, a chunk at a time."""
    numbers = semantic_numbers(labels)
    stream = iter(samples)
    while chunk := list(islice(stream, CHUNK_SAMPLES)):
        yield [exports.job(home, sample, numbers) for sample in chunk]


def semantic_numbers(labels: Sequence[str]) -> dict[str, int]:
    """Return the number of each label in the semantic masks, as `Sample` defines them.

    Examples:
        >>> semantic_numbers(["arm", "plate"])
        {'arm': 1, 'plate': 2, 'other': 255}
    """
    numbers = {label: number for number, label in enumerate(labels, start=1)}
    return numbers | {OTHER_LABEL: 255 if len(labels) <= MOST_LABELS_OF_A_BYTE else 65535}


def _measured(chunks: Iterator[list[Job]], workers: int) -> Iterator[list[Measured]]:
    """Measure chunks in order, in this process or in a pool with a short queue."""
    workers = workers or len(os.sched_getaffinity(0))
    if workers == 1:
        yield from map(measure_jobs, chunks)
        return
    # Spawned, because a fork of a process with threads (torch, a server) may hang.
    context = multiprocessing.get_context("spawn")
    queue: deque[Future[list[Measured]]] = deque()
    with ProcessPoolExecutor(workers, context, initializer=_one_thread) as pool:
        for chunk in chunks:
            queue.append(pool.submit(measure_jobs, chunk))
            if len(queue) >= workers * QUEUED_CHUNKS_PER_WORKER:
                yield queue.popleft().result()
        while queue:
            yield queue.popleft().result()


def _one_thread() -> None:
    """Keep OpenCV's own threads from fighting the other workers."""
    cv2.setNumThreads(1)


def _strays(home: Home, known: Sequence[FileRow]) -> list[FileRow]:
    """Return the files in the dataset's folders that the manifest does not list."""
    listed = {row.file for row in known}
    folders = [folder(split) for split in SPLITS for folder in (home.images, home.masks)]
    folders += [home.yolo / "labels" / split for split in SPLITS]
    found = (path for folder in folders for path in sorted(folder.glob("*")))
    files = [str(path.relative_to(home.root)) for path in found if path.suffix != ".md"]
    return [FileRow(file, "stray", True, None, None, False) for file in files if file not in listed]
