"""One capture process, as the agent holds it: started, asked with a deadline, killed."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from fcntl import fcntl
from typing import Any

from components.camera.frames import WANTED, Message, receive

COMMAND = (sys.executable, "-m", "components.camera.capturing")

_PIPE_BYTES = 1 << 20
_SET_PIPE_SIZE = 1031
"""F_SETPIPE_SZ of Linux; Python names it from 3.10 on, other systems not at all."""
_KEPT_LINES = 5


class Child:
    """A capture process in a group of its own.

    Args:
        command: How it is started.
        settings: What it gets, plain values; passwords travel here, not on the command line.
    """

    def __init__(self, command: Sequence[str], settings: dict[str, Any]) -> None:
        """Start it."""
        environment = dict(os.environ) | {"OPENCV_LOG_LEVEL": "ERROR", "OMP_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            env=environment,
        )
        assert self._process.stdin
        assert self._process.stdout
        self._input, self._output = self._process.stdin, self._process.stdout
        with suppress(OSError):
            fcntl(self._output.fileno(), _SET_PIPE_SIZE, _PIPE_BYTES)
        self._said: deque[str] = deque(maxlen=_KEPT_LINES)
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        with suppress(OSError):
            os.write(self._input.fileno(), json.dumps(settings).encode() + b"\n")

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def ask(self, deadline: float) -> Message:
        """Ask for the next frame and wait for what it says.

        Args:
            deadline: On the monotonic clock.

        Raises:
            SilenceError: If it says nothing until then.
            EOFError: If it has ended.
            ValueError: If what it says is no message.
        """
        try:
            os.write(self._input.fileno(), WANTED)
        except OSError as error:
            raise EOFError from error
        return receive(self._output.fileno(), deadline)

    def epitaph(self) -> str:
        """Return how it ended: its status and the last it wrote to standard error."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(1.0)
        self._listener.join(1.0)
        said = "; ".join(self._said)
        return f"status {self._process.returncode}" + (f", it said: {said}" if said else "")

    def kill(self) -> None:
        """End it and whatever it started, at once."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        # A process that hangs in a driver may outlive SIGKILL for a while: nobody waits for it.
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(2.0)
        for stream in (self._input, self._output):
            with suppress(OSError):
                stream.close()

    def _listen(self) -> None:
        """Keep the last lines of its standard error; a full pipe would stop it."""
        stream = self._process.stderr
        assert stream
        for line in stream:
            text = line.decode("utf-8", "replace").strip()
            if text:
                self._said.append(text[:300])
        stream.close()


def after(seconds: float) -> float:
    """Return a deadline on the monotonic clock."""
    return time.monotonic() + seconds
