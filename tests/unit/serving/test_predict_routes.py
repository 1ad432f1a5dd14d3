"""`/predict` and its kin in this process, without BentoML."""

import io
import time

import httpx
import numpy as np
import pytest
from PIL import Image

from components.errors import ImageError
from tests.bundles import encoded
from tests.unit.serving.talking import PICTURE, check_error, limited

PART = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n'


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
        ({"files": [("image", PICTURE)] * 2}, 413, "too_many_pictures"),
        ({"files": [("image", PICTURE)] * 5}, 413, "too_many_pictures"),
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
        (
            {
                "content": PART + PICTURE + b"\r\n--x--\r\n",
                "headers": {"Content-Type": "multipart/form-data; boundary=x; charset=undefined"},
            },
            422,
            "wrong_form",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_bad_request_gets_its_error(talk, request_, status, code):
    async def conversation(client: httpx.AsyncClient) -> None:
        check_error(await client.post("/predict", **request_), status, code)

    talk(conversation)


def test_picture_of_a_form_is_never_written_to_the_disk(talk, monkeypatch):
    large = encoded(np.full((800, 800, 3), 128, np.uint8), "BMP")
    assert len(large) > 2**20
    monkeypatch.setattr("tempfile.tempdir", "/nowhere")

    async def conversation(client: httpx.AsyncClient) -> None:
        answer = await client.post("/predict", files={"image": large})
        assert answer.status_code == 200, answer.text

    talk(conversation)


def test_overlay_is_a_picture_of_the_same_size(talk):
    async def conversation(client: httpx.AsyncClient) -> None:
        response = await client.post("/predict/overlay", content=PICTURE)
        assert response.headers["Content-Type"] == "image/png"
        assert Image.open(io.BytesIO(response.content)).size == (320, 240)
        check_error(await client.post("/predict/overlay", content=b"x"), 415, "picture_type")

    talk(conversation)


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


def test_batch_whose_time_is_over_begins_no_further_picture(talk, settings, monkeypatch):
    begun = []

    def slow(*_: object) -> None:
        begun.append(1)
        time.sleep(0.2)
        raise ImageError("too dark; send another")

    monkeypatch.setattr("components.serving.predict_routes.see_picture", slow)

    async def conversation(client: httpx.AsyncClient) -> None:
        response = await client.post("/predict/batch", files=[("image", PICTURE)] * 8)
        check_error(response, 504, "too_slow")

    talk(conversation, limited(settings, timeout_s=0.1))
    # The first, and at most one that was begun while the answer was on its way.
    assert len(begun) <= 2
