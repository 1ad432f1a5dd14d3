"""Why a camera cannot be opened: OpenCV only says that it cannot.

A device is looked at; the server of a stream is asked the first question of its protocol by hand.
No answer holds a user or a password.
"""

import errno
import os
import re
import socket
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from components.errors import CameraError

ASK_S = 3.0
"""Longest wait for a server's first answer."""

_PORTS = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}
_UNAUTHORISED = (401, 403)


def check_device(path: Path) -> None:
    """Check that a device can be opened.

    Raises:
        CameraError: If it is missing, no device, not ours or busy.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    except OSError as error:
        raise CameraError(_device_fault(path, error)) from error
    os.close(handle)
    if not path.is_char_device():
        raise CameraError(f"{path}: is no device; correct source.what")


def _device_fault(path: Path, error: OSError) -> str:
    if error.errno in (errno.ENOENT, errno.ENXIO, errno.ENODEV):
        known = ", ".join(sorted(str(each) for each in Path("/dev").glob("video*"))) or "none"
        return (
            f"{path}: there is no such camera; devices here: {known}; plug it in, or correct "
            "source.what"
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"{path}: this user may not open it; add the user to the group `video`"
    if error.errno == errno.EBUSY:
        return _busy(path)
    return f"{path}: cannot be opened ({error.strerror})"


def _busy(path: Path) -> str:
    return (
        f"{path}: is busy; another program uses the camera (`fuser -v {path}` names it), end that "
        "one first"
    )


def why_no_device(path: Path) -> str:
    """Return why a device that opens gives no video."""
    return (
        f"{path}: gives no video: it is busy (`fuser -v {path}` names who uses it), or it is not a "
        "camera's picture device; try the next number"
    )


def why_no_stream(url: str) -> str:
    """Return why a stream does not open, as far as its server tells.

    Args:
        url: RTSP or HTTP; may hold user and password.
    """
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2] + parts.path
    try:
        status = _status(parts)
    except socket.gaierror:
        return f"{place}: the name {parts.hostname} is not known; correct source.what"
    except TimeoutError:
        return f"{place}: the camera does not answer; is it on, is the network there?"
    except OSError as error:
        return f"{place}: cannot be reached ({error.strerror or error}); is the camera on?"
    if status is None:
        return f"{place}: what listens there does not speak {parts.scheme}; correct source.what"
    if status in _UNAUTHORISED and parts.username:
        return (
            f"{place}: the camera refuses user and password; correct source.user and "
            "source.password_file"
        )
    if status in _UNAUTHORISED:
        return f"{place}: the camera asks for user and password; set source.user, password_file"
    if status >= 400:
        return f"{place}: the camera has no such stream (status {status}); correct source.what"
    return f"{place}: the stream cannot be decoded, or did not begin in time"


def _status(parts: SplitResult) -> int | None:
    """Ask a server for the stream without user and password; return its status, if it has one."""
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme.lower()]
    if parts.scheme in ("https", "rtsps"):
        socket.create_connection((host, port), ASK_S).close()
        return 0
    place = f"{host}:{port}{parts.path or '/'}" + (f"?{parts.query}" if parts.query else "")
    if parts.scheme == "rtsp":
        question = f"DESCRIBE rtsp://{place} RTSP/1.0\r\nCSeq: 1\r\nAccept: application/sdp\r\n\r\n"
    else:
        path = place[place.index("/") :]
        question = f"GET {path} HTTP/1.0\r\nHost: {host}:{port}\r\n\r\n"
    with socket.create_connection((host, port), ASK_S) as connection:
        connection.settimeout(ASK_S)
        connection.sendall(question.encode())
        found = re.match(rb"(?:RTSP|HTTP)/\d\.\d (\d{3})", connection.recv(64))
    return int(found[1]) if found else None
