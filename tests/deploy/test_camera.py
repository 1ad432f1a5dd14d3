"""The camera agent against a real RTSP server and a real MQTT broker, each killed and restarted.

Needs Debian's packages mosquitto, gir1.2-gst-rtsp-server-1.0, gstreamer1.0-plugins-good,
gstreamer1.0-plugins-ugly and python3-gi. The shipped deadlines hold here.
"""

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from components.camera.checking import look_at
from components.errors import CameraError
from components.serving.launch import free_port
from components.settings.camera import CameraSettings
from tests.deploy.programs import need
from tests.unit.camera.rig import Rig, settings, until

SYSTEM_PYTHON = "/usr/bin/python3"
SERVER = Path(__file__).with_name("rtsp_server.py")
NOTICED_S, RECOVERED_S = 20.0, 30.0


def missing() -> str:
    if not os.environ.get("DXFVISION_DEPLOY"):
        return "takes a minute: make test-deploy"
    program = need("mosquitto")
    if program:
        return program.replace("prometheus ...", "mosquitto")
    ask = "import gi; gi.require_version('GstRtspServer', '1.0')"
    done = subprocess.run([SYSTEM_PYTHON, "-c", ask], capture_output=True, check=False)
    return "" if done.returncode == 0 else "apt-get install gir1.2-gst-rtsp-server-1.0 python3-gi"


pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "all there")


@contextmanager
def program(port: int, *command: str) -> Iterator[None]:
    """Run a server until the end of the block; killed, as by a power cut."""
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL
    )
    try:
        until(command[0], lambda: listens(port))
        yield
    finally:
        process.kill()
        process.wait()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def camera(port: int, *account: str) -> AbstractContextManager[None]:
    return program(port, SYSTEM_PYTHON, str(SERVER), str(port), *account)


def broker(port: int) -> AbstractContextManager[None]:
    return program(port, "mosquitto", "-p", str(port))


def shipped(port: int, **source: object) -> CameraSettings:
    """The shipped deadlines; the server's picture is black with a ball, and has no noise."""
    own = CameraSettings.load()
    return settings(
        source={"what": f"rtsp://127.0.0.1:{port}/live", **source},
        capture=own.capture.model_dump(),
        frame=own.frame.model_dump() | {"max_blur_px": 50.0},
    )


def test_a_camera_that_goes_and_comes_back_is_noticed_and_judged_again(tmp_path: Path) -> None:
    port = free_port()
    rig = Rig(tmp_path, shipped(port), True)
    rig.thread.start()
    try:
        with camera(port):
            until("a first verdict", lambda: rig.judge.seen, 40)
        noticed = until("the loss", lambda: rig.has("no frames"), NOTICED_S)
        before = len(rig.judge.seen)
        time.sleep(2.0)
        assert len(rig.judge.seen) == before
        with camera(port):
            recovered = until("a verdict", lambda: len(rig.judge.seen) > before, RECOVERED_S)
        print(f"noticed after {noticed:.1f} s, judged again {recovered:.1f} s after it was back")
    finally:
        rig.agent.stop()
        rig.thread.join(30)


def test_user_and_password_are_needed_and_never_told(tmp_path: Path) -> None:
    port = free_port()
    secret = tmp_path / "password"
    with camera(port, "me", "hunter2"):
        with pytest.raises(CameraError, match="asks for user and password"):
            look_at(shipped(port))
        secret.write_text("wrong")
        with pytest.raises(CameraError, match="refuses user and password"):
            look_at(shipped(port, user="me", password_file=secret))
        secret.write_text("hunter2\n")
        found = look_at(shipped(port, user="me", password_file=secret))
    assert found.image.shape == (240, 320, 3)
    assert "hunter2" not in json.dumps(found.row())


def test_records_reach_a_broker_that_went_and_came_back(tmp_path: Path) -> None:
    port = free_port()
    mqtt = CameraSettings.load().sinks.mqtt.model_dump()
    chosen = settings(
        sinks={"mqtt": mqtt | {"host": "127.0.0.1", "port": port, "timeout_s": 1.0}},
        trigger={"mode": "interval", "every_s": 0.5},
    )
    rig = Rig(tmp_path, chosen, True)
    rig.thread.start()
    try:
        until("the fault", lambda: rig.has("mqtt"), NOTICED_S)
        with broker(port):
            until("its end", lambda: not rig.has("mqtt"), RECOVERED_S)
            kinds = {record["kind"] for record in heard(port, 4)}
            assert "verdict" in kinds
            assert state(port) == "online"
        until("the fault again", lambda: rig.has("mqtt"), NOTICED_S)
        assert rig.judge.seen
        with broker(port):
            until("its end again", lambda: not rig.has("mqtt"), RECOVERED_S)
            rig.agent.stop()
            rig.thread.join(30)
            assert state(port) == "offline"
    finally:
        rig.agent.stop()
        rig.thread.join(30)


def heard(port: int, count: int) -> list[dict[str, object]]:
    lines = subscribed(port, "dxfvision/+/record", count).splitlines()
    return [json.loads(line) for line in lines]


def state(port: int) -> str:
    return str(json.loads(subscribed(port, "dxfvision/+/state", 1))["state"])


def subscribed(port: int, topic: str, count: int) -> str:
    """Ask with mosquitto's own client, not the library under test."""
    command = ["mosquitto_sub", "-p", str(port), "-t", topic, "-C", str(count), "-W", "20"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
