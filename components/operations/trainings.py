"""The stages that train a network, as plain functions; torch is loaded by the one that needs it."""

from pathlib import Path
from typing import TYPE_CHECKING

from components.files import plain
from components.home import Home
from components.operations.jobs import Run, known_parts
from components.operations.stages import Figures, StageResult, run_stage
from components.progress import Progress
from components.settings.base import GENERIC
from components.settings.data import DataSettings
from components.settings.train import TrainSettings

if TYPE_CHECKING:
    from components.modeling.loop import TrainingResult


def training_curves(home: Home) -> Path:
    """Path of the picture that shows loss and validation figures over the training."""
    return home.reports / "training.png"


def train_settings(run: Run, row: str, minutes: float | None, from_scratch: bool) -> TrainSettings:
    """Return the settings of a training.

    Args:
        run: Whose home folder.
        row: Of `profiles` in the settings.
        minutes: Budget in place of the settings' own; None keeps theirs.
        from_scratch: Start from random weights whatever the settings say.
    """
    settings = TrainSettings.load(run.home.configs, row)
    changes: dict[str, object] = {} if minutes is None else {"minutes": minutes, "steps": None}
    if from_scratch:
        changes["from_scratch"] = True
    return settings.model_copy(update=changes)


def train_generic_weights(
    run: Run, progress: Progress, minutes: float | None = None
) -> StageResult:
    """Train the generic weights for one more stretch; an interrupted one goes on.

    Args:
        run: Whose home folder and seed.
        progress: Told after each step.
        minutes: Budget of the stretch; None takes the settings' own.
    """
    from components.modeling.generic import train_generic

    home = run.home
    settings = train_settings(run, GENERIC, minutes, from_scratch=False)
    data = DataSettings.load(home.configs, GENERIC)
    result = train_generic(home, data, settings, run.seed, progress)
    return StageResult("train-generic", "", False, result.seconds, _figures(result))


def train_network(
    run: Run, progress: Progress, minutes: float | None = None, from_scratch: bool = False
) -> StageResult:
    """Train on the dataset; an interrupted training goes on at its last checkpoint.

    Args:
        run: Whose dataset and seed.
        progress: Told after each step.
        minutes: Budget; None takes the settings' own.
        from_scratch: Start from random weights instead of the generic ones.
    """
    from components.modeling.train import inputs_fingerprint, starting_weights, train
    from components.visualization.plot_results import plot_training

    home = run.home
    parts = known_parts(home)
    settings = train_settings(run, run.profile, minutes, from_scratch)

    def work() -> Figures:
        result = train(home, parts, settings, run.seed, progress)
        plot_training(home.reports / "training.jsonl", training_curves(home))
        return _figures(result)

    start = starting_weights(home, settings)
    key = inputs_fingerprint(home, parts, settings, run.seed, start)
    return run_stage(home, "train", key, [home.checkpoint, training_curves(home)], work)


def _figures(result: "TrainingResult") -> Figures:
    """Return a training's figures with a line that sums them up."""
    told = ", ".join(f"{name} {value:.3f}" for name, value in result.figures.items())
    summary = f"{result.steps} steps in {result.seconds:.0f} s, {told}"
    figures: Figures = plain(result) | {"summary": summary}
    return figures
