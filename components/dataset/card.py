"""The dataset's card: what it was made from and what it holds.

Without a card there is no dataset.
"""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from components.domain import SPLITS, Split
from components.errors import DatasetError
from components.files import read_sealed, write_sealed
from components.home import Home


class DatasetCard(BaseModel):
    """What a finished dataset is.

    Attributes:
        fingerprint: Hash of the drawings, settings, seed, photographs and code.
        seed: Every sample depends on it and its own number.
        labels: Names of the parts; the first has number 1 in masks.
        width_px: Of every picture; of a camera's frames, which may differ, of the widest.
        height_px: Of every picture; of a camera's frames of the highest.
        images: Pictures of each split.
        instances: Objects of each split by label.
        files: Hashes of the files that stand for the whole, by path below the home folder;
            the manifest holds those of the samples.
        settings: What decided the scenes.
        executor: What made it.
        workers: How many at once.
        rendered: Pictures that the last run made; the others were there from an earlier one.
        seconds: Wall time of the last run.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    fingerprint: str
    seed: int
    labels: tuple[str, ...]
    width_px: int
    height_px: int
    images: dict[Split, int]
    instances: dict[Split, dict[str, int]]
    files: dict[str, str]
    settings: dict[str, Any]
    executor: str
    workers: int
    rendered: int
    seconds: float

    @property
    def total(self) -> int:
        """Pictures in all splits."""
        return sum(self.images[split] for split in SPLITS)

    @property
    def images_per_second(self) -> float:
        """Rate of the last run; 0 if it made nothing."""
        return self.rendered / self.seconds if self.seconds > 0 else 0.0


def card_path(home: Home) -> Path:
    """Return the card's place."""
    return home.processed / "dataset.json"


def write_card(home: Home, card: DatasetCard) -> None:
    """Write the card: from then on the dataset is whole."""
    write_sealed(card_path(home), card)


def load_dataset(home: Home) -> DatasetCard:
    """Return the card of the dataset in a home folder.

    Raises:
        DatasetError: If there is none, it was never finished or a byte of its card changed.
    """
    path = card_path(home)
    try:
        return DatasetCard.model_validate(read_sealed(path))
    except FileNotFoundError as error:
        raise DatasetError(
            f"{path}: there is no finished dataset here; run `dxfvision generate`"
        ) from error
    except (OSError, ValueError) as error:
        raise DatasetError(
            f"{path}: the dataset's card cannot be read ({error}); run `dxfvision generate`"
        ) from error
