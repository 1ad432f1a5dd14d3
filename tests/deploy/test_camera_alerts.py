"""A real camera agent under real Prometheus: each of its faults is caused, told, and over again."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from components.cli.app import app
from components.home import Home
from components.modeling.registry import ModelRegistry
from components.monitoring.camera_row import CAMERAS
from components.monitoring.panels import Shown
from components.serving.launch import free_port, running_service
from components.settings.serve import ServeSettings
from tests.bundles import make_bundle, scene
from tests.deploy.mjpeg import Image, Mjpeg
from tests.deploy.programs import Program, need, wait_for
from tests.deploy.stack import Stack, watched

MISSING = need("prometheus", "promtool", "prometheus-alertmanager") or (
    "" if os.environ.get("DXFVISION_DEPLOY") else "takes minutes: make test-deploy"
)

DEADLINES = {
    "CAPTURE__OPEN_S": "5",
    "CAPTURE__FRAME_S": "2",
    "CAPTURE__FIRST_WAIT_S": "0.1",
    "CAPTURE__LONGEST_WAIT_S": "0.3",
    "FRAME__FROZEN_S": "3",
    "FRAME__FAULT_S": "0.5",
    "FRAME__MAX_BLUR_PX": "50",
    "SOURCE__FRAMES_PER_S": "2",
    "JUDGE__RETRY_S": "0.2",
    "JUDGE__PX_PER_MM": "2.0",
    "SINKS__RETRY_S": "0.2",
    "SINKS__LONGEST_RETRY_S": "0.5",
}


@dataclass
class Line:
    """A place on a belt.

    Attributes:
        stack: Who watches it.
        camera: What it sees.
        scene: A picture with parts.
        power: Ends the camera when closed.
        agent: The program.
    """

    stack: Stack
    camera: Mjpeg
    scene: Image
    power: ExitStack
    agent: Program

    def switch_on(self) -> None:
        self.power.enter_context(self.camera.on())

    def switch_off(self) -> None:
        self.power.close()

    def sees(self) -> bool:
        return bool(self.stack.query('dxfvision_camera_up{camera="north"} == 1'))


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    if MISSING:
        pytest.skip(MISSING)
    folder = tmp_path_factory.mktemp("line")
    home = Home(folder / "home")
    home.prepare()
    registry = ModelRegistry(home.registry)
    registry.promote(registry.register(make_bundle(folder / "bundle")).version)
    # Pictures are red, green, blue there; OpenCV's are the other way round.
    picture = np.ascontiguousarray(scene()[..., ::-1])
    camera = Mjpeg(picture)
    ports = {"dxfvision": free_port(), "camera": free_port()}
    with watched(folder, home, ports) as stack, ExitStack() as power:
        restart_service(stack)
        agent = start_agent(stack, power.enter_context(camera.on()), folder)
        belt = Line(stack, camera, picture, power, agent)
        try:
            agent.wait_until_ready()
            wait_for("the camera to see", belt.sees)
            yield belt
        finally:
            agent.stop()


def start_agent(stack: Stack, address: str, folder: Path) -> Program:
    """Start the program as its unit does, with short deadlines and a webhook that is gone."""
    settings = {
        **DEADLINES,
        "JUDGE__SERVICE": stack.url("dxfvision"),
        "SINKS__WEBHOOK__URL": f"http://127.0.0.1:{free_port()}/nobody",
    }
    return Program(
        [
            *(sys.executable, "-c", "from components.cli.app import main; main()", "camera"),
            *("--home", str(stack.home.root), "--name", "north", "--source", address),
            *("--port", str(stack.ports["camera"])),
        ],
        f"{stack.url('camera')}/livez",
        folder,
        os.environ | {f"DXFVISION_CAMERA__{key}": value for key, value in settings.items()},
    )


def restart_service(stack: Stack) -> None:
    """Serve, again if need be."""
    stack.service.close()
    settings = ServeSettings.load(profile="quick")
    stack.service.enter_context(running_service(stack.home, settings, stack.ports["dxfvision"]))


def test_a_camera_that_sees_is_told_as_well(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    wait_for("verdicts", lambda: line.stack.query("dxfvision_camera_verdicts_total > 0"))
    monkeypatch.setenv("DXFVISION_HEALTH__CAMERAS", json.dumps([line.stack.url("camera")]))
    asked = ["doctor", "--home", str(line.stack.home.root), "--only", "camera", "--json"]
    found = json.loads(CliRunner().invoke(app, asked).stdout)
    assert found["state"] == "good", found
    assert found["found"].startswith("north: frames of 320x240")
    for alert in ("CameraNoFrames", "CameraFrameStale", "CameraPictureBad", "CameraNotJudging"):
        assert not line.stack.firing(alert)


@pytest.mark.parametrize("shown", CAMERAS.panels, ids=lambda shown: shown.title)
def test_no_panel_of_cameras_is_empty(line: Line, shown: Shown) -> None:
    for query in shown.queries:
        expression = query.expression.replace("$__rate_interval", "1m").replace("$box", ".*")
        # Of what is wrong nothing need be.
        expression = expression.removesuffix(" == 1")
        wait_for(shown.title, lambda expression=expression: line.stack.query(expression))


def test_one_id_leads_from_a_record_through_agent_and_service(line: Line) -> None:
    records = line.stack.home.cameras / "north"

    def judged() -> str:
        for file in records.glob("*.jsonl"):
            for text in file.read_text().splitlines():
                record = json.loads(text)
                if record["kind"] == "verdict" and record["answer"]:
                    return str(record["id"])
        return ""

    request = wait_for("a judged record", judged)
    asked = ["logs", "--home", str(line.stack.home.root), "--request", request, "--json"]
    lines = [json.loads(text) for text in CliRunner().invoke(app, asked).stdout.splitlines()]
    assert {each["part"] for each in lines} == {"camera", "service"}
    assert any(each["message"].startswith("POST /inspect 200") for each in lines)
    assert any(each.get("camera") == "north" for each in lines)


def test_a_dark_camera_is_told(line: Line) -> None:
    line.camera.image = np.zeros_like(line.scene)
    (labels,) = wait_for("CameraPictureBad", lambda: line.stack.firing("CameraPictureBad"))
    assert (labels["camera"], labels["fault"]) == ("north", "black")
    line.camera.image = line.scene
    wait_for("recovery", lambda: not line.stack.firing("CameraPictureBad"))


def test_a_picture_that_does_not_change_is_told(line: Line) -> None:
    line.camera.noise = False
    wait_for("CameraFrameStale", lambda: line.stack.firing("CameraFrameStale"))
    line.camera.noise = True
    wait_for("recovery", lambda: line.sees() and not line.stack.firing("CameraFrameStale"))


def test_records_that_nobody_takes_are_told(line: Line) -> None:
    alert = "CameraRecordsNotDelivered"
    (labels,) = wait_for(alert, lambda: line.stack.firing(alert))
    assert labels["fault"] == "webhook"


def test_a_camera_without_power_is_told_once_and_opened_again_and_again(line: Line) -> None:
    stack = line.stack
    stack.mail.got.clear()
    line.switch_off()
    wait_for("CameraNoFrames", lambda: stack.firing("CameraNoFrames"))
    wait_for("a message", lambda: stack.mail.told("/now", "CameraNoFrames"))
    wait_for("CameraReconnects", lambda: stack.firing("CameraReconnects"))
    wait_for("inhibition", lambda: stack.alerts_sent().get("CameraReconnects") == "suppressed")
    assert not stack.mail.told("/this_week", "CameraReconnects")
    line.switch_on()
    wait_for("recovery", lambda: line.sees() and not stack.firing("CameraNoFrames"))


def test_frames_that_nobody_judges_are_told(line: Line) -> None:
    line.stack.service.close()
    wait_for("CameraNotJudging", lambda: line.stack.firing("CameraNotJudging"))
    restart_service(line.stack)
    wait_for("recovery", lambda: not line.stack.firing("CameraNotJudging"))


def test_an_agent_that_ends_is_told(line: Line) -> None:
    line.agent.stop()
    (labels,) = wait_for("CameraAgentDown", lambda: line.stack.firing("CameraAgentDown"))
    assert labels["job"] == "camera"
    wait_for("a message", lambda: line.stack.mail.told("/now", "CameraAgentDown"))
