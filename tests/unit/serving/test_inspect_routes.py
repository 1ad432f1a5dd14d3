"""`/inspect` and its kin in this process, without BentoML."""

import io
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from PIL import Image

from components.inspection.camera.calibration import Calibration, keep_calibration
from components.serving import telemetry
from components.serving.inspect_schemas import InspectAnswer
from components.settings.measure import MeasureSettings
from tests.bundles import encoded, scene
from tests.unit.serving.talking import PICTURE, check_error, limited

NOW = datetime.now(UTC)
SCALE = 2.0
"""Pixels per mm of `scene`."""


def calibration(**changes) -> Calibration:
    """A camera straight above pictures of 320x240."""
    values = {
        "camera": "cell", "created": NOW, "expires": NOW + timedelta(days=90), "width_px": 320,
        "height_px": 240, "pictures": 1, "corners": 88, "lens": False,
        "camera_matrix": ((1.0, 0, 0), (0, 1.0, 0), (0, 0, 1.0)), "distortion": (0.0,) * 5,
        "plane": ((SCALE, 0.0, 159.5), (0.0, -SCALE, 119.5), (0.0, 0.0, 1.0)), "lift": None,
        "px_per_mm": SCALE, "residual_px": 0.05, "residual_mm": 0.025, "worst_mm": 0.03,
        "board": MeasureSettings.load().calibration.board, "versions": {},
    }  # fmt: skip
    return Calibration(**(values | changes))


def test_without_a_scale_lengths_are_in_pixels_and_the_answer_says_why(talk):
    async def conversation(client: httpx.AsyncClient) -> None:
        response = await client.post("/inspect", content=PICTURE)
        assert response.status_code == 200
        answer = InspectAnswer.model_validate_json(response.content)
        assert {each.label for each in answer.detections} == {"plate", "ring"}
        assert {each.deviation.unit for each in answer.detections} == {"px"}
        assert {each.deviation.verdict for each in answer.detections} == {"cannot judge"}
        assert answer.scale.unit == "px"
        assert "not calibrated" in answer.scale.reason
        assert answer.timing_ms["measure"] > 0

    talk(conversation)


def test_given_scale_gives_millimetres_and_features(talk):
    async def conversation(client: httpx.AsyncClient) -> None:
        query = {"px_per_mm": SCALE}
        picture = encoded(scene())
        answer = (await client.post("/inspect", params=query, content=picture)).json()
        assert answer["scale"] == {
            "unit": "mm", "px_per_mm": SCALE, "camera": None, "calibration": None, "reason": "",
        }  # fmt: skip
        found = {each["label"]: each["deviation"] for each in answer["detections"]}
        assert found["plate"]["unit"] == "mm"
        assert found["plate"]["features"]
        # A square hole of 40 px is 20 mm wide: the circle of its area is 22.57 mm wide.
        [hole] = found["ring"]["holes"]
        assert hole["diameter_mm"] == pytest.approx(22.57, abs=0.01)
        assert hole["state"] == "present"

    talk(conversation)


def test_camera_calibrated_while_the_service_runs_is_measured_with(talk, camera_home):
    async def conversation(client: httpx.AsyncClient) -> None:
        query = {"camera": "cell"}
        before = await client.post("/inspect", params=query, content=PICTURE)
        check_error(before, 422, "camera_uncalibrated")
        known = calibration()
        keep_calibration(camera_home.calibrations, known)
        answer = (await client.post("/inspect", params=query, content=PICTURE)).json()
        assert answer["scale"]["calibration"] == known.version
        assert {each["deviation"]["unit"] for each in answer["detections"]} == {"mm"}

    talk(conversation)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"expires": NOW - timedelta(days=1)}, "was valid until"),
        ({"width_px": 640}, "640x240"),
        ({"residual_px": 3.0}, "residual"),
    ],
    ids=["out of date", "for other pictures", "rough"],
)
def test_calibration_that_does_not_hold_gives_pixels_and_the_reason(
    talk, camera_home, changes, reason
):
    keep_calibration(camera_home.calibrations, calibration(**changes))

    async def conversation(client: httpx.AsyncClient) -> None:
        response = await client.post("/inspect?camera=cell", content=PICTURE)
        scale = response.json()["scale"]
        assert scale["unit"] == "px"
        assert reason in scale["reason"]

    talk(conversation)


