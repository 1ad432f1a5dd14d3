"""When a frame is judged: always, every so often, when asked over HTTP, when a file appears."""

import queue
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from components.errors import CameraError
from components.settings.camera import TriggerSettings

MAX_TEXT = 200
"""Characters of what a trigger may tell, such as the number of a part."""

_FILE_POLL_S = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Ask:
    """Somebody wants a frame judged.

    Attributes:
        text: What the trigger tells.
        triggered: Whether somebody waits for a record, whatever happens; not so in free run.
        asked_monotonic_s: When; frames captured before are not taken.
        reply: Gets the record.
        id: Of the record.
    """

    text: str = ""
    triggered: bool = True
    asked_monotonic_s: float = field(default_factory=time.monotonic)
    reply: "queue.Queue[dict[str, Any]] | None" = None
    id: str = field(default_factory=lambda: uuid4().hex)


class Triggers:
    """Gives one `Ask` after the other.

    Args:
        settings: The mode and its values.
    """

    def __init__(self, settings: TriggerSettings) -> None:
        """Begin with nothing asked.

        Raises:
            CameraError: If the folder of the file that is waited for does not exist.
        """
        self._settings = settings
        self._asked: queue.Queue[Ask] = queue.Queue(settings.waiting)
        self._next_s = time.monotonic()
        if settings.mode == "file" and settings.file is not None:
            _check(settings.file)

    @property
    def accepts(self) -> bool:
        """Whether `fire` is the way to ask."""
        return self._settings.mode == "http"

    def fire(self, text: str) -> Ask | None:
        """Ask for a frame; None if too many wait already.

        Args:
            text: What the trigger tells.
        """
        ask = Ask(text[:MAX_TEXT], reply=queue.Queue(1))
        try:
            self._asked.put_nowait(ask)
        except queue.Full:
            return None
        return ask

    def next(self, wait_s: float) -> Ask | None:
        """Return who asks next; None if nobody does in time.

        Args:
            wait_s: Longest wait.
        """
        mode = self._settings.mode
        if mode == "free":
            return Ask(triggered=False, asked_monotonic_s=0.0)
        if mode == "interval":
            return self._tick(wait_s)
        if mode == "file":
            return self._file(wait_s)
        try:
            return self._asked.get(timeout=wait_s)
        except queue.Empty:
            return None

    def _tick(self, wait_s: float) -> Ask | None:
        left_s = self._next_s - time.monotonic()
        if left_s > wait_s:
            time.sleep(wait_s)
            return None
        time.sleep(max(0.0, left_s))
        # Ticks that were missed are not made up for.
        late_s = time.monotonic() - self._next_s
        every_s = self._settings.every_s
        self._next_s += every_s * (1 + late_s // every_s)
        return Ask()

    def _file(self, wait_s: float) -> Ask | None:
        path = self._settings.file
        assert path is not None
        until = time.monotonic() + wait_s
        while time.monotonic() < until:
            if path.exists():
                return Ask(_taken(path))
            time.sleep(_FILE_POLL_S)
        return None


def _check(path: Path) -> None:
    if not path.parent.is_dir():
        raise CameraError(
            f"{path.parent}: there is no such folder to wait in for {path.name}; make it, or "
            "correct trigger.file"
        )


def _taken(path: Path) -> str:
    """Remove a file and return its first line.

    Raises:
        CameraError: If it cannot be removed: it would trigger for ever.
    """
    try:
        with path.open("rb") as handle:
            words = handle.readline(4 * MAX_TEXT)
            if not words:
                # Whoever writes makes the file first; the words come a moment later, or never.
                time.sleep(_FILE_POLL_S)
                words = handle.readline(4 * MAX_TEXT)
        path.unlink()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise CameraError(
            f"{path}: the trigger cannot be removed ({error.strerror}); let this user write to "
            f"{path.parent}"
        ) from error
    return words.decode("utf-8", "replace").strip()[:MAX_TEXT]
