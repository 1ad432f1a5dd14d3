"""Where records go: a file of JSON lines, a webhook, an MQTT broker, pictures on the disk.

Each sink has a thread and a queue of its own, so that none waits for another, and judging waits for
none. What a sink does not take is offered again, in pauses that double up to a bound; when too much
waits, the oldest is dropped, counted and told.
"""

import logging
import threading
from abc import ABC, abstractmethod
from collections import deque
from dataclasses import dataclass
from typing import Any

from components.camera import telemetry
from components.camera.frames import Picture
from components.camera.state import FaultName, Faults

logger = logging.getLogger(__name__)

_TEND_S = 30.0
"""How often a sink that gets nothing is tended."""

_CLOSE_S = 3.0
"""Longest wait for what is still in the queue when the agent ends."""


@dataclass(frozen=True, slots=True, eq=False)
class Delivery:
    """What goes to every sink.

    Attributes:
        record: Plain values.
        image: The frame, RGB; None for records that are not about one.
        overlay: The frame with deviations drawn on; None if there is none.
        name: Where its picture goes below the folder of evidence; empty if it is not kept.
    """

    record: dict[str, Any]
    image: Picture | None = None
    overlay: Picture | None = None
    name: str = ""


class SinkError(Exception):
    """A sink cannot take anything at the moment; the text says why."""


class RefusedError(Exception):
    """A sink will never take this very record; the text says why."""


class Sink(ABC):
    """Takes records."""

    name: FaultName

    def wants(self, delivery: Delivery) -> bool:
        """Whether this is for this sink."""
        return True

    @abstractmethod
    def send(self, delivery: Delivery) -> None:
        """Take a record.

        Raises:
            SinkError: If it cannot be taken now.
            RefusedError: If it will never be taken.
        """

    def tend(self) -> None:
        """Do what has to be done from time to time."""
        return

    def close(self) -> None:
        """Let go of files and connections."""
        return


class SinkWorker:
    """Feeds one sink from a thread of its own.

    Args:
        sink: Which.
        camera: Name, for the metrics.
        faults: Is told when the sink fails, and when it takes again.
        queue: How many may wait.
        retry_s: Pause after a failure, in seconds.
        longest_retry_s: Longest pause.
    """

    def __init__(
        self,
        sink: Sink,
        camera: str,
        faults: Faults,
        queue: int,
        retry_s: float,
        longest_retry_s: float,
    ) -> None:
        """Start the thread."""
        self._sink, self._faults, self._limit = sink, faults, queue
        self._retry_s, self._longest_retry_s = retry_s, longest_retry_s
        self._waiting: deque[Delivery] = deque()
        self._changed = threading.Condition()
        self._stopping = False
        labels = (camera, sink.name)
        self._sent = telemetry.SINK_SENT.labels(*labels)
        self._dropped = telemetry.SINK_DROPPED.labels(*labels)
        self._gauge = telemetry.SINK_WAITING.labels(*labels)
        self._thread = threading.Thread(target=self._run, name=f"sink {sink.name}", daemon=True)
        self._thread.start()

    def offer(self, delivery: Delivery) -> None:
        """Queue something; never waits."""
        if not self._sink.wants(delivery):
            return
        with self._changed:
            if len(self._waiting) >= self._limit:
                self._waiting.popleft()
                self._dropped.inc()
            self._waiting.append(delivery)
            self._gauge.set(len(self._waiting))
            self._changed.notify()

    def close(self) -> None:
        """Give what waits a last chance, then end."""
        with self._changed:
            self._changed.wait_for(lambda: not self._waiting, _CLOSE_S)
            self._stopping = True
            self._changed.notify_all()
        self._thread.join(_CLOSE_S)
        self._sink.close()

    def _run(self) -> None:
        pause_s = self._retry_s
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._stopping, _TEND_S)
                if self._stopping:
                    return
                delivery = self._waiting[0] if self._waiting else None
            if self._went_well(delivery):
                pause_s = self._retry_s
                if delivery is not None:
                    self._done(delivery)
                continue
            with self._changed:
                self._changed.wait_for(lambda: self._stopping, pause_s)
            pause_s = min(2 * pause_s, self._longest_retry_s)

    def _went_well(self, delivery: Delivery | None) -> bool:
        """Send one, or tend the sink; False if it shall be tried again."""
        try:
            if delivery is None:
                self._sink.tend()
                # Nothing waits and nothing is wrong: a fault must not last until the next record.
                self._faults.end(self._sink.name)
                return True
            self._sink.send(delivery)
        except RefusedError as error:
            self._dropped.inc()
            logger.warning("%s: a record was refused for good: %s", self._sink.name, error)
        except SinkError as error:
            self._faults.begin(self._sink.name, str(error))
            return False
        except Exception as error:
            # This thread must outlive whatever a library throws.
            logger.exception("%s failed", self._sink.name)
            self._faults.begin(self._sink.name, f"{type(error).__name__}: {error}")
            return False
        else:
            self._sent.inc()
            self._faults.end(self._sink.name)
        return True

    def _done(self, delivery: Delivery) -> None:
        with self._changed:
            # It may have been dropped meanwhile, being the oldest.
            if self._waiting and self._waiting[0] is delivery:
                self._waiting.popleft()
            self._gauge.set(len(self._waiting))
            self._changed.notify_all()
