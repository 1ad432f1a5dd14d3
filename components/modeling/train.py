"""Training: dataset -> checkpoint, on the processor, within a budget, resumable at any kill."""

import logging
from collections.abc import Sequence

from components.dataset.manifest import read_manifest
from components.domain import Part
from components.errors import DatasetError
from components.files import fingerprint, source_fingerprint
from components.home import Home
from components.modeling.generic_weights import GenericWeights, generic_folder, read_generic
from components.modeling.loop import Lesson, Stop, TrainingResult, result_of, run, usable_checkpoint
from components.modeling.origin import origin_of
from components.modeling.picture_sources import DatasetPictures
from components.modeling.training_state import TrainingState
from components.modeling.validation import ValidationSet, held_out
from components.progress import Progress
from components.settings.train import TrainSettings

logger = logging.getLogger(__name__)

LOG_NAME = "training.jsonl"

SOURCES = tuple(
    f"modeling/{name}"
    for name in (
        "coco_scores.py",
        "generic_weights.py",
        "grouping.py",
        "heads.py",
        "loop.py",
        "losses.py",
        "network.py",
        "optimizer.py",
        "origin.py",
        "picture_sources.py",
        "preparing.py",
        "replicas.py",
        "targets.py",
        "torch_dataset.py",
        "train.py",
        "trained.py",
        "training_log.py",
        "training_state.py",
        "utils",
        "validation.py",
    )
)
"""The code that decides what a training ends with: weights, figures, log."""

NO_WEIGHTS = "scratch"
"""Stands for generic weights in a fingerprint where training starts without any."""

NOT_IN_WEIGHTS = {"checkpoint_every_s", "export", "prediction"}
"""Settings that may change without a new training; of `prediction` the served size alone counts."""


def inputs_fingerprint(
    home: Home,
    parts: Sequence[Part],
    settings: TrainSettings,
    seed: int,
    start: GenericWeights | None,
) -> str:
    """Return the hash of all that decides the weights: dataset, drawings, settings, seed, code.

    How pixels become instances does not: the figures on the validation split follow the settings
    of the day on which they were measured.

    Args:
        home: Its dataset counts.
        parts: In the order of the labels.
        settings: Of the training.
        seed: Of the training.
        start: The weights it starts from, see `starting_weights`.

    Raises:
        DatasetError: If there is no dataset.
    """
    return fingerprint(
        origin_of(home, parts),
        [part.name for part in parts],
        settings.model_dump(mode="json", exclude=NOT_IN_WEIGHTS),
        settings.prediction.long_side_px,
        seed,
        start.card.weights_sha256 if start else NO_WEIGHTS,
        source_fingerprint(*SOURCES),
    )


def starting_weights(home: Home, settings: TrainSettings) -> GenericWeights | None:
    """Return the weights that a training starts from; None for random ones.

    Args:
        home: Its generic weights go before those that ship.
        settings: Say whether to start from scratch.

    Raises:
        ModelError: If there are generic weights that are damaged.
    """
    folder = None if settings.from_scratch else generic_folder(home)
    return read_generic(folder) if folder else None


def train(
    home: Home,
    parts: Sequence[Part],
    settings: TrainSettings,
    seed: int,
    progress: Progress,
    stop: Stop | None = None,
) -> TrainingResult:
    """Train the network on the home folder's dataset, or go on where a training was cut off.

    Args:
        home: Its dataset is read; checkpoint and log are written there.
        parts: The drawings; their order is the order of the labels.
        settings: Network, budget and the rest.
        seed: Decides everything random.
        progress: Told after each step, in percent of the budget.
        stop: Asked after each step; True writes a checkpoint and ends early.

    Raises:
        DatasetError: If the dataset is missing, damaged or has no training sample.
        ModelError: If the generic weights are damaged or of another network.
    """
    start = starting_weights(home, settings)
    inputs = inputs_fingerprint(home, parts, settings, seed, start)
    saved = usable_checkpoint(home.checkpoint, inputs)
    if saved and saved["finished"]:
        logger.info("training: inputs unchanged, %s is finished", home.checkpoint)
        return result_of(home.checkpoint, saved, skipped=True, resumed_at=saved["step"])
    labels = [part.name for part in parts]
    lesson = _lesson(home, labels, settings, seed)
    state = TrainingState(labels, settings, seed, inputs, origin_of(home, parts))
    if saved:
        state.go_on_from(saved)
        logger.info("training: goes on at step %d, %.0f s", state.step, state.seconds)
    elif start:
        state.start_from(start.weights)
        logger.info("training: starts from generic weights of %d steps", start.card.steps)
    resumed_at = state.step
    run(lesson, state, settings, seed, progress, stop)
    return result_of(home.checkpoint, state.to_checkpoint(), skipped=False, resumed_at=resumed_at)


def _lesson(home: Home, labels: Sequence[str], settings: TrainSettings, seed: int) -> Lesson:
    """Return the home folder's dataset as something to learn from."""
    numbers = {name: number for number, name in enumerate(labels)}
    samples = list(read_manifest(home.manifest))
    shown = [sample for sample in samples if sample.split == "train"]
    if not shown:
        raise DatasetError(f"{home.manifest}: has no training sample; generate a dataset again")
    watched = held_out(home.root, samples, numbers, settings.validation_pictures)
    return Lesson(
        pictures=DatasetPictures(home.root, shown, numbers, seed),
        validation=ValidationSet(watched, labels, settings),
        checkpoint=home.checkpoint,
        log=home.reports / LOG_NAME,
    )
