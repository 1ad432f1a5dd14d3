"""Training: dataset -> checkpoint, on the processor, within a budget, resumable at any kill.

The loop is `_run`; read it first. Batch i, the first weights and the course of the rate depend on
settings and seed alone, so a training with a budget of steps that was killed and resumed ends with
the same weights to the bit.
"""

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2

from components.dataset.manifest import read_manifest
from components.domain import Part
from components.errors import DatasetError, ModelError
from components.files import fingerprint, source_fingerprint
from components.home import Home
from components.modeling.losses import Loss
from components.modeling.origin import origin_of
from components.modeling.torch_dataset import CropSource, prefetched
from components.modeling.training_log import TrainingLog
from components.modeling.training_state import TrainingState
from components.modeling.utils.checkpoints import read_checkpoint, set_aside, write_checkpoint
from components.modeling.validation import ValidationSet
from components.progress import Progress, stage
from components.settings.train import TrainSettings

logger = logging.getLogger(__name__)

LOG_NAME = "training.jsonl"

SOURCES = tuple(
    f"modeling/{name}"
    for name in (
        "coco_scores.py",
        "grouping.py",
        "heads.py",
        "losses.py",
        "network.py",
        "optimizer.py",
        "origin.py",
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

NOT_IN_WEIGHTS = {"checkpoint_every_s", "export", "prediction"}
"""Settings that may change without a new training; of `prediction` the served size alone counts."""


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """What a training did.

    Attributes:
        checkpoint: Its weights.
        finished: False if it was stopped before its budget was used up.
        skipped: Whether an earlier training with the same inputs was already finished.
        resumed_at: Step at which it went on from an earlier one, 0 if from scratch.
        steps: Done in all.
        seconds: Training time in all, without what was lost at a kill.
        figures: On the validation split, the last ones.
    """

    checkpoint: Path
    finished: bool
    skipped: bool
    resumed_at: int
    steps: int
    seconds: float
    figures: dict[str, float]


def inputs_fingerprint(
    home: Home, parts: Sequence[Part], settings: TrainSettings, seed: int
) -> str:
    """Return the hash of all that decides the weights: dataset, drawings, settings, seed, code.

    How pixels become instances does not: the figures on the validation split follow the settings
    of the day on which they were measured.

    Raises:
        DatasetError: If there is no dataset.
    """
    return fingerprint(
        origin_of(home, parts),
        [part.name for part in parts],
        settings.model_dump(mode="json", exclude=NOT_IN_WEIGHTS),
        settings.prediction.long_side_px,
        seed,
        source_fingerprint(*SOURCES),
    )


def train(
    home: Home,
    parts: Sequence[Part],
    settings: TrainSettings,
    seed: int,
    progress: Progress,
    stop: Callable[[], bool] | None = None,
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
    """
    inputs = inputs_fingerprint(home, parts, settings, seed)
    saved = _usable_checkpoint(home.checkpoint, inputs)
    if saved and saved["finished"]:
        logger.info("training: inputs unchanged, %s is finished", home.checkpoint)
        return _result(home.checkpoint, saved, skipped=True, resumed_at=saved["step"])
    cv2.setNumThreads(1)
    labels = [part.name for part in parts]
    state = TrainingState(labels, settings, seed, inputs, origin_of(home, parts))
    if saved:
        state.go_on_from(saved)
        logger.info("training: goes on at step %d, %.0f s", state.step, state.seconds)
    resumed_at = state.step
    with closing(state), stage(progress, "train", 100.0, "%") as bar:
        _run(home, labels, settings, seed, state, bar, stop or _never)
    return _result(home.checkpoint, state.to_checkpoint(), skipped=False, resumed_at=resumed_at)


def _run(
    home: Home,
    labels: Sequence[str],
    settings: TrainSettings,
    seed: int,
    state: TrainingState,
    bar: Progress,
    stop: Callable[[], bool],
) -> None:
    """Train until the budget is used up or `stop` says so; the last act is a checkpoint."""
    numbers = {name: number for number, name in enumerate(labels)}
    samples = list(read_manifest(home.manifest))
    shown = [sample for sample in samples if sample.split == "train"]
    if not shown:
        raise DatasetError(f"{home.manifest}: has no training sample; generate a dataset again")
    source = CropSource(home.root, shown, numbers, settings, seed)
    source.whole_from = state.whole_from
    validation = ValidationSet(home.root, samples, numbers, settings)
    log = TrainingLog(home.reports / LOG_NAME, after_step=state.step)
    started = time.monotonic() - state.seconds
    saved_at = time.monotonic()
    state.network.train()
    with closing(prefetched(source, state.step, settings.crops.prefetch)) as batches:
        while state.share_done < 1.0 and not stop():
            before = state.share_done
            loss, rate = state.learn(next(batches))
            state.seconds = time.monotonic() - started
            log.step(state.step, state.seconds, loss, rate)
            _plan_whole(state, source, settings)
            if state.share_done * (settings.validations + 1) >= state.validations + 1:
                _validate(state, validation, log)
                state.seconds = time.monotonic() - started
            bar.advance(100.0 * (state.share_done - before), _note(state, loss, rate))
            if time.monotonic() - saved_at > settings.checkpoint_every_s:
                write_checkpoint(home.checkpoint, state.to_checkpoint())
                saved_at = time.monotonic()
    state.finished = state.share_done >= 1.0
    write_checkpoint(home.checkpoint, state.to_checkpoint())


def _plan_whole(state: TrainingState, source: CropSource, settings: TrainSettings) -> None:
    """Decide, in a budget of minutes, that whole pictures begin now.

    The batches that wait already were made as crops, so the first number that nobody asked for yet
    is noted; with it a resumed training makes the same batches.
    """
    if state.whole_from is None and state.share_done >= 1.0 - settings.crops.whole_share:
        state.whole_from = state.step + settings.crops.prefetch + 2
        source.whole_from = state.whole_from


def _validate(state: TrainingState, validation: ValidationSet, log: TrainingLog) -> None:
    state.figures = validation.figures(state.mean_network())
    state.validations += 1
    log.validation(state.step, state.seconds, state.figures)


def _note(state: TrainingState, loss: Loss, rate: float) -> str:
    """Return the figures of a step for people who watch."""
    left = state.seconds * (1.0 / state.share_done - 1.0) if state.share_done < 1.0 else 0.0
    note = f"step {state.step} loss {float(loss.total):.3f} rate {rate:.2f}"
    if state.figures:
        note += f" val mAP {state.figures['val_map']:.3f} mIoU {state.figures['val_miou']:.3f}"
    return f"{note} left {left // 60:.0f}:{left % 60:02.0f}"


def _never() -> bool:
    return False


def _result(path: Path, state: dict[str, Any], *, skipped: bool, resumed_at: int) -> TrainingResult:
    return TrainingResult(
        checkpoint=path,
        finished=state["finished"],
        skipped=skipped,
        resumed_at=resumed_at,
        steps=state["step"],
        seconds=state["seconds"],
        figures=state["figures"],
    )


def _usable_checkpoint(path: Path, inputs: str) -> dict[str, Any] | None:
    """Return the checkpoint if it belongs to the same inputs; set a damaged one aside."""
    if not path.exists():
        return None
    try:
        state = read_checkpoint(path)
    except ModelError as error:
        logger.warning("%s; kept as %s, training starts anew", error, set_aside(path))
        return None
    if state["inputs"] != inputs:
        logger.info("training: %s was made from other inputs, training starts anew", path)
        return None
    return state