def test_options_leave_masks_polygons_and_contours_out(talk):
    async def conversation(client: httpx.AsyncClient) -> None:
        query = "masks=false&polygons=false&contours=false"
        answer = (await client.post(f"/inspect?{query}", content=PICTURE)).json()
        for each in answer["detections"]:
            assert each["segmentation"] is None
            assert each["polygons"] is None
            assert each["deviation"]["contours"] is None
            assert each["deviation"]["segments"]
        whole = (await client.post("/inspect", content=PICTURE)).json()
        contours = whole["detections"][0]["deviation"]["contours"]
        assert len(contours[0]["points_px"]) == len(contours[0]["deviation"])
        none = await client.post("/inspect?score_threshold=1", content=PICTURE)
        assert none.json()["detections"] == []

    talk(conversation)


@pytest.mark.parametrize(
    "query",
    [
        "px_per_mm=0",
        "px_per_mm=nan",
        "px_per_mm=2&camera=cell",
        "px_per_mm=2&above_mm=3",
        "camera=../secret",
        "above_mm=1e9",
        "treshold=0.5",
    ],
)
def test_wrong_option_is_refused(talk, query):
    async def conversation(client: httpx.AsyncClient) -> None:
        check_error(await client.post(f"/inspect?{query}", content=PICTURE), 422, "wrong_fields")

    talk(conversation)


def test_overlay_is_a_png_twice_as_large(talk):
    async def conversation(client: httpx.AsyncClient) -> None:
        response = await client.post("/inspect/overlay?px_per_mm=2", content=PICTURE)
        assert response.headers["Content-Type"] == "image/png"
        assert Image.open(io.BytesIO(response.content)).size == (640, 480)
        check_error(await client.post("/inspect/overlay", content=b"x"), 415, "picture_type")

    talk(conversation)


def test_overlay_has_no_more_pixels_than_a_picture_may_have(talk, settings):
    async def conversation(client: httpx.AsyncClient) -> None:
        response = await client.post("/inspect/overlay?px_per_mm=2", content=PICTURE)
        assert Image.open(io.BytesIO(response.content)).size == (320, 240)

    talk(conversation, limited(settings, max_megapixels=0.3))


def test_batch_answers_each_picture_and_names_the_bad_one(talk):
    async def conversation(client: httpx.AsyncClient) -> None:
        files = [("image", ("a\\1.jpg", PICTURE)), ("image", ("b.txt", b"text"))]
        response = await client.post("/inspect/batch?px_per_mm=2", files=files)
        good, bad = response.json()["items"]
        assert (good["name"], bad["name"]) == ("a\\1.jpg", "b.txt")
        assert good["answer"]["scale"]["unit"] == "mm"
        assert good["error"] is None
        assert bad["answer"] is None
        assert bad["error"]["code"] == "picture_type"

    talk(conversation)


def test_verdicts_are_counted_by_drawing(talk):
    def counted() -> float:
        name = 'dxfvision_verdicts_total{label="plate",verdict="cannot judge"}'
        lines = telemetry.exposition().decode().splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith(name))

    before = counted()

    async def conversation(client: httpx.AsyncClient) -> None:
        await client.post("/inspect", content=PICTURE)
        await client.post("/inspect/overlay", content=PICTURE)
        await client.post("/predict", content=PICTURE)

    talk(conversation)
    assert counted() == before + 2


def test_documentation_types_the_deviation(talk):
    async def conversation(client: httpx.AsyncClient) -> None:
        document = (await client.get("/docs/openapi.json")).json()
        inspect = document["paths"]["/inspect"]["post"]
        assert set(inspect["requestBody"]["content"]) == {"multipart/form-data", "image/*"}
        schemas = document["components"]["schemas"]
        assert set(schemas["DeviationAnswer"]["properties"]["verdict"]["enum"]) == {
            "ok", "not ok", "cannot judge",
        }  # fmt: skip
        names = {each["name"] for each in inspect["parameters"]}
        assert names == {
            "score_threshold", "masks", "polygons", "contours", "camera", "px_per_mm", "above_mm",
        }  # fmt: skip

    talk(conversation)
