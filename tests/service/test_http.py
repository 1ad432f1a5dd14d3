"""A real `bentoml serve` with two workers, asked over HTTP."""

import json
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from components.modeling.registry import ModelRegistry
from components.serving import telemetry
from components.serving.trial import try_service
from tests.bundles import encoded, scene

pytestmark = pytest.mark.service
PICTURE = encoded(scene(), "JPEG")


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
    for path in ("/docs.json", "/schema.json", "/static_content/swagger-ui.css"):
        assert client.get(path).json()["error"]["code"] == "not_found"


def test_what_bentoml_and_uvicorn_would_refuse_is_refused_in_the_one_form(client, service_url):
    for path in ("/livez", "/healthz", "/readyz"):
        refused = client.post(path)
        assert refused.status_code == 405
        assert refused.json()["error"]["code"] == "method_not_allowed"
        assert refused.headers["Allow"] == "GET, HEAD"
    with socket.create_connection(("127.0.0.1", httpx.URL(service_url).port)) as stranger:
        stranger.sendall(b"\x16\x03\x01 is no HTTP\r\n\r\n")
        answer = b"".join(iter(lambda: stranger.recv(10_000), b""))
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["code"] == "no_http"


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


def settled(read: Callable[[], float]) -> float:
    """Return what is read once it stays: a request is counted only when its answer has left."""
    seen = -1.0
    while seen != (now := read()):
        seen = now
        time.sleep(0.5)
    return now


def test_metrics_of_both_workers_add_up(client):
    def served() -> float:
        text = client.get("/metrics").text
        name = 'dxfvision_requests_total{method="POST",route="/predict",status="200"}'
        lines = [line for line in text.splitlines() if line.startswith(name)]
        return float(lines[0].split()[-1]) if lines else 0.0

    before = settled(served)
    with ThreadPoolExecutor(4) as pool:
        answers = pool.map(lambda _: client.post("/predict", content=PICTURE), range(20))
        good = sum(answer.status_code == 200 for answer in answers)
    assert settled(served) == before + good


def test_every_metric_of_telemetry_is_in_the_exposition(client):
    # What is measured has no series before the first part was.
    client.post("/inspect?px_per_mm=2", content=PICTURE)
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
    assert "dxfvision_workers_wanted 2.0" in text
    assert "bentoml" not in text


def test_unknown_paths_do_not_grow_the_metrics(client):
    def size() -> int:
        return len(client.get("/metrics").text.splitlines())

    client.get("/unknown/0")
    before = settled(size)
    for number in range(1, 30):
        client.get(f"/unknown/{number}")
    assert settled(size) == before


def test_trial_compares_the_service_with_this_process(home, settings, tmp_path):
    picture = tmp_path / "picture.png"
    picture.write_bytes(encoded(scene(7)))
    tiny = settings.model_copy(update={"workers": 1})
    report = try_service(home, tiny, [picture])
    assert (report.pictures, report.detections) == (1, 2)
    assert report.version == ModelRegistry(home.registry).champion().version
    assert report.http_ms[0] > 0
