"""The whole application in this process: gate, routes, queue and a real model, without BentoML."""

import asyncio
import io
from collections.abc import Awaitable, Callable

import httpx
import pytest
from PIL import Image

from components.serving import telemetry
from components.serving.access import new_token
from components.serving.api import create_api
from components.serving.capacity import WorkQueue
from components.serving.gate import Gate
from components.serving.live_model import LiveModel
from components.settings.inspection import InspectionSettings
from components.settings.serve import ServeSettings, TokenHashes
from tests.bundles import encoded, scene

Talk = Callable[[httpx.AsyncClient], Awaitable[None]]
PICTURE = encoded(scene(), "JPEG")


@pytest.fixture
def talk(registry, settings):
    """Run a conversation with the application."""

    def run(conversation: Talk, own: ServeSettings = settings, ready: bool = True) -> None:
        live = LiveModel(registry, own, InspectionSettings.load())
        if ready:
            live.follow()
        queue = WorkQueue(own.limits.running, own.limits.waiting, own.limits.timeout_s)
        app = Gate(create_api(live, queue, own), live, own)

        async def converse() -> None:
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                await conversation(client)

        asyncio.run(converse())
        queue.close()

    return run


def limited(settings: ServeSettings, **limits: float) -> ServeSettings:
    return settings.model_copy(update={"limits": settings.limits.model_copy(update=limits)})


def check_error(response: httpx.Response, status: int, code: str) -> None:
    assert response.status_code == status, response.text
    error = response.json()["error"]
    assert set(error) == {"status", "code", "message", "remedy", "id"}
    assert (error["status"], error["code"]) == (status, code)
    assert error["message"]
    assert error["remedy"]
    assert error["id"] == response.headers["X-Request-Id"]


def test_form_and_raw_body_get_the_same_answer(talk):
    async def conversation(client: httpx.AsyncClient) -> None:
        form = await client.post("/predict", files={"image": ("a.jpg", PICTURE)})
        raw = await client.post("/predict", content=PICTURE)
        assert form.status_code == raw.status_code == 200
        assert form.json()["detections"] == raw.json()["detections"]
        assert {each["label"] for each in raw.json()["detections"]} == {"plate", "ring"}

    talk(conversation)


