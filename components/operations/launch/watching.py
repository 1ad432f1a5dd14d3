"""The watcher's rounds: drawings every second, dead runs now and then, whatever the server does."""

import logging
import time

import httpx
from prefect.client.orchestration import get_client
from prefect.exceptions import PrefectException

from components.errors import ServiceError
from components.home import Home
from components.operations.launch.drawing_watch import DrawingWatch
from components.operations.launch.watcher import PipelineStarter
from components.operations.server.sweeping import sweep
from components.settings.operations import WatcherSettings

logger = logging.getLogger(__name__)

AWAY = (httpx.HTTPError, PrefectException, ServiceError, OSError)
"""What a server that restarts, or is not set up yet, may cause."""


class Rounds:
    """Looks at everything once a round.

    Args:
        home: Whose runs.
        drawings: Looks at the folder.
        starter: Starts the pipeline.
        settings: How often for dead runs.
    """

    def __init__(
        self,
        home: Home,
        drawings: DrawingWatch,
        starter: PipelineStarter,
        settings: WatcherSettings,
    ) -> None:
        """Sweep in the first round: this machine may just have come up again."""
        self._home, self._drawings, self._starter = home, drawings, starter
        self._settings = settings
        self._swept: float | None = None
        self._fault = ""

    def go(self) -> None:
        """Make a round; a server that does not answer is told of once and asked again."""
        now = time.monotonic()
        try:
            self._sweep(now)
            change = self._drawings.look(now)
            if change is not None:
                with get_client(sync_client=True) as client:
                    self._starter.step(client, change)
        except AWAY as error:
            fault = f"{type(error).__name__}: {error}"
            if fault != self._fault:
                logger.warning("the server cannot be used now: %s", fault)
            self._fault = fault
            return
        self._fault = ""

    def _sweep(self, now: float) -> None:
        if self._swept is not None and now - self._swept < self._settings.sweep_s:
            return
        with get_client(sync_client=True) as client:
            sweep(client, self._home, self._settings.pending_s)
        self._swept = now
