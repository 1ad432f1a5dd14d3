"""Whether a dataset is what its card says, down to the last byte."""

from collections.abc import Iterator
from pathlib import Path

from components.dataset.card import DatasetCard, load_dataset
from components.dataset.manifest import read_manifest
from components.dataset.splits import leaks
from components.domain import SPLITS
from components.errors import DatasetError
from components.files import file_sha256
from components.home import Home


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
    faults = list(changed.values())
    if home.manifest in changed:
        # What it says of the samples cannot be relied on.
        return faults
    try:
        return faults + list(_sample_faults(home, card, deep))
    except DatasetError as error:
        return [*faults, str(error)]


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
