"""Training: scenes -> checkpoint, on the processor, within a budget, resumable at any kill.

The scenes are those of the dataset, or they are made while the network learns (`scenes: stream`).
"""

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from components.data_preprocessing.photos import usable_photos
from components.dataset.card import DatasetCard, card_path, load_dataset
from components.dataset.jobs import job_for
from components.dataset.manifest import read_manifest
from components.domain import OTHER_LABEL, Part
from components.errors import DatasetError
from components.files import fingerprint, source_fingerprint
from components.home import Home
from components.modeling.generic_weights import GenericWeights, generic_folder, read_generic
from components.modeling.loop import Lesson, Stop, TrainingResult, result_of, run, usable_checkpoint
from components.modeling.origin import Origin, drawings_hash, origin_of
from components.modeling.picture_sources import DatasetPictures, MixedPictures, PictureSource
from components.modeling.scene_stream import SameParts, SceneRecipe, SceneStream
from components.modeling.targets import Picture
from components.modeling.team import ALONE, Team
from components.modeling.training_state import TrainingState
from components.modeling.validation import ValidationSet, held_out
from components.progress import Progress
from components.settings.data import DataSettings
from components.settings.train import TrainSettings

logger = logging.getLogger(__name__)

LOG_NAME = "training.jsonl"

