"""The capture process: reads a camera for the agent, which ends this process when a read hangs.

    python -m components.camera.capturing    (settings come as one JSON line on standard input)

Standard output carries messages and nothing else: what libraries print there goes to standard
error. When the agent is gone nobody takes the messages, and this process ends, whatever its reads
do.
"""

import json
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from components.camera.frames import WANTED, packed, send
from components.camera.sources import Shot, Source, open_source
from components.errors import CameraError, ImageError, PipelineError
from components.settings.camera import SourceSettings

IDLE_S = 1.0
"""How often a process without a new frame says that it lives."""

Buffers = list[bytes | memoryview]
Opener = Callable[[dict[str, Any]], Source]


def run(opener: Opener) -> None:
    """Serve frames until the agent is gone; this process ends here.

    Args:
        opener: Makes the source from the settings that the agent sends.
    """
    output = os.dup(1)
    os.dup2(2, 1)
    # Unbuffered: what comes after the line is read byte by byte below.
    with open(0, "rb", buffering=0, closefd=False) as lines:
        settings = json.loads(lines.readline())
    reader = _Reader(opener, settings)
    # A broken pipe: the agent is gone.
    with suppress(OSError):
        while os.read(0, 1) == WANTED:
            send(output, reader.message())
    # A read that hangs would keep an ordinary end waiting.
    os._exit(0)


class _Reader:
    """Opens and reads a source beside the thread that answers: both may hang."""

    def __init__(self, opener: Opener, settings: dict[str, Any]) -> None:
        self._opener, self._settings = opener, settings
        self._changed = threading.Condition()
        self._shot: Buffers | None = None
        self._fault: Exception | None = None
        self._ordered: Source | None = None
        self._sequence = 0
        threading.Thread(target=self._work, daemon=True).start()

    def message(self) -> Buffers:
        """Return a picture that was not given yet, or what else there is to say."""
        with self._changed:
            self._changed.wait_for(lambda: self._shot or self._fault or self._ordered, IDLE_S)
            if self._shot is not None:
                shot, self._shot = self._shot, None
                return shot
            if self._fault is not None:
                return _last_words(self._fault)
        return packed("idle") if self._ordered is None else self._next(self._ordered)

    def _work(self) -> None:
        """Open the source, and read it for ever if it is live."""
        try:
            source = self._opener(self._settings)
            while source.live:
                shot = source.read()
                if shot is not None:
                    self._put(shot)
        except Exception as error:
            with self._changed:
                self._fault = error
                self._changed.notify()
            return
        with self._changed:
            self._ordered = source
            self._changed.notify()

    def _put(self, shot: Shot) -> None:
        wall, monotonic_s = time.time(), time.monotonic()
        with self._changed:
            self._sequence += 1
            self._shot = _frame(shot, self._sequence, wall, monotonic_s)
            self._changed.notify()

    def _next(self, source: Source) -> Buffers:
        """Return the next picture of a source that loses none."""
        until = time.monotonic() + IDLE_S
        while time.monotonic() < until:
            try:
                shot = source.read()
            except ImageError as error:
                return packed("idle", text=str(error))
            except (CameraError, EOFError) as error:
                return _last_words(error)
            if shot is not None:
                self._sequence += 1
                return _frame(shot, self._sequence, time.time(), time.monotonic())
        return packed("idle")


def _frame(shot: Shot, sequence: int, wall: float, monotonic_s: float) -> Buffers:
    return packed(
        "frame",
        shot.image,
        sequence=sequence,
        captured=wall,
        monotonic_s=monotonic_s,
        name=shot.name,
    )


def _last_words(error: Exception) -> Buffers:
    if isinstance(error, EOFError):
        return packed("end")
    told = str(error) if isinstance(error, PipelineError) else f"{type(error).__name__}: {error}"
    return packed("fault", text=told)


def _opened(values: dict[str, Any]) -> Source:
    settings = SourceSettings.model_validate_json(json.dumps(values["source"]))
    return open_source(settings, float(values["open_s"]), values["seen"])


if __name__ == "__main__":
    run(_opened)
