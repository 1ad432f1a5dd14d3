"""Why a camera does not open, asked of real sockets and real files."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from components.camera.diagnosis import check_device, why_no_stream
from components.camera.sources import check_source, full_url, is_live, open_source, safe_url
from components.errors import CameraError
from components.serving.launch import free_port
from components.settings.camera import CameraSettings, SourceSettings


def source(**values: object) -> SourceSettings:
    shipped = CameraSettings.load().source.model_dump()
    return SourceSettings.model_validate(shipped | values)


@contextmanager
def saying(answer: bytes) -> Iterator[int]:
    """Run a server that gives one answer to whatever it is asked."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield int(server.getsockname()[1])
        thread.join()


@pytest.mark.parametrize(
    ("answer", "account", "told"),
    [
        (b"RTSP/1.0 401 Unauthorized\r\n\r\n", "", "asks for user and password"),
        (b"RTSP/1.0 401 Unauthorized\r\n\r\n", "me:secret@", "refuses user and password"),
        (b"RTSP/1.0 404 Not Found\r\n\r\n", "", r"no such stream \(status 404\)"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "", "does not speak rtsp"),
        (b"RTSP/1.0 200 OK\r\n\r\n", "", "cannot be decoded"),
    ],
    ids=["no account", "wrong account", "wrong path", "another service", "no video"],
)
def test_the_server_of_a_stream_tells_what_is_wrong(answer: bytes, account: str, told: str) -> None:
    with saying(answer) as port:
        text = why_no_stream(f"rtsp://{account}127.0.0.1:{port}/live")
    assert re.search(told, text)
    assert "secret" not in text


def test_a_port_where_nobody_listens_is_told() -> None:
    assert "cannot be reached" in why_no_stream(f"http://127.0.0.1:{free_port()}/mjpeg")


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("/dev/video99", "there is no such camera"),
        ("/nowhere/clip.mp4", "no such device, video file or folder"),
        ("ftp://host/x", "got the scheme 'ftp'"),
    ],
)
def test_a_wrong_source_is_told(what: str, told: str) -> None:
    with pytest.raises(CameraError, match=told):
        open_source(source(what=what), 1.0)


@pytest.mark.parametrize("what", [None, ""])
def test_a_source_that_is_not_named_is_told(what: str | None) -> None:
    with pytest.raises(CameraError, match="no camera is named"):
        check_source(source(what=what))


def test_a_file_is_no_device(tmp_path: Path) -> None:
    path = tmp_path / "video0"
    path.write_bytes(b"")
    with pytest.raises(CameraError, match="is no device"):
        check_device(path)


def test_a_password_with_signs_survives_the_address_and_is_not_shown(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("p@ss/word:1\n")
    settings = source(what="rtsp://10.0.0.9:554/live", user="me", password_file=secret)
    url = full_url(settings)
    assert url == "rtsp://me:p%40ss%2Fword%3A1@10.0.0.9:554/live"
    assert safe_url(url) == "rtsp://10.0.0.9:554/live"


@pytest.mark.parametrize(
    ("what", "live"),
    [
        ("/dev/video0", True),
        ("/dev/v4l/by-id/usb-046d_0825-video-index0", True),
        ("/dev/v4l/by-path/pci-0000:00:14.0-usb-0:2:1.0-video-index0", True),
        ("v4l2:///dev/video2", True),
        ("RTSP://10.0.0.9/stream", True),
        ("/dev/shm/frames", False),
        ("file:///srv/belt.mp4", False),
        ("/srv/frames", False),
    ],
)
def test_a_camera_is_live_under_each_of_its_names_and_a_file_is_not(what: str, live: bool) -> None:
    assert is_live(what) is live


def test_a_camera_linked_from_elsewhere_is_live(tmp_path: Path) -> None:
    # Any character device will do: nothing is opened.
    (tmp_path / "belt").symlink_to("/dev/null")
    assert is_live(str(tmp_path / "belt"))


def test_an_unplugged_camera_is_called_so_under_its_lasting_name() -> None:
    with pytest.raises(CameraError, match="there is no such camera"):
        open_source(source(what="/dev/v4l/by-id/usb-none-video-index0"), 1.0)
