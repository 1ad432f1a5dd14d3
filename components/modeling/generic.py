"""Generic weights: sight without drawings, learned from random parts of our own.

The network learns what a flat part is, where it ends and where the next begins; which drawing it
is, is left to geometry. Training on a user's drawings starts from these weights.

A *stretch* is one call of `train_generic`: its rate rises and falls within its own budget, and the
next stretch starts from the weights the last one left; the first one of a home folder, from those
that ship. So hours may be spent in many sittings, and after each there are weights worth using.
"""

import logging

from components.files import fingerprint, source_fingerprint
from components.home import Home
from components.modeling.generic_weights import (
    GenericCard,
    generic_folder,
    read_generic,
    read_generic_card,
    write_generic,
)
from components.modeling.loop import Lesson, Stop, TrainingResult, result_of, run, usable_checkpoint
from components.modeling.origin import Origin
from components.modeling.random_parts import FIRST_HELD_OUT, LABEL, RandomParts
from components.modeling.scene_stream import SceneRecipe, SceneStream
from components.modeling.train import SOURCES
from components.modeling.training_state import TrainingState
from components.modeling.validation import ValidationSet
from components.progress import Progress
from components.settings.data import DataSettings
from components.settings.train import TrainSettings

logger = logging.getLogger(__name__)

LOG_NAME = "generic_training.jsonl"


def train_generic(
    home: Home,
    data: DataSettings,
    settings: TrainSettings,
    seed: int,
    progress: Progress,
    stop: Stop | None = None,
) -> TrainingResult:
    """Train the generic weights for one more stretch, or go on where one was cut off.

    Args:
        home: Its generic weights are the start, else those that ship; its own are replaced at the
            end, checkpoint and log are written beside.
        data: Of the scenes.
        settings: Network, budget of the stretch, whether to start from scratch, and the rest.
        seed: Decides everything random together with the steps taken before.
        progress: Told after each step, in percent of the stretch.
        stop: Asked after each step; True writes a checkpoint and ends early.

    Raises:
        ModelError: If there are generic weights that are damaged or of another network.
    """
    folder = None if settings.from_scratch else generic_folder(home)
    # The card alone: if the weights beside it are newer, the checkpoint has what was cut off.
    done = read_generic_card(folder) if folder else GenericCard.of_nothing()
    inputs = fingerprint(
        done.weights_sha256,
        data,
        settings,
        seed,
        source_fingerprint(*SOURCES, "modeling/generic.py"),
    )
    saved = usable_checkpoint(home.generic_checkpoint, inputs)
    origin = Origin(dataset=fingerprint(data, settings.generic, seed), drawings="")
    # Another stretch, other scenes.
    stretch_seed = seed + done.steps
    state = TrainingState([LABEL], settings, stretch_seed, inputs, origin)
    if saved:
        state.go_on_from(saved)
        logger.info("generic training: goes on at step %d, %.0f s", state.step, state.seconds)
    elif folder:
        state.start_from(read_generic(folder).weights)
        logger.info("generic training: starts from the weights of %d steps", done.steps)
    resumed_at = state.step
    if not state.finished:
        run(
            _lesson(home, data, settings, stretch_seed),
            state,
            settings,
            stretch_seed,
            progress,
            stop,
        )
    if state.finished:
        card = done.after(state.step, state.seconds, state.figures, settings, data, seed)
        write_generic(home.generic, state.mean.values, card)
        home.generic_checkpoint.unlink(missing_ok=True)
    return result_of(home.generic, state.to_checkpoint(), skipped=False, resumed_at=resumed_at)


def _lesson(home: Home, data: DataSettings, settings: TrainSettings, seed: int) -> Lesson:
    shown = SceneRecipe(RandomParts(seed, settings.generic), {LABEL: 0}, data, seed)
    # The same held-out scenes in every stretch, so that their figures can be compared.
    held_out = SceneRecipe(
        RandomParts(0, settings.generic, FIRST_HELD_OUT), {LABEL: 0}, data, 0, "val"
    )
    watched = [held_out.picture(number) for number in range(settings.validation_pictures)]
    return Lesson(
        pictures=SceneStream(shown, settings.stream.workers, settings.stream.ahead),
        validation=ValidationSet(watched, [LABEL], settings),
        checkpoint=home.generic_checkpoint,
        log=home.reports / LOG_NAME,
    )
