"""Starts the pipeline when drawings changed, until its model of them was released.

What is wanted (the drawings that lie there) is compared with what was reached (the drawings of the
last run that ended well), so nothing is lost whoever dies in between: a run that crashed or that
nobody started is started by the next look. A run for drawings that changed meanwhile is cancelled;
the next one makes only what differs.
"""

import logging
import time
from pathlib import Path
from typing import Literal
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.exceptions import ObjectNotFound
from prefect.states import Cancelling
from pydantic import BaseModel, ConfigDict, ValidationError

from components.errors import ServiceError
from components.files import write_json
from components.home import Home
from components.operations.launch.drawing_watch import Change
from components.operations.server.sweeping import alive_runs, deployment_ids
from components.settings.base import Profile
from components.settings.operations import WatcherSettings

logger = logging.getLogger(__name__)

DEPLOYMENT = "drawings-to-service"
TAG = "drawings-changed"
Step = Literal["idle", "waiting", "started", "running", "reached", "failed"]
_TRIES = 3
"""Runs for the same drawings that may fail on their own; one that was killed does not count."""


class Reached(BaseModel):
    """What the watcher remembers.

    Attributes:
        wanted: Digest of the drawings of the last run that was started.
        run: Its id; None before the first one.
        started: When it was started, seconds since 1970.
        failures: How many runs for these drawings failed.
        crashes: How many were killed.
        done: Whether a run for them ended well.
    """

    model_config = ConfigDict(frozen=True)

    wanted: str = ""
    run: UUID | None = None
    started: float = 0.0
    failures: int = 0
    crashes: int = 0
    done: bool = False


class PipelineStarter:
    """Brings the pipeline's last good run up to the drawings.

    Args:
        home: Whose drawings; what was reached is kept there.
        profile: Of the runs.
        settings: Pause before a failed run is tried again.
    """

    def __init__(self, home: Home, profile: Profile, settings: WatcherSettings) -> None:
        """Go on from what was reached."""
        self._home, self._profile, self._settings = home, profile, settings
        self._file = home.state / "watcher.json"
        self._reached = _read(self._file)

    def step(self, client: SyncPrefectClient, change: Change) -> Step:
        """Do what is due for the drawings that lie there.

        Args:
            client: Of the server.
            change: The drawings.

        Raises:
            ServiceError: If the pipeline is no deployment of the server.
        """
        reached = self._reached
        if change.digest != reached.wanted:
            self._start(client, change, Reached(wanted=change.digest))
            return "started"
        if reached.done:
            return "reached"
        run = _read_run(client, reached.run)
        state = run.state.type if run is not None and run.state is not None else StateType.CRASHED
        if state == StateType.COMPLETED:
            self._remember(reached.model_copy(update={"done": True}))
            return "reached"
        if state == StateType.FAILED:
            return self._after_failure(client, change)
        if state in (StateType.CRASHED, StateType.CANCELLED):
            return self._after_end(client, change, state)
        return "running"

    def _after_failure(self, client: SyncPrefectClient, change: Change) -> Step:
        """Try a failed run again after a pause, some times: the home folder may have been busy."""
        reached = self._reached
        if reached.failures + 1 >= _TRIES:
            return "failed"
        if self._is_too_early():
            return "waiting"
        self._start(client, change, reached.model_copy(update={"failures": reached.failures + 1}))
        return "started"

    def _after_end(self, client: SyncPrefectClient, change: Change, state: StateType) -> Step:
        """Start a run that was killed again; one that somebody cancelled stays so.

        The first time at once, then after a pause: what lacks memory is killed each time.
        """
        if state == StateType.CANCELLED:
            return "failed"
        reached = self._reached
        if reached.crashes and self._is_too_early():
            return "waiting"
        self._start(client, change, reached.model_copy(update={"crashes": reached.crashes + 1}))
        return "started"

    def _is_too_early(self) -> bool:
        """Whether the last start was just now; not if the clock was set back since."""
        return 0 <= time.time() - self._reached.started < self._settings.retry_s

    def _start(self, client: SyncPrefectClient, change: Change, before: Reached) -> None:
        found = deployment_ids(client, [DEPLOYMENT])
        if not found:
            raise ServiceError(
                f"{client.api_url}: has no deployment {DEPLOYMENT}; set it up with "
                "`dxfvision deploy`"
            )
        for obsolete in alive_runs(client, found, waiting=True):
            if TAG in obsolete.tags:
                logger.info("%s is cancelled: the drawings changed", obsolete.name)
                client.set_flow_run_state(obsolete.id, Cancelling())
        run = client.create_flow_run_from_deployment(
            found[0],
            parameters={"profile": self._profile, "publish_first": True},
            name=f"drawings-{change.digest[:8]}-{int(time.time())}",
            tags=["dxfvision", TAG, f"{change.files}-drawings"],
        )
        logger.info("%d drawings, %s: run %s", change.files, change.digest[:8], run.name)
        self._remember(before.model_copy(update={"run": run.id, "started": time.time()}))

    def _remember(self, reached: Reached) -> None:
        self._reached = reached
        write_json(self._file, reached)


def _read(file: Path) -> Reached:
    """Return what was reached; nothing if the file is missing or damaged.

    The run that is started then is a short one: unchanged stages are skipped.
    """
    try:
        return Reached.model_validate_json(file.read_bytes())
    except (OSError, ValidationError):
        return Reached()


def _read_run(client: SyncPrefectClient, run: UUID | None) -> FlowRun | None:
    """Return a run; None if the server does not know it (any more)."""
    if run is None:
        return None
    try:
        return client.read_flow_run(run)
    except ObjectNotFound:
        return None
