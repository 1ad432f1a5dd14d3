"""The whole stack in containers: started, asked, hurt, stopped."""

import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import httpx
import yaml

from components.serving.launch import free_port
from tests.deploy.programs import wait_for
from tests.deploy.stack import DRAWINGS, ROOT

PROJECT = "dxfvision-test"
PORTS = ("SERVICE_PORT", "PREFECT_PORT", "PROMETHEUS_PORT", "ALERTMANAGER_PORT", "GRAFANA_PORT")
DROPPED = "wiper_spring.dxf"
_IPV4 = 0x0800


def missing() -> str:
    """Return why the stack cannot be started here; empty if it can."""
    if reason := engine_missing():
        return reason
    return "" if compose_command() else "neither `docker compose` nor docker-compose is installed"


def engine_missing() -> str:
    """Return why no container can be started here; empty if one can."""
    if not os.environ.get("DXFVISION_DEPLOY"):
        return "takes minutes: make test-deploy"
    if (
        shutil.which("docker") is None
        or subprocess.run(["docker", "info"], capture_output=True, check=False).returncode
    ):
        return "no Docker engine answers"
    return ""


def compose_command() -> list[str]:
    """Return how Compose is called: the newer one where it is."""
    newer = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
    if newer.returncode == 0:
        return ["docker", "compose"]
    return ["docker-compose"] if shutil.which("docker-compose") else []


