"""What each stage leaves for Prometheus: when it ran, how it ended, and its figures.

`@reported("train")` on a stage writes `HOME/reports/metrics/train.prom` when the stage begins and
again when it ends. A stage that fails keeps the time of its last success; one that is killed leaves
a start without an end.
"""

import logging
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from components.errors import PipelineError
from components.home import Home
from components.modeling.champion import read_champion
from components.modeling.registry import ModelRegistry
from components.operations.stages import batch_metrics as metrics
from components.operations.stages.batch_metrics import BatchMetric
from components.operations.stages.figures import figure_samples
from components.operations.stages.metric_files import SUFFIX, Sample, read_value, write_metrics
from components.operations.stages.running import Figures, StageResult

logger = logging.getLogger(__name__)


class HasHome(Protocol):
    """What a stage works for."""

    @property
    def home(self) -> Home:
        """Where everything lies."""


P = ParamSpec("P")
RunT = TypeVar("RunT", bound=HasHome)
Stage = Callable[Concatenate[RunT, P], StageResult]


def reported(name: str) -> Callable[[Stage[RunT, P]], Stage[RunT, P]]:
    """Make a stage tell Prometheus of each of its runs.

    Args:
        name: Of the stage, label and file name.
    """

    def decorate(stage: Stage[RunT, P]) -> Stage[RunT, P]:
        @wraps(stage)
        def run(about: RunT, /, *args: P.args, **kwargs: P.kwargs) -> StageResult:
            report = StageReport(about.home, name)
            report.begin()
            try:
                result = stage(about, *args, **kwargs)
            except Exception:
                report.failed()
                raise
            report.done(result)
            return result

        return run

    return decorate


class StageReport:
    """The file of metrics of one stage.

    Args:
        home: Where the file lies.
        name: Of the stage.
    """

    def __init__(self, home: Home, name: str) -> None:
        """Remember what the run before left."""
        self._home, self._name = home, name
        path = metrics_file(home, name)
        self._started = time.time()
        self._earlier = {
            metric: read_value(path, metric, {"stage": name})
            for metric in (
                metrics.STAGE_ENDED,
                metrics.STAGE_SUCCESS,
                metrics.STAGE_SUCCEEDED,
                metrics.STAGE_SECONDS,
            )
        }

    def begin(self) -> None:
        """Write that the stage runs, with what is known of the run before."""
        self._write(self._kept(*self._earlier))

    def failed(self) -> None:
        """Write that the stage failed; when it last succeeded stays."""
        samples = [
            self._sample(metrics.STAGE_ENDED, time.time()),
            self._sample(metrics.STAGE_SUCCEEDED, 0),
            *self._kept(metrics.STAGE_SUCCESS, metrics.STAGE_SECONDS),
        ]
        if self._name == "validate":
            samples += self._figures({})
        self._write(samples)

    def done(self, result: StageResult) -> None:
        """Write that the stage ended well, and its figures."""
        now = time.time()
        samples = [
            self._sample(metrics.STAGE_ENDED, now),
            self._sample(metrics.STAGE_SUCCESS, now),
            self._sample(metrics.STAGE_SUCCEEDED, 1),
            self._sample(metrics.STAGE_SKIPPED, result.skipped),
            self._sample(metrics.STAGE_SECONDS, result.seconds),
        ]
        self._write(samples + self._figures(result.figures))
        if self._name == "promote":
            report_champion(self._home)

    def _figures(self, figures: Figures) -> list[Sample]:
        """Return what the figures say; nothing if they are of a version that had others."""
        try:
            return figure_samples(self._name, self._home, figures)
        except (PipelineError, LookupError, TypeError, ValueError) as error:
            logger.warning("%s: its figures are no metrics: %r", self._name, error)
            return []

    def _sample(self, metric: BatchMetric, value: float) -> Sample:
        return Sample(metric, float(value), (self._name,))

    def _kept(self, *kept: BatchMetric) -> list[Sample]:
        values = {metric: self._earlier[metric] for metric in kept}
        return [
            self._sample(metric, value) for metric, value in values.items() if value is not None
        ]

    def _write(self, samples: list[Sample]) -> None:
        started = self._sample(metrics.STAGE_STARTED, self._started)
        write_own_metrics(self._home, self._name, [started, *samples])


def metrics_file(home: Home, name: str) -> Path:
    """Return the file of metrics that a stage, or another writer, keeps in a home folder."""
    return home.metrics / f"{name}{SUFFIX}"


def report_champion(home: Home) -> None:
    """Write which version is the champion; whoever changes or looks at it calls this."""
    registry = ModelRegistry(home.registry)
    record = read_champion(registry.champion_file)
    if record is None:
        return
    created = registry.get(record.version).created.timestamp()
    samples = [
        Sample(metrics.CHAMPION_INFO, 1, (record.version,)),
        Sample(metrics.CHAMPION_CREATED, created),
        Sample(metrics.CHAMPION_SINCE, record.since.timestamp()),
    ]
    write_own_metrics(home, "champion", samples)


def write_own_metrics(home: Home, name: str, samples: list[Sample]) -> None:
    """Write a file of metrics; work that was done must not fail for want of it.

    Args:
        home: Where the file lies.
        name: Of the file, without its suffix.
        samples: What it holds.
    """
    path = metrics_file(home, name)
    try:
        write_metrics(path, samples)
    except OSError as error:
        logger.warning("%s: cannot be written (%s); its metrics are old now", path, error.strerror)
