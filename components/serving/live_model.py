"""The model in use: loaded, proven on its golden pictures, swapped when another is promoted.

One daemon thread a worker process looks at the champion's alias file. A new champion is verified
by hash, loaded, warmed up and asked about its golden pictures; only then one assignment puts it to
use. Requests in flight finish with the model they began with. Whatever goes wrong on the way is
logged and counted, and the model that serves goes on serving.
"""

import logging
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from components.domain import Part
from components.errors import ModelError, PipelineError
from components.inspection.inspector import Inspector
from components.inspection.opening import open_inspector
from components.modeling.champion import ChampionRecord, read_champion
from components.modeling.registry import ModelRegistry, ModelVersion
from components.serving.agreement import Tolerance
from components.serving.golden import check_golden
from components.serving.problems import not_ready
from components.serving.second_opinion import SecondOpinion
from components.serving.telemetry import (
    MODEL_LOADS,
    READY,
    observe_drawings,
    observe_process,
    observe_version,
)
from components.settings.inspection import InspectionSettings
from components.settings.serve import ServeSettings

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class LoadedModel:
    """A model that answered its golden pictures right.

    Attributes:
        version: Its place in the registry and its card.
        inspector: Answers pictures.
        since: When it was put to use, UTC.
        second: Compares some of its answers with the OpenCV baseline's.
    """

    version: ModelVersion
    inspector: Inspector
    since: datetime
    second: SecondOpinion

    @property
    def parts(self) -> tuple[Part, ...]:
        """The drawings it knows."""
        return self.inspector.registrar.parts


class LiveModel:
    """Holds the model in use and follows the champion.

    Args:
        registry: Where the champion is looked up.
        settings: How often, and how golden pictures are compared.
        inspection: How objects are identified.
    """

    def __init__(
        self, registry: ModelRegistry, settings: ServeSettings, inspection: InspectionSettings
    ) -> None:
        """Load nothing yet."""
        self._registry, self._settings, self._inspection = registry, settings, inspection
        self._current: LoadedModel | None = None
        self._refused: ChampionRecord | None = None
        self._told: tuple[ChampionRecord | None, str] | None = None
        self._retry_at = 0.0
        self._reason = "it is being loaded"
        self._looked, self._stop = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._watch, name="champion", daemon=True)

    def start(self) -> None:
        """Load the champion and follow it, in the background."""
        READY.set(0)
        self._thread.start()

    def wait_for_first_look(self, wait_s: float) -> None:
        """Wait until the champion is in use, was refused, or turned out not to be there."""
        self._looked.wait(wait_s)

    def stop(self) -> None:
        """Stop following."""
        self._stop.set()
        self._thread.join()

    def current(self) -> LoadedModel:
        """Return the model in use.

        Raises:
            RequestError: 503 with the reason, if there is none.
        """
        current = self._current
        if current is None:
            raise not_ready(self._reason)
        return current

    def follow(self) -> None:
        """Look at the champion's name once and put a new champion to use."""
        record = None
        try:
            record = read_champion(self._registry.champion_file)
            if record is None:
                self._reason = "no version was promoted; see `dxfvision models promote`"
            elif self._is_news(record):
                self._take(record)
        except PipelineError as error:
            self._reason = str(error)
            # One that is tried again and again is told of once, and once more when promoted anew.
            if self._told != (record, self._reason):
                self._told = record, self._reason
                self._refuse(error)

    def _watch(self) -> None:
        while True:
            try:
                self.follow()
                observe_process(self._settings.workers)
            except Exception:
                # This thread must outlive whatever happens; requests are answered meanwhile.
                logger.exception("following the champion failed; trying again")
            self._looked.set()
            if self._stop.wait(self._settings.models.watch_every_s):
                return

    def _is_news(self, record: ChampionRecord) -> bool:
        """Whether the champion is another than the model in use and not one just refused."""
        current = self._current
        if current is not None and current.version.version == record.version:
            return False
        return self._refused != record or time.monotonic() >= self._retry_at

    def _take(self, record: ChampionRecord) -> None:
        """Verify, load, warm up and prove the champion, then put it to use.

        Raises:
            ModelError: If anything about it is wrong; the model in use stays.
        """
        self._refused = record
        self._retry_at = time.monotonic() + self._settings.models.retry_after_s
        version = self._registry.verify(record.version)
        inspector = self._proven(version)
        second = SecondOpinion(
            inspector.registrar.parts,
            inspector.card.prediction,
            self._inspection,
            self._settings.second_opinion.share,
        )
        observe_drawings(inspector.card.labels)
        before = self._current
        self._current = LoadedModel(version, inspector, datetime.now(UTC), second)
        self._refused, self._reason = None, ""
        MODEL_LOADS.labels("taken").inc()
        READY.set(1)
        observe_version(version.version, before.version.version if before else None)
        logger.info("model %s is in use, after %s", version.version, _name(before))

    def _proven(self, version: ModelVersion) -> Inspector:
        """Return what a version answers with, once it has answered its golden pictures right.

        Raises:
            ModelError: If it does not.
        """
        settings, models = self._settings, self._settings.models
        tolerance = Tolerance(models.golden_min_iou, models.golden_score_tolerance)
        try:
            inspector = open_inspector(
                version.path,
                self._inspection,
                settings.runtime_threads,
                settings.runtime,
                settings.precision,
            )
            check_golden(version.path, inspector, tolerance)
        except PipelineError:
            raise
        except Exception as error:
            # A whole bundle of another make fails anywhere: a shape, an output that is not there.
            raise ModelError(
                f"{version.path}: cannot be put to use ({type(error).__name__}: {error}); export "
                "the model again with this version of dxfvision, or roll back"
            ) from error
        return inspector

    def _refuse(self, error: PipelineError) -> None:
        MODEL_LOADS.labels("refused").inc()
        logger.error("the champion is refused, %s goes on serving: %s", _name(self._current), error)


def _name(model: LoadedModel | None) -> str:
    return model.version.version if model else "none"