@dataclass
class Boxed:
    """A running stack.

    Attributes:
        folder: Its drawings, settings and secrets.
        home: Where its home volume lies on this machine, a file system of its own.
        environment: What Compose is told.
    """

    folder: Path
    home: Path
    environment: dict[str, str]

    def compose(self, *words: str, check: bool = True) -> str:
        """Call Compose; return what it printed."""
        done = subprocess.run(
            [*compose_command(), *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert not check or done.returncode == 0, done.stderr[-4000:]
        return done.stdout

    def inspect(self, service: str) -> dict[str, Any]:
        """Return what the engine knows of a service's container."""
        name = self.compose("ps", "-q", "-a", service, check=False) or self.compose(
            "ps", "-q", service
        )
        out = subprocess.run(
            ["docker", "inspect", name.split()[0]], capture_output=True, check=True, text=True
        )
        found: dict[str, Any] = json.loads(out.stdout)[0]
        return found

    def health(self, service: str) -> str:
        """Return `healthy`, `starting`, `unhealthy` or what its process does."""
        state = self.inspect(service)["State"]
        return str(state["Health"]["Status"] if "Health" in state else state["Status"])

    def wait_healthy(self, *services: str, wait_s: float = 300) -> None:
        """Wait until the containers say that they are well."""
        missing = set(services)

        def all_well() -> bool:
            missing.difference_update({each for each in missing if self.health(each) == "healthy"})
            return not missing

        wait_for(f"{', '.join(services)} healthy", all_well, wait_s=wait_s)

    def kill(self, service: str) -> None:
        """Kill a container's first process from outside: as a crash, not as a wish."""
        os.kill(int(self.inspect(service)["State"]["Pid"]), signal.SIGKILL)

    def ask(self, path: str) -> httpx.Response:
        """Ask the service with its token."""
        with self._client() as client:
            return client.get(path)

    def send(self, path: str, picture: Path) -> dict[str, Any]:
        """Send the service a picture; return its answer."""
        with self._client() as client:
            answer = client.post(path, content=picture.read_bytes())
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def _client(self) -> httpx.Client:
        token = (self.folder / "secrets" / "predict_token").read_text().strip()
        url = f"http://127.0.0.1:{self.environment['SERVICE_PORT']}"
        return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=20)

    def drawings(self) -> set[str]:
        """Return the names of the drawings that the service serves; empty while it is not ready."""
        answer = self.ask("/drawings")
        if not answer.is_success:
            return set()
        return {each["name"] for each in answer.json()["drawings"]}

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return the series of an instant query."""
        url = f"http://127.0.0.1:{self.environment['PROMETHEUS_PORT']}/api/v1/query"
        rows: list[dict[str, Any]] = httpx.get(url, params={"query": expression}).json()["data"][
            "result"
        ]
        return rows


@contextmanager
def boxed_stack(folder: Path) -> Iterator[Boxed]:
    """Build the images and start everything; the home volume is a file system of 2 GiB."""
    home = folder / "home"
    home.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2g", "tmpfs", str(home)], check=True)
    box = Boxed(folder, home, _prepared(folder, home))
    try:
        if not os.environ.get("DXFVISION_IMAGES"):
            box.compose("build")
        box.compose("up", "--no-start")
        yield box
    finally:
        box.compose("down", "-v", "-t", "10", check=False)
        subprocess.run(["umount", "-l", str(home)], check=True)


def _prepared(folder: Path, home: Path) -> dict[str, str]:
    """Make drawings, settings and secrets; return the environment for Compose."""
    folder.chmod(0o755)
    for name in ("drawings", "photos", "configs"):
        (folder / name).mkdir()
    for drawing in sorted(DRAWINGS.glob("*.dxf")):
        if drawing.name != DROPPED:
            shutil.copy(drawing, folder / "drawings")
    # Everything as small as in the tiny profile, whoever starts the run.
    for file in (ROOT / "configs").glob("*.yaml"):
        tiny = (yaml.safe_load(file.read_text()).get("profiles") or {}).get("tiny")
        if tiny:
            (folder / "configs" / file.name).write_text(yaml.safe_dump(tiny))
    override = {
        "volumes": {
            "home": {"driver_opts": {"type": "none", "o": "bind", "device": str(home)}},
        }
    }
    (folder / "override.yml").write_text(yaml.safe_dump(override))
    environment = {
        **os.environ,
        "COMPOSE_PROJECT_NAME": PROJECT,
        "COMPOSE_FILE": f"{ROOT}/docker-compose.yml:{folder}/override.yml",
        "DXFVISION_PROFILE": "tiny",
        "DXFVISION_DRAWINGS": str(folder / "drawings"),
        "DXFVISION_PHOTOS": str(folder / "photos"),
        "DXFVISION_CONFIGS": str(folder / "configs"),
        "DXFVISION_SECRETS": str(folder / "secrets"),
        "WORKER_CPUS": "2.0" if (os.cpu_count() or 1) > 1 else "1.0",
        **{name: str(free_port()) for name in PORTS},
    }
    done = subprocess.run(
        ["deploy/prepare.sh"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return environment


class Sniffer:
    """Notes every packet on a bridge that wants to leave it.

    Attributes:
        leaving: Destination, with the name that is asked for, and number of packets that no
            container, host or group of the network is meant to get.
    """

    def __init__(self, network: str) -> None:
        """Listen on the bridge of a network of the engine."""
        out = subprocess.run(
            ["docker", "network", "inspect", network], capture_output=True, check=True, text=True
        )
        known = json.loads(out.stdout)[0]
        self._inside = IPv4Network(known["IPAM"]["Config"][0]["Subnet"])
        self.leaving: dict[str, int] = {}
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_IPV4))
        self._socket.bind((f"br-{known['Id'][:12]}", 0))
        self._socket.settimeout(0.5)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def _listen(self) -> None:
        while not self._stop.is_set():
            try:
                packet = self._socket.recv(65536)
            except TimeoutError:
                continue
            source, target = (IPv4Address(each) for each in struct.unpack("!4s4s", packet[26:34]))
            outside = target not in self._inside and not target.is_multicast
            if source in self._inside and outside and str(target) != "255.255.255.255":
                told = f"{target}{_question(packet)}"
                self.leaving[told] = self.leaving.get(told, 0) + 1

    def close(self) -> None:
        """Listen no more."""
        self._stop.set()
        self._thread.join()
        self._socket.close()


def _question(packet: bytes) -> str:
    """Return the name that a packet asks a name server for; empty for other packets."""
    udp = 14 + (packet[14] & 15) * 4
    if packet[23] != socket.IPPROTO_UDP or packet[udp + 2 : udp + 4] != b"\0\x35":
        return ""
    labels, place = [], udp + 20
    while length := packet[place]:
        labels.append(packet[place + 1 : place + 1 + length].decode("ascii", "replace"))
        place += 1 + length
    return f" is asked for {'.'.join(labels)}"
