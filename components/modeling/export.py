"""Checkpoint -> bundle: the folder that is registered, released and served.

    model.onnx        the network in float32, scaling of colours inside
    model.int8.onnx   the same in 8-bit integers
    card.json         what it is, what made it, how good and how fast each of them is
    parts.json        the drawings
    golden/           pictures with the answers a healthy service gives

The bundle is made beside its place, compared with the trained network on real pictures and only
then put in place as a whole; a model that differs is never written there.
"""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from components.domain import Part
from components.errors import ModelError
from components.files import (
    PARTIAL_SUFFIX,
    sync_folder,
)
from components.geometry.parts_file import write_parts
from components.home import Home
from components.modeling.bundle_files import PARTS_NAME
from components.modeling.evaluate import read_rgb
from components.modeling.export_pictures import ExportPictures
from components.modeling.golden import steady_pictures, write_golden
from components.modeling.inference import Predictor
from components.modeling.model_card import (
    CARD_NAME,
    INT8_NAME,
    MODEL_NAME,
    ModelCard,
    Precision,
    write_card,
)
from components.modeling.model_files import write_model
from components.modeling.origin import origin_of
from components.modeling.parity import require_parity
from components.modeling.precisions import chosen, measured_offers
from components.modeling.preparing import prepared
from components.modeling.quantization import write_int8
from components.modeling.runtimes import installed_runtimes
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
    return export_network(home, trained, parts, settings, progress)


def export_network(
    home: Home,
    trained: TrainedNetwork,
    parts: Sequence[Part],
    settings: TrainSettings,
    progress: Progress,
) -> ExportReport:
    """Make the bundle of a network that may never have seen the drawings; else as `export`.

    Args:
        home: As for `export`.
        trained: The network; its origin names the drawings that are given.
        parts: The drawings that travel with it.
        settings: As for `export`.
        progress: As for `export`.

    Raises:
        ModelError: If the exported model differs from the network.
        DatasetError: If there are no pictures to compare on.
    """
    pictures = ExportPictures.of(home, settings.export)
    bundle = home.exported
    partial = bundle.with_name(f".{bundle.name}.{os.getpid()}{PARTIAL_SUFFIX}")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        with stage(progress, "export", len(pictures.compared) + 3, "steps") as bar:
            card = _card_with_offers(partial, trained, home, pictures, settings, bar)
            write_card(partial / CARD_NAME, card)
            write_parts(partial / PARTS_NAME, parts)
            truth = {home.root / each.image: each.annotations for each in pictures.golden}
            count = settings.export.golden_pictures
            golden = steady_pictures(list(truth), _every_form(partial, card), count)
            write_golden(partial, Predictor.load(partial), golden, truth)
            bar.advance(1, "golden pictures")
            _put_in_place(partial, bundle)
            bar.advance(1, card.name)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return ExportReport(bundle, card)


def _card_with_offers(
    folder: Path,
    trained: TrainedNetwork,
    home: Home,
    pictures: ExportPictures,
    settings: TrainSettings,
    bar: Progress,
) -> ModelCard:
    """Write the network in every precision; return a card that says which is served and why.

    Raises:
        ModelError: If float32 differs from the trained network.
    """
    card = write_model(folder, trained, settings)
    files: dict[Precision, Path] = {"fp32": folder / MODEL_NAME}
    if settings.export.int8:
        long_side_px = settings.prediction.long_side_px
        calibration = [
            prepared(read_rgb(home.root / sample.image), long_side_px).pixels
            for sample in pictures.calibration
        ]
        files["int8"] = folder / INT8_NAME
        write_int8(files["fp32"], files["int8"], calibration)
    bar.advance(1, "ONNX written")
    compared = pictures.compared
    offers = measured_offers(files, trained, card, home.root, compared, settings.export, bar)
    parity = offers[0].parity
    require_parity(parity, settings.export)
    precision, reason = chosen(offers, settings.export)
    changes = {"precision": precision, "precision_reason": reason, "offers": offers}
    return card.model_copy(update=changes | {"parity": parity})


def _every_form(bundle: Path, card: ModelCard) -> list[Predictor]:
    """Return the model in every precision and runtime that it was measured in."""
    return [
        Predictor.load(bundle, runtime=runtime, precision=offer.precision)
        for offer in card.offers
        for runtime in installed_runtimes()
        if runtime == offer.runtime
    ]


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
    # Scenes of a stream are gone; the dataset serves to check the model all the same.
    if not trained.origin.streamed and trained.origin.dataset != here.dataset:
        raise ModelError(
            f"{checkpoint}: was trained on another dataset than {home.manifest}; train again"
        )


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
