"""Processes of a real `bentoml serve`: how they start, end and come back."""

import shutil
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

import httpx
import psutil
import pytest

from components.errors import ModelError, ServiceError
from components.home import Home
from components.modeling.registry import ModelRegistry
from components.serving.launch import bento_home, free_port, running_service
from tests.bundles import encoded, scene

pytestmark = [pytest.mark.service, pytest.mark.alone]
PICTURE = encoded(scene(), "JPEG")


def test_occupied_port_is_refused_before_anything_starts(home, settings):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with (
            pytest.raises(ServiceError, match=f"port {port}"),
            running_service(home, settings, port),
        ):
            pass


def test_from_the_first_ready_answer_on_no_worker_refuses(home, settings):
    several = settings.model_copy(update={"workers": 3})
    with running_service(home, several) as url:
        answers = [httpx.get(f"{url}/readyz").status_code for _ in range(60)]
    assert set(answers) == {200}


def test_home_without_champion_is_refused(tmp_path, settings):
    with (
        pytest.raises(ServiceError, match="no model was promoted"),
        running_service(Home(tmp_path), settings),
    ):
        pass


def test_corrupt_champion_is_refused(tmp_path, settings, bundle):
    home = Home(tmp_path)
    registry = ModelRegistry(home.registry)
    version = registry.register(bundle)
    registry.promote(version.version)
    (version.path / "model.onnx").write_bytes(b"half")
    with (
        pytest.raises(ModelError, match=r"model\.onnx"),
        running_service(home, settings),
    ):
        pass


def test_service_that_dies_tells_the_end_of_its_log(home, settings, monkeypatch):
    monkeypatch.setattr("components.serving.launch.SERVICE", "components.serving.missing:bento")
    with (
        pytest.raises(ServiceError, match=r"(?s)before it was ready.*missing"),
        running_service(home, settings),
    ):
        pass


def processes_below(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


def wait_gone(processes: list[psutil.Process], seconds: float) -> list[psutil.Process]:
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    return alive


def test_no_process_is_left_after_the_block(home, settings):
    before = {process.pid for process in processes_below(psutil.Process().pid)}
    with running_service(home, settings):
        own = [each for each in processes_below(psutil.Process().pid) if each.pid not in before]
        assert len(own) >= 3
    assert wait_gone(own, 1.0) == []


def test_no_process_is_left_when_the_caller_is_killed(home, tmp_path):
    script = tmp_path / "caller.py"
    script.write_text(
        "import pathlib, sys, time\n"
        "from components.home import Home\n"
        "from components.serving.launch import running_service\n"
        "from components.settings.serve import ServeSettings\n"
        "home = Home(pathlib.Path(sys.argv[1]))\n"
        "with running_service(home, ServeSettings.load(profile='tiny')):\n"
        "    print('ready', flush=True)\n"
        "    time.sleep(60)\n"
    )
    caller = subprocess.Popen(
        [sys.executable, script, home.root], stdout=subprocess.PIPE, cwd=Path.cwd()
    )
    assert caller.stdout.readline() == b"ready\n"
    below = processes_below(caller.pid)
    assert len(below) >= 2
    caller.kill()
    caller.communicate()
    assert wait_gone(below, 10.0) == []


SERVE = """
import pathlib, sys
from components.home import Home
from components.serving.launch import serve
from components.settings.serve import ServeSettings
settings = ServeSettings.load(profile="tiny").model_copy(update={"port": int(sys.argv[2])})
serve(Home(pathlib.Path(sys.argv[1])), settings)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_foreground_service_ends_with_its_signal_and_leaves_nothing(home, number):
    port = free_port()
    log = home.root / f"{number}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", SERVE, home.root, str(port)], stdout=output, stderr=output
        )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200:
                break
        except httpx.TransportError:
            time.sleep(0.1)
    below = processes_below(process.pid)
    assert below, log.read_text()
    process.send_signal(number)
    process.wait(20)
    assert wait_gone(below, 10.0) == []
    # One folder a port, whatever ended the service before.
    assert not list(home.state.glob("service-*"))
    shutil.rmtree(bento_home(home, port))


def test_service_listens_on_loopback_only(service_url):
    port = httpx.URL(service_url).port
    addresses = {
        connection.laddr.ip
        for connection in psutil.net_connections("tcp")
        if connection.laddr.port == port and connection.status == psutil.CONN_LISTEN
    }
    assert addresses == {"127.0.0.1"}


def test_free_port_is_free():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", free_port()))


def is_worker(process: psutil.Process, port: int | None) -> bool:
    try:
        listening = any(each.laddr.port == port for each in process.net_connections("tcp"))
        return listening and "_bentoml_impl.worker.service" in process.cmdline()
    except psutil.Error:
        return False


def worker_pids(port: int | None) -> set[int]:
    below = processes_below(psutil.Process().pid)
    return {process.pid for process in below if is_worker(process, port)}


def worker_of(connection: HTTPConnection, port: int | None) -> int | None:
    """Return the process of the worker that a kept connection ends at; None if it was closed."""
    if connection.sock is None:
        return None
    own = connection.sock.getsockname()[1]
    for pid in worker_pids(port):
        ends = psutil.Process(pid).net_connections("tcp")
        if any(each.raddr and each.raddr.port == own for each in ends):
            return pid
    return None


def ask(connection: HTTPConnection) -> int:
    connection.request("POST", "/predict", PICTURE)
    answer = connection.getresponse()
    answer.read()
    return answer.status


def test_two_clients_come_to_be_answered_by_two_workers(service_url):
    port = httpx.URL(service_url).port
    clients = [HTTPConnection("127.0.0.1", port, timeout=60) for _ in range(2)]
    deadline = time.monotonic() + 60
    workers: set[int | None] = set()
    with ThreadPoolExecutor(2) as pool:
        while time.monotonic() < deadline and (len(workers) < 2 or None in workers):
            assert list(pool.map(ask, clients)) == [200, 200]
            workers = {worker_of(client, port) for client in clients}
    for client in clients:
        client.close()
    assert len(workers - {None}) == 2


def test_killed_worker_comes_back_and_the_other_answers_meanwhile(client, service_url):
    port = httpx.URL(service_url).port
    before = worker_pids(port)
    assert len(before) == 2
    killed = min(before)
    psutil.Process(killed).kill()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert httpx.get(f"{service_url}/livez").status_code == 200
        if len(worker_pids(port) - {killed}) == 2:
            break
        time.sleep(0.1)
    assert len(worker_pids(port) - {killed}) == 2
    while time.monotonic() < deadline:
        if "dxfvision_workers 2.0" in client.get("/metrics").text:
            break
        time.sleep(0.1)
    assert "dxfvision_workers 2.0" in client.get("/metrics").text
    assert client.post("/predict", content=PICTURE).status_code == 200
