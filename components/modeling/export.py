"""Checkpoint -> bundle: the folder that is registered, released and served.

    model.onnx    the network, preprocessing inside
    card.json     what it is, what made it, how good it is
    parts.json    the drawings
    golden/       pictures with the answers a healthy service gives

The bundle is made beside its place, compared with the trained network on real pictures and only
then put in place as a whole; a model that differs is never written there.
"""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from components.dataset.manifest import read_manifest
from components.domain import Part, Sample
from components.errors import DatasetError, ModelError
from components.files import (
    PARTIAL_SUFFIX,
    sync_folder,
)
from components.geometry.parts_file import write_parts
from components.home import Home
from components.modeling.bundle_files import PARTS_NAME
from components.modeling.evaluate import read_rgb
from components.modeling.golden import write_golden
from components.modeling.inference import Predictor
from components.modeling.model_card import (
    CARD_NAME,
    ModelCard,
    write_card,
)
from components.modeling.model_files import write_model
from components.modeling.origin import origin_of
from components.modeling.parity import parity_of, require_parity
from components.modeling.trained import TrainedNetwork, load_trained
from components.progress import Progress, stage
from components.settings.train import TrainSettings


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What an export made.

    Attributes:
        bundle: The folder.
        card: Of the model.
    """

    bundle: Path
    card: ModelCard


def export(
    home: Home, checkpoint: Path, parts: Sequence[Part], settings: TrainSettings, progress: Progress
) -> ExportReport:
    """Make the bundle of a trained network in `home.exported`.

    Args:
        home: Its validation and test pictures are used.
        checkpoint: Of a finished training.
        parts: The drawings it was trained on, in any order.
        settings: What is compared and what is allowed.
        progress: Told after each step.

    Raises:
        ModelError: If the checkpoint is unusable, belongs to other drawings or another dataset, or
            the exported model differs from it.
        DatasetError: If there are no pictures to compare on.
    """
    trained = load_trained(checkpoint)
    _check_labels(checkpoint, trained, parts)
    _check_origin(checkpoint, trained, home, parts)
    samples = list(read_manifest(home.manifest))
    compared = _some(samples, "val", settings.export.parity_pictures, home)
    golden = _some(samples, "test", settings.export.golden_pictures, home)
    bundle = home.exported
    partial = bundle.with_name(f".{bundle.name}.{os.getpid()}{PARTIAL_SUFFIX}")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        with stage(progress, "export", 4, "steps") as bar:
            card = write_model(partial, trained, settings)
            bar.advance(1, "ONNX written")
            parity = parity_of(
                trained, Predictor.load(partial), [read_rgb(path) for path in compared]
            )
            require_parity(parity, settings.export)
            bar.advance(1, f"same on {parity.pictures} pictures")
            card = card.model_copy(update={"parity": parity})
            write_card(partial / CARD_NAME, card)
            write_parts(partial / PARTS_NAME, parts)
            write_golden(partial, Predictor.load(partial), golden)
            bar.advance(1, "golden pictures")
            _put_in_place(partial, bundle)
            bar.advance(1, card.name)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return ExportReport(bundle, card)


def _check_labels(checkpoint: Path, trained: TrainedNetwork, parts: Sequence[Part]) -> None:
    names = {part.name for part in parts}
    if names != set(trained.labels):
        raise ModelError(
            f"{checkpoint}: was trained on {', '.join(trained.labels)}; the drawings are "
            f"{', '.join(sorted(names))}; train again"
        )


def _check_origin(
    checkpoint: Path, trained: TrainedNetwork, home: Home, parts: Sequence[Part]
) -> None:
    """Refuse a network that never saw what lies in the home folder now."""
    here = origin_of(home, parts)
    if trained.origin.drawings != here.drawings:
        raise ModelError(
            f"{checkpoint}: was trained on other drawings of the same names than those given now; "
            "generate the dataset and train again"
        )
    if trained.origin.dataset != here.dataset:
        raise ModelError(
            f"{checkpoint}: was trained on another dataset than {home.manifest}; train again"
        )


def _some(samples: Sequence[Sample], split: str, count: int, home: Home) -> list[Path]:
    """Return the paths of a split's first pictures."""
    paths = [home.root / sample.image for sample in samples if sample.split == split][:count]
    if not paths:
        raise DatasetError(
            f"{home.manifest}: has no sample of the split {split}; generate a larger dataset"
        )
    return paths


def _put_in_place(partial: Path, bundle: Path) -> None:
    """Replace the old bundle; between the two renames there is none, but never half of one."""
    sync_folder(partial)
    old = bundle.with_name(f".{bundle.name}.old{PARTIAL_SUFFIX}")
    shutil.rmtree(old, ignore_errors=True)
    if bundle.exists():
        bundle.replace(old)
    partial.replace(bundle)
    sync_folder(bundle.parent)
    shutil.rmtree(old, ignore_errors=True)
