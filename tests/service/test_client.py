"""The Python client against a real service."""

import io
from pathlib import Path

import pytest
from PIL import Image

from components.errors import ServiceError
from components.modeling.registry import ModelRegistry
from components.serving.client import AnswerError, Client
from components.serving.inspect_schemas import InspectOptions, InspectOverlayOptions
from components.serving.launch import free_port
from components.serving.schemas import OverlayOptions, PredictOptions
from tests.bundles import encoded, scene

pytestmark = pytest.mark.service
PICTURE = encoded(scene(), "JPEG")


@pytest.fixture
def asker(service_url: str):
    with Client(service_url) as asker:
        yield asker


def test_bytes_and_file_get_the_same_typed_answer(asker, tmp_path):
    file = tmp_path / "picture.jpg"
    file.write_bytes(PICTURE)
    answers = [asker.predict(PICTURE), asker.predict(file)]
    assert answers[0].detections == answers[1].detections
    assert {each.label for each in answers[0].detections} == {"plate", "ring"}


def test_options_reach_the_service(asker):
    answer = asker.predict(PICTURE, PredictOptions(masks=False, score_threshold=0.5))
    assert [each.segmentation for each in answer.detections] == [None, None]
    assert asker.predict(PICTURE, PredictOptions(score_threshold=1.0)).detections == []


def test_batch_keeps_the_order(asker):
    items = asker.predict_batch([PICTURE, b"text", PICTURE]).items
    assert [item.error is None for item in items] == [True, False, True]


def test_parts_are_inspected_with_a_given_scale(asker):
    answer = asker.inspect(PICTURE, InspectOptions(px_per_mm=2.0, masks=False, contours=False))
    assert answer.scale.unit == "mm"
    assert [each.segmentation for each in answer.detections] == [None, None]
    assert [each.deviation.contours for each in answer.detections] == [None, None]
    assert {each.label for each in answer.detections} == {"plate", "ring"}
    assert asker.inspect(PICTURE).scale.unit == "px"


def test_inspected_batch_and_overlay(asker):
    items = asker.inspect_batch([PICTURE, b"text"]).items
    assert [item.error is None for item in items] == [True, False]
    drawn = asker.inspect_overlay(PICTURE, InspectOverlayOptions(px_per_mm=2.0))
    assert Image.open(io.BytesIO(drawn)).size == (640, 480)


def test_unknown_camera_is_refused_with_its_remedy(asker):
    with pytest.raises(AnswerError, match="dxfvision calibrate") as raised:
        asker.inspect(PICTURE, InspectOptions(camera="cell-9"))
    assert raised.value.body.code == "camera_uncalibrated"


def test_overlay_obeys_the_threshold(asker):
    some, none = asker.overlay(PICTURE), asker.overlay(PICTURE, OverlayOptions(score_threshold=1.0))
    assert some != none


def test_overlay_model_and_drawings(asker, home):
    champion = ModelRegistry(home.registry).champion()
    assert Image.open(io.BytesIO(asker.overlay(PICTURE))).format == "PNG"
    assert asker.model().version == champion.version
    assert asker.ready().version == champion.version
    assert [each.name for each in asker.drawings().drawings] == ["plate", "ring"]


def test_error_of_the_service_is_raised_with_its_sentence_and_id(asker):
    with pytest.raises(AnswerError, match="expected a JPEG") as raised:
        asker.predict(b"text")
    assert raised.value.body.status == 415
    assert raised.value.body.id in str(raised.value)


def test_unreachable_service_is_named_with_its_remedy():
    with (
        Client(f"http://127.0.0.1:{free_port()}") as nobody,
        pytest.raises(ServiceError, match=r"cannot be asked.*dxfvision serve"),
    ):
        nobody.ready()


def test_missing_file_is_named(asker):
    with pytest.raises(ServiceError, match=r"missing\.jpg: cannot be read"):
        asker.predict(Path("missing.jpg"))
