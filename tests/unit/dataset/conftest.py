"""A small dataset that the tests of this folder read, made once."""

from pathlib import Path

import pytest

from components.dataset.card import DatasetCard
from components.dataset.generate import generate_dataset
from components.domain import Part
from components.home import Home
from components.progress import SilentProgress
from components.settings.data import DataSettings
from tests.unit.strategies import part, plate_with_hole, square


@pytest.fixture(scope="session")
def parts() -> list[Part]:
    """A plate with a hole, a frame and a square, in no order."""
    return [
        part("square", square(50.0)),
        plate_with_hole(),
        part("frame", square(80.0), square(60.0)),
    ]


@pytest.fixture(scope="session")
def settings() -> DataSettings:
    """Forty small pictures in shards of four, made in this process."""
    changes = {
        "images": 40,
        "width_px": 128,
        "height_px": 96,
        "shard_samples": 4,
        "executor": "sequential",
        "workers": 2,
    }
    return DataSettings.load(None, "tiny").model_copy(update=changes)


@pytest.fixture(scope="session")
def dataset(
    tmp_path_factory: pytest.TempPathFactory, parts: list[Part], settings: DataSettings
) -> tuple[Home, DatasetCard]:
    """The dataset of those parts, seed 5."""
    home = Home(tmp_path_factory.mktemp("dataset"))
    return home, generate_dataset(parts, home, settings, 5, SilentProgress())


@pytest.fixture(scope="session")
def hashes(dataset: tuple[Home, DatasetCard]) -> dict[str, str]:
    """Hash of every file of that dataset but its card."""
    return hashes_of(dataset[0].root)


def hashes_of(root: Path) -> dict[str, str]:
    """Return the hash of every file below `data`, the card with its times left out."""
    from components.files import file_sha256

    return {
        str(path.relative_to(root)): file_sha256(path)
        for path in sorted((root / "data").rglob("*"))
        if path.is_file() and path.name != "dataset.json"
    }
