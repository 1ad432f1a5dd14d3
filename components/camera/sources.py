"""What frames can come from: V4L2, RTSP, HTTP, a video file, a folder that gets pictures.

A *live* source gives what is there now and may lose frames; the others give every picture once, in
order. All of this runs in the capture process: a read may block for ever there.
"""

import os
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import cv2

from components.camera.frames import Picture
from components.errors import CameraError
from components.modeling.pictures import read_picture
from components.settings.camera import SourceSettings

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp")
SETTLED_S = 0.5
"""A file is read when it has not grown for so long: cameras write while we look."""

_FOLDER_POLL_S = 0.1
_V4L2_SCHEMES = ("", "v4l2")
_STREAM_SCHEMES = ("rtsp", "rtsps", "http", "https")


def check_source(settings: SourceSettings) -> None:
    """Check that a source is named.

    Raises:
        CameraError: If it is not.
    """
    # An empty variable, as Compose passes on one that is not set, names none either.
    if not settings.what:
        raise CameraError(
            "no camera is named; give --source /dev/video0, rtsp://..., http://..., a video file "
            "or a folder, or set source.what in camera_config.yaml"
        )


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """One picture as a source gives it: its pixels (RGB) and the name of its file, if any."""

    image: Picture
    name: str = ""


class Source(ABC):
    """Gives pictures one after the other."""

    live = True

    @abstractmethod
    def read(self) -> Shot | None:
        """Wait for the next picture; None if there is none at the moment.

        Raises:
            CameraError: If the source is broken.
            EOFError: If it is at its end.
        """

    def close(self) -> None:
        """Let go of the device."""
        return


def open_source(settings: SourceSettings, open_s: float, seen: Iterable[str] = ()) -> Source:
    """Open what the settings name.

    Args:
        settings: Of the source; `what` is set.
        open_s: Longest wait of the libraries that know a bound.
        seen: Names of a folder's pictures that shall be left out.

    Raises:
        CameraError: If it cannot be opened, with the reason as far as it can be told.
    """
    what = settings.what or ""
    scheme = scheme_of(what)
    if scheme in _STREAM_SCHEMES:
        return _Stream(settings, open_s)
    if scheme not in (*_V4L2_SCHEMES, "file"):
        raise CameraError(
            f"{safe_url(what)}: expected /dev/videoN, rtsp://, http://, a video file or a folder, "
            f"got the scheme {scheme!r}; see source.what in camera_config.yaml"
        )
    path = _local(what)
    if path.is_dir():
        return Folder(path, int(settings.max_megapixels * 1e6), seen)
    if is_live(what):
        return _Device(path, settings)
    return _VideoFile(path)


def scheme_of(what: str) -> str:
    """Return the scheme of a URL in lower case; of a path, the empty text."""
    return urlsplit(what).scheme.lower() if "://" in what else ""


def is_live(what: str) -> bool:
    """Whether a source shows what is there now, and not a file.

    Below /dev everything but the memory disk is a device, also while it is unplugged:
    `/dev/v4l/by-id/...` is how several cameras are told apart.

    Examples:
        >>> is_live("/dev/v4l/by-id/usb-camera-video-index0"), is_live("v4l2:///dev/video0")
        (True, True)
        >>> is_live("frames/belt.mp4"), is_live("/dev/shm/frames")
        (False, False)
    """
    scheme, path = scheme_of(what), _local(what)
    named = path.is_relative_to("/dev") and not path.is_relative_to("/dev/shm")
    device = named or path.is_char_device()
    return scheme in (*_STREAM_SCHEMES, "v4l2") or (scheme in ("", "file") and device)


def _local(what: str) -> Path:
    """Return the path that a source names, if it names one."""
    return Path(what.removeprefix("v4l2://").removeprefix("file://"))


def safe_url(what: str) -> str:
    """Return an address without user and password, for people and logs.

    Examples:
        >>> safe_url("rtsp://admin:secret@10.0.0.9:554/live?token=x")
        'rtsp://10.0.0.9:554/live'
    """
    if "://" not in what:
        return what
    parts = urlsplit(what)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def full_url(settings: SourceSettings) -> str:
    """Return the address of a stream with user and password.

    Raises:
        CameraError: If the password's file cannot be read.
    """
    what = settings.what or ""
    if settings.user is None:
        return what
    password = _secret(settings.password_file)
    parts = urlsplit(what)
    who = quote(settings.user, safe="") + (f":{quote(password, safe='')}" if password else "")
    return urlunsplit(parts._replace(netloc=f"{who}@{parts.netloc.rpartition('@')[2]}"))


