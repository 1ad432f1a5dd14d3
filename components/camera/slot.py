"""The place between capture and judging: it holds the newest frame and nothing older."""

import threading
from dataclasses import dataclass

from components.camera.frames import Frame
from components.camera.health import Look


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A frame and what was seen of it."""

    frame: Frame
    look: Look


class NewestFrame:
    """Holds at most one frame; a newer one takes its place. May be shared by threads."""

    def __init__(self) -> None:
        """Begin empty."""
        self._changed = threading.Condition()
        self._seen: Seen | None = None
        self._ended = False

    def put(self, seen: Seen) -> None:
        """Put a frame in, whatever was there."""
        with self._changed:
            self._seen = seen
            self._changed.notify_all()

    def clear(self) -> None:
        """Forget the frame: the source has failed, what it gave before is of another time."""
        with self._changed:
            self._seen = None
            self._changed.notify_all()

    def end(self) -> None:
        """Note that there will be no more frames."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    @property
    def ended(self) -> bool:
        """Whether the last frame was taken and no more will come."""
        with self._changed:
            return self._ended and self._seen is None

    def take(self, wait_s: float, captured_after_s: float = 0.0) -> Seen | None:
        """Wait for a frame and take it out; None if there is none in time.

        Args:
            wait_s: Longest wait.
            captured_after_s: On the monotonic clock; older frames are left.
        """

        def there() -> bool:
            seen = self._seen
            return (seen is not None and seen.frame.captured_monotonic_s >= captured_after_s) or (
                seen is None and self._ended
            )

        with self._changed:
            if not self._changed.wait_for(there, wait_s):
                return None
            seen, self._seen = self._seen, None
            self._changed.notify_all()
            return seen

    def wait_until_taken(self, wait_s: float) -> bool:
        """Wait until the frame was taken out; False if it still lies there after `wait_s`."""
        with self._changed:
            return self._changed.wait_for(lambda: self._seen is None, wait_s)