SOURCES = tuple(
    f"modeling/{name}"
    for name in (
        "bundle_files.py",
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
        "scene_stream.py",
        "targets.py",
        "team.py",
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

NO_FRAMES = "generated"
"""Stands for the camera's frames in a fingerprint where there are none."""

NOT_IN_WEIGHTS = {"checkpoint_every_s", "export", "prediction"}
"""Settings that may change without a new training; of `prediction` the served size alone counts."""


FIRST_HELD_OUT = 10**9
"""Number of the first scene of a stream that is watched, not learned from."""


@dataclass(frozen=True, slots=True)
class Training:
    """What a network is to learn.

    Attributes:
        home: Its dataset is read; checkpoint and log are written there.
        parts: The drawings; their order is the order of the labels.
        settings: Network, budget and the rest.
        data: Of the generator, for `scenes: stream`.
        seed: Decides everything random.
        team: Processes that train together.
    """

    home: Home
    parts: Sequence[Part]
    settings: TrainSettings
    data: DataSettings
    seed: int
    team: Team = ALONE

    @property
    def labels(self) -> list[str]:
        """Names of the drawings in the network's order."""
        return [part.name for part in self.parts]

    @property
    def own_seed(self) -> int:
        """Seed of this process's pictures: every one of a team sees others."""
        return self.seed + self.team.rank * FIRST_HELD_OUT

    def frames(self) -> DatasetCard | None:
        """Return the card of the camera's frames that are shown beside the scenes; None for none.

        Raises:
            DatasetError: If there is a dataset of them that is damaged.
        """
        labelled = self.home.labelled
        wanted = self.settings.frames_share > 0 and card_path(labelled).is_file()
        return load_dataset(labelled) if wanted else None

    def origin(self) -> Origin:
        """Return what the training sees.

        Raises:
            DatasetError: If there is no dataset and one is wanted.
        """
        if self.settings.scenes == "dataset":
            return origin_of(self.home, self.parts)
        photos = usable_photos(self.home.photos, self.home.known_photos, self.home.shown_frames)
        job = job_for(self.parts, self.home, self.data, self.seed, photos)
        return Origin(job.fingerprint, drawings_hash(self.parts), streamed=True)


def inputs_fingerprint(training: Training, start: GenericWeights | None) -> str:
    """Return the hash of all that decides the weights: scenes, drawings, settings, seed, code.

    How pixels become instances does not: the figures on the validation split follow the settings
    of the day on which they were measured.

    Args:
        training: What is learned.
        start: The weights it starts from, see `starting_weights`.

    Raises:
        DatasetError: If there is no dataset and one is wanted.
    """
    settings, frames = training.settings, training.frames()
    return fingerprint(
        training.origin(),
        frames.fingerprint if frames else NO_FRAMES,
        training.labels,
        settings.model_dump(mode="json", exclude=NOT_IN_WEIGHTS),
        settings.prediction.long_side_px,
        training.seed,
        training.team.size,
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


def train(training: Training, progress: Progress, stop: Stop | None = None) -> TrainingResult:
    """Train the network, or go on where a training was cut off.

    Every process of a team calls this; they begin together.

    Args:
        training: What is learned and where the results go.
        progress: Told after each step, in percent of the budget.
        stop: Asked before each step; True writes a checkpoint and ends early.

    Raises:
        DatasetError: If the dataset is wanted and missing, damaged or has no training sample.
        ModelError: If the generic weights are damaged or of another network.
    """
    start = starting_weights(training.home, training.settings)
    inputs = inputs_fingerprint(training, start)
    saved = _saved(training, inputs)
    if saved and saved["finished"]:
        logger.info("training: inputs unchanged, %s is finished", training.home.checkpoint)
        return result_of(training.home.checkpoint, saved, skipped=True, resumed_at=saved["step"])
    lesson = _lesson(training)
    settings = _bounded(training.settings, lesson.pictures)
    if start:
        settings = _gentle(settings)
    state = TrainingState(training.labels, settings, training.seed, inputs, training.origin())
    if saved:
        state.go_on_from(saved)
        logger.info("training: goes on at step %d, %.0f s", state.step, state.seconds)
    elif start:
        state.start_from(start.weights)
        logger.info("training: starts from generic weights of %d steps", start.card.steps)
    resumed_at = state.step
    run(lesson, state, settings, training.own_seed, progress, stop, training.team)
    checkpoint = training.home.checkpoint
    return result_of(checkpoint, state.to_checkpoint(), skipped=False, resumed_at=resumed_at)


def _bounded(settings: TrainSettings, pictures: PictureSource) -> TrainSettings:
    """Return settings whose budget in epochs is one in steps."""
    pictures = pictures.pictures if isinstance(pictures, MixedPictures) else pictures
    if settings.epochs is None or not isinstance(pictures, DatasetPictures):
        return settings
    steps = math.ceil(settings.epochs * len(pictures) / settings.crops.fresh_per_step)
    return settings.model_copy(update={"steps": min(steps, settings.steps or steps)})


def _gentle(settings: TrainSettings) -> TrainSettings:
    """Return settings for weights that know something already."""
    optimizer = settings.optimizer
    rate = optimizer.muon_rate * optimizer.warm_start
    return settings.model_copy(
        update={"optimizer": optimizer.model_copy(update={"muon_rate": rate})}
    )


def _saved(training: Training, inputs: str) -> dict[str, Any] | None:
    """Return the checkpoint to go on from; the leader of a team looks first: it mends."""
    if not training.team.leads:
        training.team.wait()
    saved = usable_checkpoint(training.home.checkpoint, inputs)
    if training.team.leads:
        training.team.wait()
    return saved


def _lesson(training: Training) -> Lesson:
    numbers = {name: number for number, name in enumerate(training.labels)}
    if training.settings.scenes == "stream":
        pictures, watched = _streamed(training, numbers)
    else:
        pictures, watched = _stored(training, numbers)
    return Lesson(
        pictures=_with_frames(pictures, training, numbers),
        validation=ValidationSet(watched, training.labels, training.settings),
        checkpoint=training.home.checkpoint,
        log=training.home.reports / LOG_NAME,
    )


def _stored(training: Training, numbers: dict[str, int]) -> tuple[PictureSource, list[Picture]]:
    """Return the dataset's pictures to learn from and those to watch."""
    home = training.home
    samples = list(read_manifest(home.manifest))
    shown = [sample for sample in samples if sample.split == "train"]
    if not shown:
        raise DatasetError(f"{home.manifest}: has no training sample; generate a dataset again")
    watched = held_out(home.root, samples, numbers, training.settings.validation_pictures)
    return DatasetPictures(home.root, shown, numbers, training.own_seed), watched


def _with_frames(
    pictures: PictureSource, training: Training, numbers: dict[str, int]
) -> PictureSource:
    """Return pictures with the camera's own frames among them, if any were labelled.

    A frame that shows a drawing which is no more would teach that the part is something else.
    """
    if training.frames() is None:
        return pictures
    labelled, known = training.home.labelled, {*numbers, OTHER_LABEL}
    frames = [
        sample
        for sample in read_manifest(labelled.manifest)
        if sample.split == "train" and all(a.label in known for a in sample.annotations)
    ]
    logger.info("training: %d labelled frames of the camera are shown, too", len(frames))
    if not frames:
        return pictures
    shown = DatasetPictures(labelled.root, frames, numbers, training.own_seed)
    return MixedPictures(pictures, shown, training.settings.frames_share, training.own_seed)


def _streamed(training: Training, numbers: dict[str, int]) -> tuple[PictureSource, list[Picture]]:
    """Return scenes without end to learn from and some of their kind to watch."""
    parts = SameParts(tuple(training.parts))
    home = training.home
    photos = tuple(usable_photos(home.photos, home.known_photos, home.shown_frames))
    shown = SceneRecipe(parts, numbers, training.data, training.own_seed, "train", photos)
    held_out = SceneRecipe(parts, numbers, training.data, training.seed, "val", photos)
    count = training.settings.validation_pictures if training.team.leads else 0
    watched = [held_out.picture(FIRST_HELD_OUT + number) for number in range(count)]
    stream = training.settings.stream
    return SceneStream(shown, stream.workers, stream.ahead), watched
