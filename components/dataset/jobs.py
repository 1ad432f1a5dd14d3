"""What a worker needs to know to make any piece of a dataset."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from components.dataset.annotations import label_numbers
from components.domain import Part
from components.files import file_sha256, fingerprint, source_fingerprint
from components.home import Home
from components.settings.data import DataSettings

SOURCES = (
    "data_preprocessing",
    "dataset/annotations.py",
    "dataset/exports.py",
    "dataset/manifest.py",
    "dataset/packing.py",
    "dataset/samples.py",
    "dataset/shards.py",
    "dataset/splits.py",
    "domain.py",
    "geometry/masks.py",
    "geometry/transforms.py",
)
"""Code that decides the bytes: other code makes another dataset."""


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """One dataset to be made.

    Attributes:
        root: The home folder.
        parts: Sorted by name.
        settings: What decides the scenes.
        seed: Not negative.
        photos: The user's photographs.
        fingerprint: Hash of all of it and of the code.
    """

    root: Path
    parts: tuple[Part, ...]
    settings: DataSettings
    seed: int
    photos: tuple[Path, ...]
    fingerprint: str

    @property
    def home(self) -> Home:
        """The home folder's layout."""
        return Home(self.root)

    @property
    def numbers(self) -> dict[str, int]:
        """Number of each part's name in masks, from 1."""
        return label_numbers([part.name for part in self.parts])

    @property
    def shards(self) -> range:
        """Numbers of the shards."""
        return range(-(-self.settings.images // self.settings.shard_samples))

    def samples(self, shard: int) -> range:
        """Return the numbers of a shard's samples."""
        size = self.settings.shard_samples
        return range(shard * size, min((shard + 1) * size, self.settings.images))


def job_for(
    parts: Sequence[Part], home: Home, settings: DataSettings, seed: int, photos: Sequence[Path]
) -> Job:
    """Return the job of a dataset, its fingerprint computed."""
    ordered = tuple(sorted(parts, key=lambda part: part.name))
    shapes = [
        [part.name, part.outline.xy_mm, [hole.xy_mm for hole in part.holes]] for part in ordered
    ]
    made_of = fingerprint(
        shapes,
        settings.content(),
        seed,
        [file_sha256(photo) for photo in photos],
        source_fingerprint(*SOURCES),
    )
    return Job(home.root.resolve(), ordered, settings, seed, tuple(photos), made_of)
