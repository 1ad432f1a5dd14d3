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
from components.modeling.team import ALONE, Team
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
        state = read_checkpoint(path, ("inputs", "finished"))
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
    team: Team = ALONE,
) -> None:
    """Train until the budget is used up or `stop` says so; the last act is a checkpoint.

    Args:
        lesson: What is learned from.
        state: Where the training stands; changed in place, its threads are ended.
        settings: Budget and the rest.
        seed: Decides the crops; each process of a team has its own.
        progress: Told after each step, in percent of the budget.
        stop: Whether to end early.
        team: Of processes that train together; all call this, the leader alone writes.

    Raises:
        ModelError: If the gradients are no numbers any more.
    """
    cv2.setNumThreads(1)
    source = CropSource(lesson.pictures, settings, seed)
    source.whole_from = state.whole_from
    with (
        closing(source),
        closing(state),
        closing(_Records(lesson, state, settings, team)) as records,
        closing(prefetched(source, state.step, settings.crops.prefetch)) as batches,
        stage(progress, "train", 100.0, "%") as bar,
    ):
        started = time.monotonic() - state.seconds
        state.network.train()
        while not _ends(state, team, stop):
            before = state.share_done
            loss, rate = state.learn(next(batches), team)
            (state.seconds,) = team.agree(time.monotonic() - started)
            _plan_whole(state, source, settings)
            records.step(loss, rate)
            if state.share_done * (settings.validations + 1) >= state.validations + 1:
                records.validate()
                (state.seconds,) = team.agree(time.monotonic() - started)
            # After the validation: a checkpoint of the last step must have its figures.
            records.keep_now_and_then()
            bar.advance(100.0 * (state.share_done - before), _note(state, loss, rate))
    records.keep()


def _ends(state: TrainingState, team: Team, stop: Stop | None) -> bool:
    """Return whether no more steps are taken; note it if the training is finished."""
    finished = state.share_done >= 1.0 or state.gains_nothing
    # The leader decides: figures and Ctrl-C are its own.
    ended, stopped = team.agree(float(finished), float(bool(stop and stop())))
    state.finished = bool(ended)
    return bool(ended or stopped)


class _Records:
    """What a training leaves on disk; in a team the leader's alone."""

    def __init__(
        self, lesson: Lesson, state: TrainingState, settings: TrainSettings, team: Team
    ) -> None:
        self._lesson, self._state, self._every_s = lesson, state, settings.checkpoint_every_s
        self._log = TrainingLog(lesson.log, after_step=state.step) if team.leads else None
        self._saved_at = time.monotonic()

    def step(self, loss: Loss, rate: float) -> None:
        """Note a step."""
        if self._log:
            self._log.step(self._state.step, self._state.seconds, loss, rate)

    def validate(self) -> None:
        """Try the mean weights on the validation split."""
        state = self._state
        figures = self._lesson.validation.figures(state.mean_network()) if self._log else {}
        state.note_validation(figures)
        if self._log:
            self._log.validation(state.step, state.seconds, figures)

    def keep_now_and_then(self) -> None:
        """Write a checkpoint if the last one is old enough."""
        if time.monotonic() - self._saved_at > self._every_s:
            self.keep()

    def keep(self) -> None:
        """Write a checkpoint."""
        if self._log:
            write_checkpoint(self._lesson.checkpoint, self._state.to_checkpoint())
            self._saved_at = time.monotonic()

    def close(self) -> None:
        """Close the log."""
        if self._log:
            self._log.close()


def _plan_whole(state: TrainingState, source: CropSource, settings: TrainSettings) -> None:
    """Decide, in a budget of minutes, that whole pictures begin now.

    The batches that wait already were made as crops, so the first number that nobody asked for yet
    is noted; with it a resumed training makes the same batches.
    """
    if state.whole_from is None and state.share_done >= 1.0 - settings.crops.whole_share:
        state.whole_from = state.step + settings.crops.prefetch + 2
        source.whole_from = state.whole_from


def _note(state: TrainingState, loss: Loss, rate: float) -> str:
    """Return the figures of a step for people who watch."""
    left = state.seconds * (1.0 / state.share_done - 1.0) if state.share_done < 1.0 else 0.0
    note = f"step {state.step} loss {float(loss.total):.3f} rate {rate:.2f}"
    if state.figures:
        note += f" val mAP {state.figures['val_map']:.3f} mIoU {state.figures['val_miou']:.3f}"
    return f"{note} left {left // 60:.0f}:{left % 60:02.0f}"