def _secret(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return path.read_text("utf-8").strip()
    except OSError as error:
        raise CameraError(
            f"{path}: the password of the camera cannot be read ({error.strerror}); correct "
            "source.password_file"
        ) from error


class _Captured(Source):
    """What OpenCV reads."""

    def __init__(self, capture: cv2.VideoCapture, what: str) -> None:
        self._capture, self._what = capture, what

    def read(self) -> Shot:
        good, image = self._capture.read()
        if not good or image is None or image.ndim != 3:
            raise CameraError(f"{self._what}: the stream broke off")
        return Shot(cv2.cvtColor(image, cv2.COLOR_BGR2RGB).astype("uint8", copy=False))

    def close(self) -> None:
        self._capture.release()


class _Stream(_Captured):
    """RTSP, or HTTP with MJPEG or another format that FFmpeg knows."""

    def __init__(self, settings: SourceSettings, open_s: float) -> None:
        url = full_url(settings)
        options = f"rtsp_transport;{settings.rtsp_transport}|fflags;nobuffer"
        # FFmpeg's options can be given in no other way.
        os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = options
        wait_ms = int(1000 * open_s)
        bounds = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, wait_ms, cv2.CAP_PROP_READ_TIMEOUT_MSEC, wait_ms]
        capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG, bounds)
        if not capture.isOpened():
            from components.camera.diagnosis import why_no_stream

            raise CameraError(why_no_stream(url))
        super().__init__(capture, safe_url(url))


class _Device(_Captured):
    """A V4L2 camera."""

    def __init__(self, path: Path, settings: SourceSettings) -> None:
        from components.camera.diagnosis import check_device, why_no_device

        check_device(path)
        capture = cv2.VideoCapture(str(path), cv2.CAP_V4L2)
        if not capture.isOpened():
            raise CameraError(why_no_device(path))
        # One buffer: what waits in more of them is old.
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        wanted = {
            cv2.CAP_PROP_FRAME_WIDTH: settings.width_px,
            cv2.CAP_PROP_FRAME_HEIGHT: settings.height_px,
        }
        for key, value in wanted.items():
            if value is not None:
                capture.set(key, value)
        super().__init__(capture, str(path))


class _VideoFile(_Captured):
    """A video file, every frame once."""

    live = False

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise CameraError(
                f"{path}: there is no such device, video file or folder; correct source.what, or "
                "give another with --source"
            )
        capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
        if not capture.isOpened():
            raise CameraError(f"{path}: is no video that FFmpeg can read; convert it to MP4 or AVI")
        super().__init__(capture, str(path))

    def read(self) -> Shot:
        try:
            return super().read()
        except CameraError:
            # A file's last frame and a damaged one look alike to OpenCV.
            raise EOFError from None


class Folder(Source):
    """Pictures that appear in a folder, each once, oldest first; those already there come first."""

    live = False

    def __init__(self, path: Path, max_pixels: int, seen: Iterable[str] = ()) -> None:
        """Look at nothing yet.

        Args:
            path: The folder.
            max_pixels: Largest picture.
            seen: Names of pictures that shall be left out.
        """
        self._path, self._max_pixels = path, max_pixels
        self._seen = set(seen)

    def read(self) -> Shot | None:
        """Return the next picture; None if there is none yet.

        Raises:
            ImageError: If one cannot be decoded; it will not be tried again.
            CameraError: If the folder cannot be read.
        """
        path = self._next()
        if path is None:
            time.sleep(_FOLDER_POLL_S)
            return None
        self._seen.add(path.name)
        return Shot(read_picture(path, self._max_pixels), path.name)

    def _next(self) -> Path | None:
        now = time.time()
        found: list[tuple[float, str, Path]] = []
        try:
            entries = [entry for entry in os.scandir(self._path) if entry.name not in self._seen]
            for entry in entries:
                if entry.name.startswith(".") or not entry.name.lower().endswith(SUFFIXES):
                    continue
                changed = entry.stat().st_mtime
                if now - changed >= SETTLED_S:
                    found.append((changed, entry.name, Path(entry.path)))
        except OSError as error:
            raise CameraError(f"{self._path}: cannot be read ({error.strerror})") from error
        return min(found)[2] if found else None