def test_options_change_the_answer(talk):
    async def conversation(client: httpx.AsyncClient) -> None:
        query = {"masks": "false", "polygons": "false"}
        answer = await client.post("/predict", params=query, content=PICTURE)
        detection = answer.json()["detections"][0]
        assert detection["segmentation"] is None
        assert detection["polygons"] is None
        answer = await client.post("/predict", params={"score_threshold": 1}, content=PICTURE)
        assert answer.json()["detections"] == []

    talk(conversation)


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        ({"content": b"no picture"}, 415, "picture_type"),
        ({"content": b""}, 400, "picture_undecodable"),
        ({"content": PICTURE[:500]}, 400, "picture_undecodable"),
        ({"files": {"picture": PICTURE}}, 422, "wrong_form"),
        ({"files": {"image": PICTURE, "other": PICTURE}}, 422, "wrong_form"),
        ({"data": {"image": "text"}, "files": {"x": b""}}, 422, "wrong_form"),
        ({"files": [("image", PICTURE), ("image", PICTURE)]}, 413, "too_many_pictures"),
        ({"content": PICTURE, "params": {"score_threshold": "high"}}, 422, "wrong_fields"),
        ({"content": PICTURE, "params": {"treshold": "0.5"}}, 422, "wrong_fields"),
        (
            {"content": b"--x", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
            422,
            "wrong_form",
        ),
        (
            {"content": b"junk", "headers": {"Content-Type": "multipart/form-data"}},
            400,
            "bad_request",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_bad_request_gets_its_error(talk, request_, status, code):
    async def conversation(client: httpx.AsyncClient) -> None:
        check_error(await client.post("/predict", **request_), status, code)

    talk(conversation)


def test_unknown_route_and_method_get_the_same_schema(talk):
    async def conversation(client: httpx.AsyncClient) -> None:
        check_error(await client.get("/nothing"), 404, "not_found")
        check_error(await client.get("/predict"), 405, "method_not_allowed")
        check_error(await client.get("/"), 404, "not_found")

    talk(conversation)


def test_body_beyond_the_limit_is_refused_announced_or_not(talk, settings):
    async def pieces():
        for _ in range(40):
            yield bytes(1024)

    async def conversation(client: httpx.AsyncClient) -> None:
        check_error(await client.post("/predict", content=bytes(40_000)), 413, "body_too_large")
        check_error(await client.post("/predict", content=pieces()), 413, "body_too_large")
        form = {"files": {"image": bytes(40_000)}}
        check_error(await client.post("/predict", **form), 413, "body_too_large")

    talk(conversation, limited(settings, max_body_mib=0.02))


def test_picture_beyond_the_limit_is_refused(talk, settings):
    async def conversation(client: httpx.AsyncClient) -> None:
        response = await client.post("/predict", content=PICTURE)
        check_error(response, 413, "picture_too_large")
        assert "320 x 240" in response.json()["error"]["message"]

    talk(conversation, limited(settings, max_megapixels=0.05))


def test_body_that_never_ends_is_refused(talk, settings):
    async def forever():
        yield PICTURE[:100]
        await asyncio.sleep(30)

    async def conversation(client: httpx.AsyncClient) -> None:
        check_error(await client.post("/predict", content=forever()), 408, "upload_too_slow")

    talk(conversation, limited(settings, upload_s=0.1))


def test_more_requests_than_places_are_answered_429_at_once(talk, settings):
    async def conversation(client: httpx.AsyncClient) -> None:
        posts = [client.post("/predict", content=PICTURE) for _ in range(12)]
        answers = await asyncio.gather(*posts)
        statuses = [answer.status_code for answer in answers]
        assert set(statuses) == {200, 429}
        refused = next(answer for answer in answers if answer.status_code == 429)
        check_error(refused, 429, "busy")
        assert refused.headers["Retry-After"] == "1"

    talk(conversation, limited(settings, running=1, waiting=1))


def test_without_a_model_predict_and_readyz_say_why(talk):
    async def conversation(client: httpx.AsyncClient) -> None:
        check_error(await client.get("/readyz"), 503, "not_ready")
        check_error(await client.post("/predict", content=PICTURE), 503, "not_ready")
        check_error(await client.get("/model"), 503, "not_ready")

    talk(conversation, ready=False)


def test_fault_of_our_own_is_answered_500_and_hides_its_text(talk, monkeypatch, caplog):
    def fail(*_: object) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr("components.serving.api.answer_picture", fail)

    async def conversation(client: httpx.AsyncClient) -> None:
        response = await client.post("/predict", content=PICTURE)
        check_error(response, 500, "internal")
        assert "secret" not in response.text
        assert response.headers["X-Request-Id"] in caplog.text
        assert "secret inside" in caplog.text

    talk(conversation)


def test_overlay_is_a_picture_of_the_same_size(talk):
    async def conversation(client: httpx.AsyncClient) -> None:
        response = await client.post("/predict/overlay", content=PICTURE)
        assert response.headers["Content-Type"] == "image/png"
        assert Image.open(io.BytesIO(response.content)).size == (320, 240)
        check_error(await client.post("/predict/overlay", content=b"x"), 415, "picture_type")

    talk(conversation)


def test_tokens_guard_everything_but_the_probes(talk, settings):
    token, its_hash = new_token()
    tokens = TokenHashes(predict=(its_hash,), operate=())
    access = settings.access.model_copy(update={"tokens": tokens})
    bearer = {"Authorization": f"Bearer {token}"}

    async def conversation(client: httpx.AsyncClient) -> None:
        assert (await client.get("/readyz")).status_code == 200
        check_error(await client.post("/predict", content=PICTURE), 401, "token_missing")
        check_error(await client.get("/nothing"), 401, "token_missing")
        check_error(await client.get("/docs", headers=bearer), 403, "wrong_role")
        good = await client.post("/predict", content=PICTURE, headers=bearer)
        assert good.status_code == 200

    talk(conversation, settings.model_copy(update={"access": access}))


def test_batch_answers_each_picture_and_names_the_bad_one(talk):
    async def conversation(client: httpx.AsyncClient) -> None:
        files = [("image", ("a.jpg", PICTURE)), ("image", ("b.txt", b"text"))]
        response = await client.post("/predict/batch", files=files)
        assert response.status_code == 200
        good, bad = response.json()["items"]
        assert (good["name"], bad["name"]) == ("a.jpg", "b.txt")
        assert len(good["answer"]["detections"]) == 2
        assert bad["answer"] is None
        assert bad["error"]["status"] == 415

    talk(conversation)


def test_model_and_drawings_are_told(talk, registry):
    async def conversation(client: httpx.AsyncClient) -> None:
        model = (await client.get("/model")).json()
        assert model["version"] == registry.champion().version
        assert model["card"]["labels"] == ["plate", "ring"]
        drawings = (await client.get("/drawings")).json()["drawings"]
        assert drawings[1] == {
            "name": "ring",
            "width_mm": 50.0,
            "height_mm": 50.0,
            "hole_count": 1,
        }

    talk(conversation)


def test_every_answer_carries_security_headers(talk):
    async def conversation(client: httpx.AsyncClient) -> None:
        for path in ("/readyz", "/nothing", "/metrics", "/docs"):
            headers = (await client.get(path)).headers
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["X-Frame-Options"] == "DENY"
            assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]

    talk(conversation)


def test_documentation_needs_nothing_from_elsewhere(talk):
    async def conversation(client: httpx.AsyncClient) -> None:
        page = (await client.get("/docs")).text
        assert "http://" not in page
        assert "https://" not in page
        for asset in ("swagger-ui-bundle.js", "swagger-ui.css"):
            assert f"/docs/assets/{asset}" in page
            assert (await client.get(f"/docs/assets/{asset}")).status_code == 200

    talk(conversation)


def test_documentation_lists_routes_schemas_and_errors(talk):
    async def conversation(client: httpx.AsyncClient) -> None:
        document = (await client.get("/docs/openapi.json")).json()
        predict = document["paths"]["/predict"]["post"]
        assert set(predict["requestBody"]["content"]) == {"multipart/form-data", "image/*"}
        assert {"200", "400", "413", "415", "422", "429", "503", "504"} <= set(predict["responses"])
        for status in ("413", "422"):
            schema = predict["responses"][status]["content"]["application/json"]["schema"]
            assert schema["$ref"].endswith("/ErrorAnswer")

    talk(conversation)


def test_nothing_of_a_picture_or_a_path_is_logged(talk, caplog):
    caplog.set_level("DEBUG", "components")

    async def conversation(client: httpx.AsyncClient) -> None:
        await client.post("/predict", files={"image": ("private-name.jpg", PICTURE)})
        await client.get("/private-path?token=private")

    talk(conversation)
    assert "private" not in "\n".join(
        record.getMessage() for record in caplog.records if record.name.startswith("components")
    )
    assert "/predict 200" in caplog.text


def test_requests_and_detections_are_counted(talk):
    def count(name: str) -> float:
        lines = telemetry.exposition().decode().splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith(name))

    served = 'dxfvision_requests_total{method="POST",route="/predict",status="200"}'
    strange = 'dxfvision_requests_total{method="GET",route="other",status="404"}'
    plates = 'dxfvision_detections_total{label="plate"}'
    before = count(served), count(strange), count(plates)

    async def conversation(client: httpx.AsyncClient) -> None:
        await client.post("/predict", content=PICTURE)
        for number in range(5):
            await client.get(f"/strange/{number}")

    talk(conversation)
    after = count(served), count(strange), count(plates)
    assert [b - a for a, b in zip(before, after, strict=True)] == [1, 5, 1]
