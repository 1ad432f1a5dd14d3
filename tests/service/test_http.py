"""A real `bentoml serve` with two workers, asked over HTTP."""

import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil
import pytest

from components.errors import ModelError, ServiceError
from components.home import Home
from components.modeling.registry import ModelRegistry
from components.serving import telemetry
from components.serving.launch import free_port, running_service
from components.serving.trial import try_service
from tests.bundles import encoded, make_bundle, scene

pytestmark = pytest.mark.service
PICTURE = encoded(scene(), "JPEG")
LARGE = encoded(scene(0, 1500, 2000), "JPEG")


def test_picture_is_answered_as_form_and_as_raw_body(client):
    form = client.post("/predict", files={"image": ("picture.jpg", PICTURE)})
    raw = client.post("/predict", content=PICTURE, headers={"Content-Type": "image/jpeg"})
    assert form.status_code == raw.status_code == 200
    assert sorted(each["label"] for each in form.json()["detections"]) == ["plate", "ring"]
    assert form.json()["detections"] == raw.json()["detections"]


def test_probes_answer(client, home):
    champion = ModelRegistry(home.registry).champion()
    assert client.get("/livez").status_code == 200
    ready = client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json()["version"] == champion.version


def test_documentation_and_no_page_of_bentoml(client):
    assert client.get("/docs").status_code == 200
    assert "/predict" in client.get("/docs/openapi.json").json()["paths"]
    for path in ("/docs.json", "/static_content/swagger-ui.css"):
        assert client.get(path).json()["error"]["code"] == "not_found"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ({"content": b"text"}, 415),
        ({"content": PICTURE[:300]}, 400),
        ({"files": {"wrong": PICTURE}}, 422),
        ({"content": bytes(25 * 2**20)}, 413),
        ({"content": iter([bytes(2**20)] * 26)}, 413),
    ],
    ids=["text", "cut short", "wrong field", "too many bytes", "too many bytes unannounced"],
)
def test_bad_request_gets_its_status_and_the_service_goes_on(client, request_, status):
    response = client.post("/predict", **request_)
    assert response.status_code == status
    assert response.json()["error"]["id"] == response.headers["X-Request-Id"]
    assert client.post("/predict", content=PICTURE).status_code == 200


def test_metrics_of_both_workers_add_up(client):
    def served() -> float:
        text = client.get("/metrics").text
        name = 'dxfvision_requests_total{method="POST",route="/predict",status="200"}'
        lines = [line for line in text.splitlines() if line.startswith(name)]
        return float(lines[0].split()[-1]) if lines else 0.0

    before = served()
    with ThreadPoolExecutor(4) as pool:
        answers = pool.map(lambda _: client.post("/predict", content=PICTURE), range(20))
        good = sum(answer.status_code == 200 for answer in answers)
    assert served() == before + good


def test_every_metric_of_telemetry_is_in_the_exposition(client):
    client.post("/predict", content=PICTURE)
    text = client.get("/metrics").text
    families = [
        line.split()[2] for line in text.splitlines() if line.startswith("# TYPE dxfvision_")
    ]
    named = {name.removesuffix("_total") for name in families}
    assert named == {
        family.name
        for family in telemetry.REGISTRY.collect()
        if family.name.startswith("dxfvision_")
    }
    assert "dxfvision_workers 2.0" in text
    assert "bentoml" not in text


def test_unknown_paths_do_not_grow_the_metrics(client):
    def size() -> int:
        return len(client.get("/metrics").text.splitlines())

    client.get("/unknown/0")
    before = size()
    for number in range(1, 30):
        client.get(f"/unknown/{number}")
    assert size() == before


def test_trial_compares_the_service_with_this_process(home, settings, tmp_path):
    picture = tmp_path / "picture.png"
    picture.write_bytes(encoded(scene(7)))
    tiny = settings.model_copy(update={"workers": 1})
    report = try_service(home, tiny, [picture])
    assert (report.pictures, report.detections) == (1, 2)
    assert report.version == ModelRegistry(home.registry).champion().version
    assert report.http_ms[0] > 0


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
    assert {path.name for path in home.state.iterdir()} >= {f"service-{port}"}


def test_promotion_under_load_swaps_without_a_failed_request(client, home, tmp_path):
    registry = ModelRegistry(home.registry)
    first = registry.champion().version
    second = registry.register(make_bundle(tmp_path / "second", "second", 0.3)).version
    versions = []
    deadline = time.monotonic() + 20
    registry.promote(second)
    while time.monotonic() < deadline and versions[-10:] != [second] * 10:
        answer = client.post("/predict", content=PICTURE)
        assert answer.status_code == 200, answer.text
        versions.append(answer.json()["model"]["version"])
    assert versions[-10:] == [second] * 10
    registry.rollback()
    while time.monotonic() < deadline and versions[-10:] != [first] * 10:
        versions.append(client.post("/predict", content=PICTURE).json()["model"]["version"])
    assert versions[-10:] == [first] * 10


def test_corrupt_promotion_is_refused_and_the_old_model_keeps_serving(client, home, tmp_path):
    registry = ModelRegistry(home.registry)
    first = registry.champion().version
    bad = registry.register(make_bundle(tmp_path / "bad", "bad", 0.25))
    registry.promote(bad.version)
    (bad.path / "parts.json").write_text("{}")
    try:
        time.sleep(1.0)
        for _ in range(10):
            answer = client.post("/predict", content=PICTURE)
            assert answer.status_code == 200
        assert client.get("/readyz").status_code == 200
        refused = 'dxfvision_model_loads_total{outcome="refused"}'
        assert refused in client.get("/metrics").text
    finally:
        registry.rollback()
    assert registry.champion().version == first


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


def test_overload_is_refused_at_once_and_probes_keep_answering(client, service_url):
    def ask(_: int) -> int:
        return httpx.post(f"{service_url}/predict", content=LARGE, timeout=60.0).status_code

    large_load = ThreadPoolExecutor(40)
    asked = [large_load.submit(ask, number) for number in range(80)]
    probe_s = []
    while not all(each.done() for each in asked):
        start = time.perf_counter()
        assert client.get("/livez").status_code == 200
        assert client.get("/readyz").status_code == 200
        probe_s.append(time.perf_counter() - start)
        time.sleep(0.05)
    large_load.shutdown()
    assert {each.result() for each in asked} <= {200, 429}
    assert 429 in {each.result() for each in asked}
    assert max(probe_s) < 2.0


def test_clients_that_leave_cost_nothing(client, service_url):
    address = ("127.0.0.1", httpx.URL(service_url).port)
    head = f"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: {len(LARGE)}\r\n\r\n".encode()
    for number in range(40):
        with socket.create_connection(address) as leaver:
            # Half of them leave in the middle of their body, half before their answer.
            leaver.sendall(head + LARGE[: len(LARGE) // (1 + number % 2)])
    deadline = time.monotonic() + 30
    idle = ("dxfvision_requests_running 0.0", "dxfvision_requests_waiting 0.0")
    while time.monotonic() < deadline:
        text = client.get("/metrics").text
        if all(line in text for line in idle):
            break
        time.sleep(0.1)
    assert all(line in text for line in idle)
    assert client.post("/predict", content=PICTURE).status_code == 200


def is_worker(process: psutil.Process, port: int | None) -> bool:
    try:
        listening = any(each.laddr.port == port for each in process.net_connections("tcp"))
        return listening and "_bentoml_impl.worker.service" in process.cmdline()
    except psutil.Error:
        return False


def worker_pids(port: int | None) -> set[int]:
    below = processes_below(psutil.Process().pid)
    return {process.pid for process in below if is_worker(process, port)}


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
