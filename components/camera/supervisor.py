"""Keeps frames coming: starts the capture process, kills it when it hangs, starts it again.

    start --first frame within open_s--> frames, each within frame_s --late, fault--> kill, pause

The pause doubles with each failure in a row up to a bound, and there is no last attempt. A frame
that came before a failure is forgotten with it.
"""

import logging
import threading
import time
from collections.abc import Sequence

from components.camera import telemetry
from components.camera.capturing import IDLE_S
from components.camera.child import COMMAND, Child
from components.camera.frames import Frame, Message, SilenceError, frame_of
from components.camera.health import Look, PictureWatch
from components.camera.slot import NewestFrame, Seen
from components.camera.sources import is_live, safe_url
from components.camera.state import Faults
from components.settings.camera import CameraSettings

logger = logging.getLogger(__name__)

_TAKEN_POLL_S = 0.5


class _BrokenError(Exception):
    """The capture process must be started again; the text says why."""


class _FrozenError(_BrokenError):
    """Frames come, but show the same for too long: a fault of its own."""


class Supervisor:
    """Runs capture processes one after the other in a thread of its own.

    Attributes:
        live: Whether the source is a camera: it must give frames all the time.
    """

    def __init__(
        self,
        settings: CameraSettings,
        faults: Faults,
        newest: NewestFrame,
        live: bool | None = None,
        command: Sequence[str] = COMMAND,
    ) -> None:
        """Prepare; `start` begins.

        Args:
            settings: Source, deadlines, what a good frame is.
            faults: Is told what is wrong.
            newest: Gets every frame.
            live: Whether the source is a camera; None tells it from the source's name.
            command: Starts the capture process.
        """
        self._settings, self._faults, self._newest = settings, faults, newest
        self._command = tuple(command)
        self._what = safe_url(settings.source.what or "")
        self.live = is_live(settings.source.what or "") if live is None else live
        telemetry.begin_at_zero(settings.name)
        telemetry.SOURCE_LIVE.labels(settings.name).set(float(self.live))
        self._watch = PictureWatch(settings.frame, self.live)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="capture", daemon=True)
        self._streams = 0
        # Names of pictures that were handed on: a new capture process must not give them again.
        self._seen: set[str] = set()
        self._good_since_s: float | None = None

    def start(self) -> None:
        """Begin to capture."""
        self._thread.start()

    def stop(self) -> None:
        """End the capture process and the thread."""
        self._stopping.set()
        # Only the thread uses the process: it sees the event within a message's time.
        self._thread.join(self._settings.capture.open_s + self._settings.capture.frame_s)

    def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            self._good_since_s = None
            try:
                self._stream()
                break
            except _BrokenError as broken:
                self._newest.clear()
                telemetry.UP.labels(self._settings.name).set(0)
                if not isinstance(broken, _FrozenError):
                    self._faults.begin("no frames", str(broken))
            failures = 0 if self._was_stable() else failures
            self._stopping.wait(self._pause_s(failures))
            failures += 1
        self._newest.end()

    def _was_stable(self) -> bool:
        since = self._good_since_s
        return since is not None and time.monotonic() - since >= self._settings.capture.stable_s

    def _pause_s(self, failures: int) -> float:
        capture = self._settings.capture
        return min(capture.longest_wait_s, capture.first_wait_s * 2.0 ** min(failures, 30))

    def _stream(self) -> None:
        """Run one capture process; returns when the source is at its end, or stopping."""
        settings = self._settings
        self._streams += 1
        telemetry.STARTS.labels(settings.name).inc()
        source = settings.source.model_dump(mode="json")
        child = Child(
            self._command,
            {"source": source, "open_s": settings.capture.open_s, "seen": sorted(self._seen)},
        )
        try:
            self._serve(child)
        except SilenceError:
            telemetry.KILLS.labels(settings.name).inc()
            raise _BrokenError(self._silence()) from None
        except EOFError:
            raise _BrokenError(
                f"{self._what}: the capture process ended by itself ({child.epitaph()})"
            ) from None
        except ValueError as error:
            raise _BrokenError(f"{self._what}: the capture process said {error}") from None
        finally:
            child.kill()

    def _silence(self) -> str:
        if self._good_since_s is None:
            waited_s = self._settings.capture.open_s
            return f"{self._what}: no first frame within {waited_s:g} s; is the camera on?"
        waited_s = self._settings.capture.frame_s
        return f"{self._what}: no frame for {waited_s:g} s; the capture process was killed"

    def _serve(self, child: Child) -> None:
        capture = self._settings.capture
        until = time.monotonic() + capture.open_s
        while not self._stopping.is_set():
            asked = time.monotonic()
            message = child.ask(until)
            if message.kind == "end":
                logger.info("%s: is at its end", self._what)
                return
            if message.kind == "fault":
                raise _BrokenError(str(message.header.get("text", "it gave no reason")))
            if message.kind == "frame":
                self._take(message)
                # Of a file's pictures the next one is asked for when this one was judged.
                until = time.monotonic() + capture.frame_s + IDLE_S * (not self.live)
                self._stopping.wait(
                    asked + 1.0 / self._settings.source.frames_per_s - time.monotonic()
                )
            else:
                until = self._idle(message, until)

    def _idle(self, message: Message, until: float) -> float:
        """Note that there is no new frame; return the deadline of the next one."""
        text = message.header.get("text")
        if text:
            logger.warning("%s: left out: %s", self._settings.name, text)
        # A folder may stay without new pictures for as long as it likes.
        if not self.live:
            self._faults.end("no frames")
            return time.monotonic() + self._settings.capture.frame_s + IDLE_S
        if time.monotonic() >= until:
            raise SilenceError
        return until

    def _take(self, message: Message) -> None:
        """Look at a frame and hand it on."""
        frame = self._frame(message)
        if self.live and frame.sequence <= self._settings.capture.warm_up_frames:
            return
        if self._good_since_s is None:
            self._good_since_s = time.monotonic()
        name = self._settings.name
        telemetry.FRAMES.labels(name).inc()
        telemetry.LAST_FRAME.labels(name).set(frame.captured)
        look = self._watch.look(frame)
        self._tell(look)
        self._newest.put(Seen(frame, look))
        if "frozen" in look.standing:
            raise _FrozenError
        self._faults.end("no frames")
        if frame.name:
            self._seen.add(frame.name)
        while not self.live and not self._stopping.is_set():
            if self._newest.wait_until_taken(_TAKEN_POLL_S):
                break

    def _frame(self, message: Message) -> Frame:
        frame = frame_of(message, self._streams)
        height, width = frame.image.shape[:2]
        limit = self._settings.source.max_megapixels
        if height * width > limit * 1e6:
            raise _BrokenError(
                f"{self._what}: frames of {width}x{height}; {limit:g} megapixels are allowed, see "
                "source.max_megapixels"
            )
        return frame

    def _tell(self, look: Look) -> None:
        name = self._settings.name
        telemetry.BRIGHTNESS.labels(name).set(look.brightness)
        telemetry.SATURATION.labels(name).set(look.saturated_share)
        if look.blur_px is not None:
            telemetry.EDGE_BLUR.labels(name).set(look.blur_px)
        for fault in ("frozen", "black", "defocus", "glare"):
            if fault in look.standing:
                self._faults.begin(fault, look.standing[fault])
            elif fault not in look.reasons:
                self._faults.end(fault)
        telemetry.UP.labels(name).set(float(not look.reasons))
