"""`/predict` and its kin in this process, without BentoML."""

import io

import httpx
import pytest
from PIL import Image

from tests.unit.serving.talking import PICTURE, check_error


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
