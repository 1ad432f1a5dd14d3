"""The stack of docker-compose.yml on a real engine: built, started, hurt and recovered."""

import shutil
import sys
import time
from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path

import httpx
import pytest

from tests.deploy.boxed import DROPPED, PROJECT, Boxed, Sniffer, boxed_stack, missing
from tests.deploy.programs import wait_for
from tests.deploy.stack import DRAWINGS

SERVICES = (
    "prefect",
    "worker",
    "service",
    "doctor",
    "node-exporter",
    "alertmanager",
    "prometheus",
    "grafana",
)
MADE_S = 420.0
"""Longest wait for the pipeline of the tiny profile to end, on a busy machine."""

MISSING = missing()


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Boxed]:
    """The stack before its first start."""
    if MISSING:
        pytest.skip(MISSING)
    with boxed_stack(tmp_path_factory.mktemp("boxed")) as box:
        yield box


@pytest.fixture(scope="module")
def sniffer(stopped: Boxed) -> Iterator[Sniffer]:
    """Listens from before the first start."""
    listening = Sniffer(f"{PROJECT}_inside")
    yield listening
    listening.close()


@pytest.fixture(scope="module")
def box(stopped: Boxed, sniffer: Sniffer) -> Boxed:
    """The running stack with a model of all sample drawings but one."""
    began_s = time.monotonic()
    stopped.compose("up", "-d")
    wait_for("a model", lambda: stopped.drawings(), wait_s=MADE_S)
    print(f"the first model is served after {time.monotonic() - began_s:.0f} s")
    return stopped


@pytest.mark.timeout(1800)
def test_everything_becomes_healthy(box: Boxed) -> None:
    box.wait_healthy(*SERVICES)
    jobs = {"dxfvision", "node", "prefect", "prometheus", "alertmanager"}
    wait_for("targets", lambda: jobs <= {row["metric"]["job"] for row in box.query("up == 1")})


@pytest.mark.parametrize("service", SERVICES)
def test_a_container_has_no_rights_it_does_not_need(box: Boxed, service: str) -> None:
    found = box.inspect(service)
    host = found["HostConfig"]
    assert found["Config"]["User"] not in ("", "0", "root")
    assert host["ReadonlyRootfs"]
    assert host["CapDrop"] == ["ALL"]
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert host["Memory"] > 0
    assert host["PidsLimit"] > 0
    assert host["NanoCpus"] > 0
    bound = [each for group in host["PortBindings"].values() for each in group or []]
    assert {each["HostIp"] for each in bound} <= {"127.0.0.1"}


def test_alertmanager_reaches_its_receivers_by_the_network_that_leads_out(box: Boxed) -> None:
    found = box.inspect("alertmanager")
    outward = found["NetworkSettings"]["Networks"][f"{PROJECT}_beyond"]["Gateway"]
    route = Path(f"/proc/{found['State']['Pid']}/net/route").read_text().splitlines()[1].split()
    # The kernel prints addresses as numbers of this machine's byte order.
    gateway = IPv4Address(int(route[2], 16).to_bytes(4, sys.byteorder))
    assert (route[1], str(gateway)) == ("00000000", outward)


@pytest.mark.timeout(1800)
def test_a_dropped_drawing_is_served(box: Boxed) -> None:
    before = box.drawings()
    assert DROPPED.removesuffix(".dxf") not in before
    began_s = time.monotonic()
    shutil.copy(DRAWINGS / DROPPED, box.folder / "drawings" / DROPPED)
    wait_for(
        "the dropped drawing",
        lambda: box.drawings() >= before | {DROPPED.removesuffix(".dxf")},
        wait_s=MADE_S,
    )
    print(f"a dropped drawing is served after {time.monotonic() - began_s:.0f} s")


