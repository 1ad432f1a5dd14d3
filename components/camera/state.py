"""What is wrong at the moment, since when, and who wants to know when it changes."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

from components.camera import telemetry

logger = logging.getLogger(__name__)

FaultName = Literal[
    "no frames",
    "frozen",
    "black",
    "defocus",
    "glare",
    "judge",
    "output",
    "lines",
    "webhook",
    "mqtt",
    "evidence",
]
FAULTS: tuple[FaultName, ...] = get_args(FaultName)

BLIND: tuple[FaultName, ...] = ("no frames", "frozen", "black", "defocus", "glare")
"""Faults of the camera and its pictures."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong.

    Attributes:
        name: Which.
        text: What exactly, and what to do.
        since: When it began, seconds since 1970.
    """

    name: FaultName
    text: str
    since: float


@dataclass(frozen=True, slots=True)
class Change:
    """A fault began or ended.

    Attributes:
        fault: Which.
        ended: When it ended, seconds since 1970; None: it began.
    """

    fault: Fault
    ended: float | None = None


class Faults:
    """What is wrong; may be shared by threads.

    Args:
        camera: Name, for the metrics.
        listener: Is told of every change.
    """

    def __init__(self, camera: str, listener: Callable[[Change], None]) -> None:
        """Begin with nothing wrong."""
        self._camera, self._listener = camera, listener
        self._lock = threading.Lock()
        self._now: dict[FaultName, Fault] = {}
        for name in FAULTS:
            telemetry.FAULT.labels(camera, name).set(0)

    def begin(self, name: FaultName, text: str) -> None:
        """Note that something is wrong; of what is known already only the text is renewed."""
        with self._lock:
            known = self._now.get(name)
            self._now[name] = Fault(name, text, known.since if known else time.time())
            fault = self._now[name]
        if known is None:
            telemetry.FAULT.labels(self._camera, name).set(1)
            logger.warning("%s: fault: %s: %s", self._camera, name, text)
            self._listener(Change(fault))
        elif known.text != text:
            logger.warning("%s: fault: %s: %s", self._camera, name, text)

    def end(self, name: FaultName) -> None:
        """Note that something is right again."""
        with self._lock:
            fault = self._now.pop(name, None)
        if fault is None:
            return
        telemetry.FAULT.labels(self._camera, name).set(0)
        ended = time.time()
        lasted_s = ended - fault.since
        logger.info("%s: %s is over after %.1f s", self._camera, name, lasted_s)
        self._listener(Change(fault, ended))

    def now(self) -> list[Fault]:
        """Return what is wrong, oldest first."""
        with self._lock:
            return sorted(self._now.values(), key=lambda fault: fault.since)

    def has(self, name: FaultName) -> bool:
        """Whether something is wrong."""
        with self._lock:
            return name in self._now
