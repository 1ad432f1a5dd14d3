"""What every request passes: bounds, access, readiness, log and metrics."""

import asyncio
import logging
import re
from typing import Any

import httpx
import pytest
import structlog
from structlog.contextvars import get_contextvars

from components.logs.lines import json_processors, plain_processors
from components.serving import telemetry
from components.serving.access import new_token
from components.settings.serve import TokenHashes
from tests.unit.serving.talking import PICTURE, check_error, limited


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


def test_bodies_together_are_bounded_and_make_room_when_they_are_answered(talk, settings):
    async def slow():
        yield bytes(80_000)
        await asyncio.sleep(0.5)

    async def conversation(client: httpx.AsyncClient) -> None:
        first = asyncio.ensure_future(client.post("/predict", content=slow()))
        await asyncio.sleep(0.2)
        refused = await client.post("/predict", content=bytes(40_000))
        check_error(refused, 429, "busy")
        assert refused.headers["Retry-After"] == "1"
        check_error(await first, 415, "picture_type")
        check_error(await client.post("/predict", content=bytes(80_000)), 415, "picture_type")

    talk(conversation, limited(settings, max_body_mib=0.1, held_mib=0.1))


def test_no_byte_of_a_broken_form_is_logged(talk, caplog):
    async def conversation(client: httpx.AsyncClient) -> None:
        form = {"Content-Type": "multipart/form-data; boundary=x"}
        response = await client.post("/predict", content=PICTURE, headers=form)
        assert response.status_code == 400
        assert "boundary" not in caplog.text

    talk(conversation)


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


@pytest.mark.parametrize(("workers", "asked"), [(1, 0), (2, 1)])
def test_client_that_had_to_wait_is_asked_to_connect_to_any_worker(talk, settings, workers, asked):
    async def conversation(client: httpx.AsyncClient) -> None:
        alone = await client.post("/predict", content=PICTURE)
        assert "Connection" not in alone.headers
        posts = [client.post("/predict", content=PICTURE) for _ in range(3)]
        answers = await asyncio.gather(*posts)
        assert [answer.status_code for answer in answers] == [200] * 3
        closing = [answer for answer in answers if answer.headers.get("Connection") == "close"]
        assert len(closing) == asked

    talk(conversation, settings.model_copy(update={"workers": workers}))


def test_without_a_model_predict_and_readyz_say_why(talk):
    async def conversation(client: httpx.AsyncClient) -> None:
        check_error(await client.get("/readyz"), 503, "not_ready")
        check_error(await client.post("/predict", content=PICTURE), 503, "not_ready")
        check_error(await client.get("/model"), 503, "not_ready")

    talk(conversation, ready=False)


def test_fault_of_our_own_is_answered_500_and_hides_its_text(talk, monkeypatch, caplog):
    def fail(*_: object) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr("components.serving.predict_routes.see_picture", fail)
    # Lines as the service writes them: the request's id comes with its context.
    processors = {"foreign_pre_chain": plain_processors({}), "processors": json_processors()}
    caplog.handler.setFormatter(structlog.stdlib.ProcessorFormatter(**processors))

    async def conversation(client: httpx.AsyncClient) -> None:
        response = await client.post("/predict", content=PICTURE)
        check_error(response, 500, "internal")
        assert "secret" not in response.text
        assert response.headers["X-Request-Id"] in caplog.text
        assert "secret inside" in caplog.text

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


def test_an_id_of_the_sender_is_kept_and_stands_in_the_line(talk, caplog):
    lines: list[dict[str, Any]] = []

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append({**get_contextvars(), "message": record.getMessage()})

    keeper = Keeper()
    logging.getLogger("components.serving.gate").addHandler(keeper)
    caplog.set_level(logging.INFO, "components.serving.gate")

    async def conversation(client: httpx.AsyncClient) -> None:
        named = {"X-Request-Id": "line4-part-0001"}
        answer = await client.post("/predict", content=PICTURE, headers=named)
        assert answer.headers["X-Request-Id"] == "line4-part-0001"
        harmful = {"X-Request-Id": 'a "quoted" id'}
        answer = await client.post("/predict", content=b"", headers=harmful)
        assert re.fullmatch("[0-9a-f]{16}", answer.headers["X-Request-Id"])

    try:
        talk(conversation)
    finally:
        logging.getLogger("components.serving.gate").removeHandler(keeper)
    assert lines[0]["request_id"] == "line4-part-0001"
    assert lines[0]["message"].startswith("POST /predict 200 ")


def test_probes_are_logged_when_they_say_no(talk, caplog):
    caplog.set_level(logging.INFO, "components.serving.gate")

    async def conversation(client: httpx.AsyncClient) -> None:
        check_error(await client.get("/readyz"), 503, "not_ready")
        check_error(await client.post("/readyz"), 405, "method_not_allowed")

    talk(conversation, ready=False)
    assert "GET /readyz 503" in caplog.text
    assert "POST /readyz 405" in caplog.text
    caplog.clear()

    async def well(client: httpx.AsyncClient) -> None:
        assert (await client.head("/readyz")).status_code == 200

    talk(well)
    assert "/readyz" not in caplog.text


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


def test_every_answer_carries_security_headers(talk):
    async def conversation(client: httpx.AsyncClient) -> None:
        for path in ("/readyz", "/nothing", "/metrics", "/docs"):
            headers = (await client.get(path)).headers
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["X-Frame-Options"] == "DENY"
            assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]

    talk(conversation)