def test_a_picture_is_answered_measured_and_remembered(box: Boxed) -> None:
    picture = min(box.home.glob("models/registry/models/*/*/golden/*.jpg"))
    assert box.send("/predict", picture)["detections"]
    assert box.send("/inspect?px_per_mm=2", picture)["detections"]
    # What drift is told from, and what `dxfvision logs` follows a request through.
    wait_for("figures", lambda: list(box.home.glob(".state/features/*.jsonl")))
    log = box.home / "logs" / "service.jsonl"
    wait_for("its line", lambda: "POST /inspect 200" in log.read_text())


def test_without_a_token_nothing_is_answered(box: Boxed) -> None:
    url = f"http://127.0.0.1:{box.environment['SERVICE_PORT']}/drawings"
    assert httpx.get(url).status_code == httpx.codes.UNAUTHORIZED


@pytest.mark.timeout(900)
@pytest.mark.parametrize("service", SERVICES)
def test_a_killed_container_comes_back_and_nothing_is_lost(box: Boxed, service: str) -> None:
    before = wait_for("drawings", box.drawings)
    started = box.inspect(service)["State"]["StartedAt"]
    began_s = time.monotonic()
    box.kill(service)
    wait_for(f"{service} again", lambda: box.inspect(service)["State"]["StartedAt"] != started)
    box.wait_healthy(service)
    print(f"{service} is healthy {time.monotonic() - began_s:.0f} s after it was killed")
    # One worker of the service makes it healthy; another may be a moment behind.
    wait_for("the same drawings", lambda: box.drawings() == before)
    # Prefect's server still knows its deployments.
    url = f"http://127.0.0.1:{box.environment['PREFECT_PORT']}/api/deployments/filter"
    box.wait_healthy("prefect")
    assert httpx.post(url, json={}).raise_for_status().json()


@pytest.mark.timeout(1200)
def test_all_of_it_restarts(box: Boxed) -> None:
    before = wait_for("drawings", box.drawings)
    began_s = time.monotonic()
    box.compose("restart", "-t", "40")
    box.wait_healthy(*SERVICES)
    print(f"all are healthy {time.monotonic() - began_s:.0f} s after a restart was asked for")
    wait_for("the same drawings", lambda: box.drawings() == before)


@pytest.mark.timeout(900)
def test_on_a_full_volume_the_service_answers_and_a_run_says_why_it_fails(box: Boxed) -> None:
    filler = box.home / "filler"
    _fill(filler)
    try:
        said = box.compose(
            "exec", "-T", "worker", "sh", "-c", "dxfvision run --profile tiny 2>&1 || echo CODE=$?"
        )
        assert "CODE=1" in said, said
        assert "MiB are free on this disk" in said or "No space left" in said, said
        assert box.drawings()
    finally:
        filler.unlink()
    said = box.compose(
        "exec", "-T", "worker", "sh", "-c", "dxfvision doctor --only disk; echo CODE=$?"
    )
    assert "CODE=0" in said, said


def _fill(file: Path) -> None:
    """Write until the file system takes no more."""
    with file.open("wb", buffering=0) as output:
        for size in (2**24, 2**16, 2**10):
            try:
                while output.write(b"\0" * size) == size:
                    pass
            except OSError:
                continue


def test_nothing_tried_to_leave(box: Boxed, sniffer: Sniffer) -> None:
    assert sniffer.leaving == {}


@pytest.mark.timeout(900)
def test_a_volume_of_a_newer_version_is_refused_and_left_alone(box: Boxed) -> None:
    note = box.home / ".written-by"
    mine = note.read_text()
    note.write_text("99.0.0\n")
    try:
        said = box.compose(
            "run", "--rm", "--no-deps", "-T", "worker", "sh", "-c",
            "check-volume /var/lib/dxfvision true 2>&1; echo CODE=$?",
        )  # fmt: skip
        assert "was written by version 99.0.0" in said
        assert "CODE=78" in said
        assert note.read_text() == "99.0.0\n"
    finally:
        note.write_text(mine)
