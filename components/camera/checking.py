"""One look at a camera: does it open, how fast is it, how are its pictures?"""

import time
from dataclasses import dataclass
from typing import Any

from components.camera.child import COMMAND, Child
from components.camera.frames import Frame, Picture, SilenceError, frame_of
from components.camera.health import PictureWatch
from components.camera.sources import is_live, safe_url
from components.errors import CameraError
from components.settings.camera import CameraSettings

FRAMES = 5
"""So many frames are looked at, after those that are thrown away."""


@dataclass(frozen=True, slots=True, eq=False)
class Checked:
    """What was found.

    Attributes:
        source: Without user and password.
        image: The last frame, RGB.
        first_frame_s: Time from the start of the capture process to its first frame.
        frames_per_s: Of the frames after it, at most as many as the settings ask for; None for one.
        brightness: Mean grey value, 0..255.
        blur_px: Of the strongest edges; None without edges.
        saturated_share: Share of pixels with a channel at 255.
        faults: What is wrong with the picture, one sentence each.
    """

    source: str
    image: Picture
    first_frame_s: float
    frames_per_s: float | None
    brightness: float
    blur_px: float | None
    saturated_share: float
    faults: tuple[str, ...]

    def row(self) -> dict[str, Any]:
        """Return it as plain values."""
        height, width = self.image.shape[:2]
        return {
            "source": self.source,
            "width_px": width,
            "height_px": height,
            "first_frame_s": round(self.first_frame_s, 2),
            "frames_per_s": None if self.frames_per_s is None else round(self.frames_per_s, 1),
            "brightness": round(self.brightness, 1),
            "blur_px": None if self.blur_px is None else round(self.blur_px, 2),
            "saturated_share": round(self.saturated_share, 4),
            "faults": "; ".join(self.faults) or None,
        }


def look_at(settings: CameraSettings) -> Checked:
    """Open a camera once and look at a few frames.

    Raises:
        CameraError: If it cannot be opened or gives no frames, with the reason.
    """
    what = settings.source.what or ""
    source = settings.source.model_dump(mode="json")
    start = time.monotonic()
    child = Child(COMMAND, {"source": source, "open_s": settings.capture.open_s, "seen": []})
    try:
        frames = _frames(child, settings, is_live(what))
    except SilenceError:
        raise CameraError(
            f"{safe_url(what)}: no frame within {settings.capture.open_s:g} s; is the camera on?"
        ) from None
    except EOFError:
        raise CameraError(
            f"{safe_url(what)}: capture ended by itself ({child.epitaph()})"
        ) from None
    finally:
        child.kill()
    times = [frame.captured_monotonic_s for frame in frames]
    rate = (len(times) - 1) / (times[-1] - times[0]) if times[-1] > times[0] else None
    # A moment is enough here to call a fault by its name.
    watch = PictureWatch(settings.frame.model_copy(update={"fault_s": 0.0}), live=False)
    look = watch.look(frames[-1])
    return Checked(
        source=safe_url(what),
        image=frames[-1].image,
        first_frame_s=times[0] - start,
        frames_per_s=rate,
        brightness=look.brightness,
        blur_px=look.blur_px,
        saturated_share=look.saturated_share,
        faults=tuple(look.standing.values()),
    )


def _frames(child: Child, settings: CameraSettings, live: bool) -> list[Frame]:
    until = time.monotonic() + settings.capture.open_s
    skipped = settings.capture.warm_up_frames if live else 0
    found: list[Frame] = []
    while len(found) < skipped + FRAMES:
        message = child.ask(until)
        if message.kind == "fault":
            raise CameraError(str(message.header.get("text")))
        if message.kind == "end" or (message.kind == "idle" and found):
            break
        if message.kind == "frame" and message.image is not None:
            found.append(frame_of(message, 1))
    if len(found) <= skipped:
        raise SilenceError
    return found[skipped:]
