"""Whether a dataset is what its card says, down to the last byte.

The card is sealed with its own hash and holds those of the manifest, COCO and YOLO files; the
manifest holds those of every sample's files. Whatever changed is so found and named.
"""

from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from components.dataset.card import DatasetCard, card_path, load_dataset
from components.dataset.manifest import read_manifest
from components.dataset.splits import leaks
from components.domain import SPLITS
from components.errors import DatasetError
from components.files import file_sha256
from components.home import Home

FOREIGN = ("*.md", ".gitkeep", "*.cache", "parts.json", "statistics*")
"""Names of files that may lie among a dataset's: notes, what Ultralytics keeps, what other stages
write there."""


def verify_dataset(home: Home, deep: bool = False) -> list[str]:
    """Return what is wrong with a dataset: one sentence a fault, none if it is sound.

    Args:
        home: Where it lies.
        deep: Also hash every picture, mask and label; else only see that they are there.

    Raises:
        DatasetError: If there is no finished dataset.
    """
    card = load_dataset(home)
    changed = {
        home.root / name: fault
        for name, digest in card.files.items()
        if (fault := _fault(home.root / name, digest, deep=True))
    }
    faults = [*changed.values(), *_link_faults(home)]
    if home.manifest in changed:
        # What it says of the samples cannot be relied on.
        return faults
    try:
        return faults + list(_sample_faults(home, card, deep))
    except DatasetError as error:
        return [*faults, str(error)]


def extra_files(home: Home) -> list[str]:
    """Return one sentence for each file in the dataset's folders that is none of its own.

    Raises:
        DatasetError: If there is no finished dataset or its manifest cannot be read.
    """
    own = {home.root / name for name in load_dataset(home).files} | {card_path(home)}
    own |= {home.root / name for sample in read_manifest(home.manifest) for name in sample.sha256}
    return [
        f"{path}: belongs to no sample of the manifest"
        for folder in (home.processed, home.coco, home.yolo)
        for path in sorted(folder.rglob("*"))
        if path not in own and _counts(home, path)
    ]


def _counts(home: Home, path: Path) -> bool:
    """Return whether a path would have to be the dataset's."""
    if path.parent == home.yolo / "images" and path.name in SPLITS:
        return False  # the links, which have a check of their own
    return not path.is_dir() and not any(fnmatch(path.name, name) for name in FOREIGN)


def _link_faults(home: Home) -> Iterator[str]:
    """Name each of YOLO's picture folders that does not lead to the pictures."""
    for split in SPLITS:
        link = home.yolo / "images" / split
        if link.resolve() != home.images(split).resolve():
            yield f"{link}: must be a link to {home.images(split)}"


def _fault(path: Path, digest: str, deep: bool) -> str | None:
    """Return what is wrong with one file."""
    try:
        if not deep:
            return None if path.is_file() else f"{path}: missing"
        found = file_sha256(path)
    except OSError as error:
        return f"{path}: cannot be read ({error.strerror})"
    if found == digest:
        return None
    return f"{path}: its bytes changed (sha256 {found[:12]}, expected {digest[:12]})"


def _sample_faults(home: Home, card: DatasetCard, deep: bool) -> Iterator[str]:
    counts = dict.fromkeys(SPLITS, 0)
    expected: set[Path] = set()
    for sample in read_manifest(home.manifest):
        counts[sample.split] += 1
        for name, digest in sample.sha256.items():
            expected.add(home.root / name)
            if fault := _fault(home.root / name, digest, deep):
                yield fault
    if counts != card.images:
        yield f"{home.manifest}: lists {counts} pictures, the card says {card.images}"
    for path in _sample_files(home):
        if path not in expected:
            yield f"{path}: belongs to no sample of the manifest"
    for leak in leaks(read_manifest(home.manifest)):
        yield f"{home.manifest}: group in more than one split: {leak}"


def _sample_files(home: Home) -> Iterator[Path]:
    """Yield every file that lies where those of samples do, README files aside."""
    folders = [f(split) for split in SPLITS for f in (home.images, home.masks)]
    folders += [home.yolo / "labels" / split for split in SPLITS]
    for folder in folders:
        yield from (
            path for path in sorted(folder.glob("*")) if path.suffix != ".md" and not path.is_dir()
        )
