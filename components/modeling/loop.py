"""The training loop, whatever is learned from: read `run` first.

Batch i, the first weights and the course of the rate depend on settings and seed alone, so a
training with a budget of steps that was killed and resumed ends with the same weights to the bit.
"""

import logging
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2

from components.errors import ModelError
from components.modeling.losses import Loss
from components.modeling.picture_sources import PictureSource
from components.modeling.torch_dataset import CropSource, prefetched
from components.modeling.training_log import TrainingLog
from components.modeling.training_state import TrainingState
from components.modeling.utils.checkpoints import read_checkpoint, set_aside, write_checkpoint
from components.modeling.validation import ValidationSet
from components.progress import Progress, stage
from components.settings.train import TrainSettings

logger = logging.getLogger(__name__)

Stop = Callable[[], bool]
"""Asked after each step; True writes a checkpoint and ends early."""


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """What a training learns from and where it writes.

    Attributes:
        pictures: Crops are cut from them; closed at the end.
        validation: What it is watched on.
        checkpoint: Its state, written now and then.
        log: Its figures as JSON lines.
    """

    pictures: PictureSource
    validation: ValidationSet
    checkpoint: Path
    log: Path


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


def result_of(
    path: Path, state: dict[str, Any], *, skipped: bool, resumed_at: int
) -> TrainingResult:
    """Return what the checkpoint `state` at `path` says of its training."""
    return TrainingResult(
        checkpoint=path,
        finished=state["finished"],
        skipped=skipped,
        resumed_at=resumed_at,
        steps=state["step"],
        seconds=state["seconds"],
        figures=state["figures"],
    )


def usable_checkpoint(path: Path, inputs: str) -> dict[str, Any] | None:
    """Return the checkpoint if it belongs to the same inputs; set a damaged one aside.

    Args:
        path: The file; may be missing.
        inputs: Fingerprint of what would be trained from now.
    """
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


def run(
    lesson: Lesson,
    state: TrainingState,
    settings: TrainSettings,
    seed: int,
    progress: Progress,
    stop: Stop | None = None,
) -> None:
    """Train until the budget is used up or `stop` says so; the last act is a checkpoint.

    Args:
        lesson: What is learned from.
        state: Where the training stands; changed in place, its threads are ended.
        settings: Budget and the rest.
        seed: Decides the crops.
        progress: Told after each step, in percent of the budget.
        stop: Whether to end early.
    """
    cv2.setNumThreads(1)
    source = CropSource(lesson.pictures, settings, seed)
    source.whole_from = state.whole_from
    log = TrainingLog(lesson.log, after_step=state.step)
    with (
        closing(source),
        closing(state),
        closing(prefetched(source, state.step, settings.crops.prefetch)) as batches,
        stage(progress, "train", 100.0, "%") as bar,
    ):
        started = time.monotonic() - state.seconds
        saved_at = time.monotonic()
        state.network.train()
        while state.share_done < 1.0 and not (stop and stop()):
            before = state.share_done
            loss, rate = state.learn(next(batches))
            state.seconds = time.monotonic() - started
            log.step(state.step, state.seconds, loss, rate)
            _plan_whole(state, source, settings)
            if state.share_done * (settings.validations + 1) >= state.validations + 1:
                _validate(state, lesson.validation, log)
                state.seconds = time.monotonic() - started
            bar.advance(100.0 * (state.share_done - before), _note(state, loss, rate))
            if time.monotonic() - saved_at > settings.checkpoint_every_s:
                write_checkpoint(lesson.checkpoint, state.to_checkpoint())
                saved_at = time.monotonic()
    state.finished = state.share_done >= 1.0
    write_checkpoint(lesson.checkpoint, state.to_checkpoint())


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
