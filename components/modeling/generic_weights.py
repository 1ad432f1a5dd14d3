"""The file of the generic weights and its card: checked by hash before anything is loaded.

weights.pth   tensors alone, read with `weights_only`
card.json     recipe, seeds, figures, hash of the weights

A pair of them ships with the project; a home folder's own pair goes before it.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import torch
from pydantic import BaseModel, ConfigDict, ValidationError
from torch import Tensor

from components.errors import ModelError
from components.files import file_sha256, fingerprint, source_fingerprint, write_json
from components.home import Home
from components.modeling.bundle_files import require_hash
from components.modeling.utils.checkpoints import read_checkpoint, write_checkpoint
from components.settings.data import DataSettings
from components.settings.train import TrainSettings

WEIGHTS_NAME, CARD_NAME = "weights.pth", "card.json"


class Stretch(BaseModel):
    """One sitting of training.

    Attributes:
        ended: When, UTC.
        seed: Given by the user.
        steps: Taken.
        seconds: Of training.
        figures: On held-out random scenes, at its end.
        settings: Of network, crops, loss and optimizer.
        scenes: Settings of the generator.
        source: Fingerprint of the code.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    ended: str
    seed: int
    steps: int
    seconds: float
    figures: dict[str, float]
    settings: dict[str, Any]
    scenes: dict[str, Any]
    source: str


class GenericCard(BaseModel):
    """What the generic weights are and how they came about.

    Attributes:
        weights_sha256: Hash of the file; empty before the first stretch.
        stretches: From the first to the last.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    weights_sha256: str
    stretches: tuple[Stretch, ...]

    @classmethod
    def of_nothing(cls) -> Self:
        """Return the card of weights that have not been trained."""
        return cls(weights_sha256="", stretches=())

    @property
    def steps(self) -> int:
        """Steps taken in all."""
        return sum(stretch.steps for stretch in self.stretches)

    @property
    def seconds(self) -> float:
        """Training time in all."""
        return sum(stretch.seconds for stretch in self.stretches)

    def after(
        self,
        steps: int,
        seconds: float,
        figures: dict[str, float],
        settings: TrainSettings,
        data: DataSettings,
        seed: int,
    ) -> Self:
        """Return the card with one more stretch."""
        stretch = Stretch(
            ended=datetime.now(UTC).isoformat(timespec="seconds"),
            seed=seed,
            steps=steps,
            seconds=round(seconds, 1),
            figures=figures,
            settings=settings.model_dump(mode="json"),
            scenes=data.model_dump(mode="json"),
            source=fingerprint(source_fingerprint("modeling", "data_preprocessing")),
        )
        return self.model_copy(update={"stretches": (*self.stretches, stretch)})


@dataclass(frozen=True, slots=True, eq=False)
class GenericWeights:
    """Weights with their card."""

    weights: dict[str, Tensor]
    card: GenericCard


def write_generic(folder: Path, weights: dict[str, Tensor], card: GenericCard) -> None:
    """Write weights and card; the card comes last and says which weights it means."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / WEIGHTS_NAME
    write_checkpoint(path, {"weights": {name: value.clone() for name, value in weights.items()}})
    card = card.model_copy(update={"weights_sha256": file_sha256(path)})
    write_json(folder / CARD_NAME, card.model_dump(mode="json"))


def read_generic(folder: Path) -> GenericWeights:
    """Read what `write_generic` wrote.

    Raises:
        ModelError: If a file is missing or damaged, or the two do not belong together.
    """
    card = read_generic_card(folder)
    path = folder / WEIGHTS_NAME
    advice = (
        "if `dxfvision train --generic` was cut off at its end, start it again; else get both anew "
        f"or remove {folder}"
    )
    require_hash(path, card.weights_sha256, advice)
    weights: dict[str, torch.Tensor] = read_checkpoint(path, ("weights",))["weights"]
    return GenericWeights(weights, card)


def generic_folder(home: Home) -> Path | None:
    """Return the folder of the generic weights that a training starts from, None if there are none.

    Args:
        home: Its own weights go before those that ship.
    """
    # By place, not by name: onnxruntime puts a folder on the path that holds another `models`.
    shipped = Path(__file__).parents[2] / "models" / "generic"
    return next((place for place in (home.generic, shipped) if place.is_dir()), None)


def read_generic_card(folder: Path) -> GenericCard:
    """Read the card of generic weights without a look at the weights.

    Raises:
        ModelError: If it is missing or damaged.
    """
    path = folder / CARD_NAME
    try:
        return GenericCard.model_validate(json.loads(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, ValidationError) as error:
        raise ModelError(
            f"{path}: is no card of generic weights ({error}); get card and weights anew"
        ) from error
