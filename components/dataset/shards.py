"""Shards: groups of samples that are written, checked and resumed together.

A shard's files are written under temporary names, flushed and renamed; only then its *record* is
written, a JSON-lines file with the manifest's lines, COCO's polygons and the hashes of all files.
A shard without a record, or whose files differ from it, is made again.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from components.dataset.jobs import Job
from components.dataset.manifest import sample_from_record
from components.dataset.packing import PackedSample, pack
from components.dataset.samples import make_sample
from components.domain import Sample
from components.errors import DatasetError
from components.files import PARTIAL_SUFFIX, file_sha256, flush_disk, write_text
from components.home import Home


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a shard's record.

    Attributes:
        sample: The manifest's line.
        polygons: COCO's polygons of each annotation of a part, by its place in the sample.
    """

    sample: Sample
    polygons: dict[int, list[list[int]]]


def records_folder(home: Home) -> Path:
    """Return where the records of finished shards lie until the dataset is whole."""
    return home.processed / ".shards"


def record_path(home: Home, shard: int) -> Path:
    """Return the place of one shard's record."""
    return records_folder(home) / f"{shard:06d}.jsonl"


def write_shard(job: Job, shard: int) -> int:
    """Make one shard.

    Returns:
        The number of its samples.
    """
    rendered = (
        make_sample(job.parts, job.settings, job.seed, index, job.photos)
        for index in job.samples(shard)
    )
    return write_packed(job, shard, (pack(job, sample) for sample in rendered))


def write_packed(job: Job, shard: int, samples: Iterable[PackedSample]) -> int:
    """Write the files of a shard as its samples come, then its record; return their number."""
    batch = FileBatch()
    lines = []
    for packed in samples:
        for path, content in packed.contents.items():
            batch.add(f"{job.root}/{path}", content)
        lines.append(packed.line)
    batch.commit()
    text = "\n".join(lines) + "\n"
    digest = hashlib.sha256(text.encode()).hexdigest()
    write_text(record_path(job.home, shard), text + json.dumps({"sha256": digest}) + "\n")
    return len(lines)


class FileBatch:
    """Files that appear under their names together, once all are on the disk."""

    def __init__(self) -> None:
        """Begin without files."""
        self._partials: dict[str, Path] = {}

    def add(self, path: str, content: bytes) -> None:
        """Write a file under a temporary name."""
        folder, name = path.rsplit("/", 1)
        partial = Path(f"{folder}/.{name}.{os.getpid()}{PARTIAL_SUFFIX}")
        self._partials[path] = partial
        try:
            write_new(partial, content)
        except OSError:
            self.discard()
            raise

    def discard(self) -> None:
        """Remove what was written so far."""
        for partial in self._partials.values():
            partial.unlink(missing_ok=True)

    def commit(self) -> None:
        """Flush all files and give them their names."""
        # One folder of each file system: a flush takes in all that was written there.
        folders = {partial.parent for partial in self._partials.values()}
        disks = {folder.stat().st_dev: folder for folder in folders}
        for folder in disks.values():
            flush_disk(folder)
        for path, partial in self._partials.items():
            partial.replace(path)
        for folder in disks.values():
            flush_disk(folder)


def write_new(path: Path, content: bytes) -> None:
    """Write a file by system calls alone: Python's own files cost twice as much for small ones."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    try:
        rest = memoryview(content)
        # A write may take in less than it is given, as on a disk that is nearly full.
        while rest:
            rest = rest[os.write(handle, rest) :]
    finally:
        os.close(handle)


def read_record(path: Path) -> Iterator[Entry]:
    """Yield the samples of a finished shard.

    Raises:
        DatasetError: If the record is missing or was changed.
    """
    try:
        text = path.read_text("utf-8")
        body, seal = text[:-1].rsplit("\n", 1)
        whole = hashlib.sha256(f"{body}\n".encode()).hexdigest() == json.loads(seal)["sha256"]
    except (OSError, UnicodeDecodeError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(
            f"{path}: not the record of a shard ({error}); generate again"
        ) from error
    if not whole:
        raise DatasetError(f"{path}: the record was changed after it was written; generate again")
    for line in body.split("\n"):
        yield _entry(orjson.loads(line))


def _entry(record: dict[str, Any]) -> Entry:
    polygons = {int(place): rings for place, rings in record["polygons"].items()}
    return Entry(sample_from_record(record["sample"]), polygons)


def shard_is_whole(job: Job, shard: int) -> bool:
    """Return whether a shard was finished and none of its files was changed since."""
    try:
        entries = list(read_record(record_path(job.home, shard)))
    except DatasetError:
        return False
    return [entry.sample.index for entry in entries] == list(job.samples(shard)) and all(
        _unchanged(job.root / name, digest)
        for entry in entries
        for name, digest in entry.sample.sha256.items()
    )


def _unchanged(path: Path, digest: str) -> bool:
    try:
        return file_sha256(path) == digest
    except OSError:
        return False
