"""The stages that train a network, as plain functions; torch is loaded by the one that needs it."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from components.errors import SettingsError
from components.files import plain
from components.home import Home
from components.operations.pipeline.jobs import Run, known_parts
from components.operations.stages.metrics import reported
from components.operations.stages.running import Figures, StageResult, run_stage
from components.progress import Progress, SilentProgress
from components.settings.base import GENERIC
from components.settings.data import DataSettings
from components.settings.train import TrainSettings

if TYPE_CHECKING:
    from components.modeling.loop import TrainingResult
    from components.modeling.team import Team
    from components.modeling.train import Training


def training_curves(home: Home) -> Path:
    """Path of the picture that shows loss and validation figures over the training."""
    return home.reports / "training.png"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is asked of one training in place of the settings' own.

    Attributes:
        minutes: Budget; None keeps theirs.
        epochs: Budget in passes over the training pictures; None keeps theirs.
        from_scratch: Start from random weights whatever the settings say.
        stream: Make scenes while the network learns whatever the settings say.
    """

    minutes: float | None = None
    epochs: float | None = None
    from_scratch: bool = False
    stream: bool = False

    def applied(self, settings: TrainSettings) -> TrainSettings:
        """Return settings with the wishes laid over them.

        Raises:
            SettingsError: If they ask for passes over scenes that have no end.
        """
        changes: dict[str, object] = {}
        if self.minutes is not None or self.epochs is not None:
            changes |= {"minutes": self.minutes, "epochs": self.epochs, "steps": None}
        if self.from_scratch:
            changes["from_scratch"] = True
        if self.stream:
            changes["scenes"] = "stream"
        wanted = settings.model_copy(update=changes)
        if wanted.epochs is not None and wanted.scenes == "stream":
            raise SettingsError(
                f"epochs: {wanted.epochs:g} passes over a stream of scenes, which has no end; give "
                "--minutes, or leave out --stream to train on the dataset"
            )
        return wanted


NO_WISHES = Wishes()


@reported("train-generic")
def train_generic_weights(run: Run, progress: Progress, wishes: Wishes = NO_WISHES) -> StageResult:
    """Train the generic weights for one more stretch; an interrupted one goes on.

    Args:
        run: Whose home folder and seed.
        progress: Told after each step.
        wishes: What differs from the settings. The scenes are a stream in any case.
    """
    from components.modeling.generic import train_generic

    home = run.home
    streamed = replace(wishes, stream=True)
    settings = streamed.applied(TrainSettings.load(home.configs, GENERIC))
    data = DataSettings.load(home.configs, GENERIC)
    result = train_generic(home, data, settings, run.seed, progress)
    return StageResult("train-generic", "", False, result.seconds, _figures(result))


@reported("train")
def train_network(
    run: Run, progress: Progress, wishes: Wishes = NO_WISHES, team: "Team | None" = None
) -> StageResult:
    """Train on the user's drawings; an interrupted training goes on at its last checkpoint.

    Args:
        run: Whose dataset and seed.
        progress: Told after each step.
        wishes: What differs from the settings.
        team: Processes that train together, of which this is the leader; None for this alone.
    """
    from components.modeling.train import inputs_fingerprint, starting_weights, train
    from components.visualization.plot_results import plot_training

    home, training = run.home, _training(run, wishes, team)

    def work() -> Figures:
        result = train(training, progress)
        plot_training(home.reports / "training.jsonl", training_curves(home))
        return _figures(result)

    key = inputs_fingerprint(training, starting_weights(home, training.settings))
    outputs = [home.checkpoint, training_curves(home)]
    # A team that has begun must go through the training together; it sees itself if that is done.
    return run_stage(home, "train", key, outputs, work, always=team is not None and team.size > 1)


def follow_training(run: Run, wishes: Wishes, team: "Team") -> None:
    """Take part in a training that another process leads and writes down.

    Args:
        run: As the leader's.
        wishes: As the leader's.
        team: Of which this process is not the leader.
    """
    from components.modeling.train import train

    train(_training(run, wishes, team), SilentProgress())


def _training(run: Run, wishes: Wishes, team: "Team | None") -> "Training":
    from components.modeling.team import ALONE
    from components.modeling.train import Training

    home = run.home
    settings = wishes.applied(TrainSettings.load(home.configs, run.profile))
    data = DataSettings.load(home.configs, run.profile)
    return Training(home, known_parts(home), settings, data, run.seed, team or ALONE)


def _figures(result: "TrainingResult") -> Figures:
    """Return a training's figures with a line that sums them up."""
    told = ", ".join(f"{name} {value:.3f}" for name, value in result.figures.items())
    summary = f"{result.steps} steps in {result.seconds:.0f} s, {told}"
    figures: Figures = plain(result) | {"summary": summary}
    return figures
