"""What the doctor says of camera agents and ports."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from components.home import Home
from components.operations.health.checking import Box
from components.operations.health.programs import check_camera, check_ports
from components.serving.launch import free_port
from components.settings.health import HealthSettings
from tests.answering import answering

GOOD = {
    "camera": "north",
    "ready": True,
    "faults": [],
    "frame": {"width_px": 640, "height_px": 480, "age_s": 0.21},
}
BLIND = {
    "camera": "south",
    "ready": False,
    "faults": [{"name": "no frames", "text": "no frame for 5 s"}],
    "frame": None,
}


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Box:
    for name in ("CAMERA__HTTP", "SERVE", "OPERATIONS__SERVER", "OPERATIONS__WORKER"):
        monkeypatch.setenv(f"DXFVISION_{name}__PORT", str(free_port()))
    return Box(Home(tmp_path), HealthSettings.load())


def looking_at(box: Box, *urls: str) -> Box:
    return Box(box.home, box.settings.model_copy(update={"cameras": list(urls)}))


def at_port(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("DXFVISION_CAMERA__HTTP__PORT", url.rpartition(":")[2])


def test_a_box_without_a_camera_is_told_nothing(box: Box) -> None:
    assert check_camera(box).state == "left out"


def test_a_camera_that_is_set_but_not_watched_is_a_warning(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DXFVISION_CAMERA__SOURCE__WHAT", "/dev/video0")
    finding = check_camera(box)
    assert (finding.state, "dxfvision camera" in finding.advice) == ("warning", True)


def test_a_camera_that_sees_tells_size_and_age(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    with answering({"/status": GOOD}) as url:
        at_port(monkeypatch, url)
        finding = check_camera(box)
    assert (finding.state, finding.found) == (
        "good",
        "north: frames of 640x480, the newest 0.2 s old",
    )


def test_one_blind_camera_of_two_is_a_fault(box: Box) -> None:
    with answering({"/status": GOOD}) as north, answering({"/status": BLIND}) as south:
        finding = check_camera(looking_at(box, north, f"{south}/"))
    assert finding.state == "fault"
    assert "south: no frames: no frame for 5 s" in finding.found


def test_an_agent_that_must_be_there_and_is_not_is_a_fault(box: Box) -> None:
    gone = f"http://127.0.0.1:{free_port()}"
    with answering({"/status": GOOD}) as north:
        finding = check_camera(looking_at(box, north, gone))
    assert (finding.state, finding.found) == ("fault", f"nobody answers on {gone}")


@pytest.mark.parametrize("answer", [["hello"], {"ready": True}])
def test_another_program_is_no_agent(box: Box, answer: Any) -> None:
    with answering({"/status": answer}) as url:
        assert check_camera(looking_at(box, url)).state == "fault"


@pytest.fixture
def silent_listener() -> Iterator[int]:
    """Somebody who listens and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_free_ports_are_good(box: Box) -> None:
    finding = check_ports(box)
    assert (finding.state, finding.found.count("free")) == ("good", 4)


def test_a_port_that_one_of_ours_answers_on_is_good(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    with answering({"/livez": {}}) as url:
        at_port(monkeypatch, url)
        finding = check_ports(box)
    assert (finding.state, "camera: answers" in finding.found) == ("good", True)


def test_a_port_that_another_program_holds_is_a_fault(
    box: Box, monkeypatch: pytest.MonkeyPatch, silent_listener: int
) -> None:
    monkeypatch.setenv("DXFVISION_HEALTH__TIMEOUT_S", "0.2")
    monkeypatch.setenv("DXFVISION_OPERATIONS__WORKER__PORT", str(silent_listener))
    finding = check_ports(Box(box.home, HealthSettings.load()))
    assert finding.state == "fault"
    assert f"{silent_listener} worker: held by another program" in finding.found
