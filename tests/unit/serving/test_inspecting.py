"""`/inspect`'s body from a detector that knows the truth."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import pytest

from components.domain import Contour, Detection, FitQuality, Part
from components.errors import CalibrationError
from components.inspection.camera.calibration import Calibration
from components.inspection.camera.scale_watch import ScaleWatch
from components.inspection.measuring.laid_drawing import Ruler
from components.modeling.inference import Prediction
from components.serving.inspecting import Inspection, encoded_png
from components.serving.scales import Scale, ruler_of
from components.serving.schemas import PredictOptions
from components.settings.measure import MeasureSettings
from tests.unit.inspection.pictures import coverage, picture
from tests.unit.inspection.shapes import bracket, posed
from tests.unit.strategies import regular

MEASURE = MeasureSettings.load()
SCALE = 4.0
POSE = posed(239.3, 180.6, 17.0, SCALE)
NOW = datetime(2026, 3, 1, tzinfo=UTC)


class Knowing:
    """A detector that answers the truth."""

    def __init__(self, card, *labels: str) -> None:
        self.card, self._labels = card, labels

    def predict(self, image, score_threshold=None, /) -> Prediction:
        mask = coverage(bracket(), POSE) > 0.5
        fit = FitQuality(0.99, 0.2, 1.0, None, None)
        known = Detection("", 0.9, (0.0, 0.0, 480.0, 360.0), mask, (), POSE, fit)
        found = [
            replace(known, label=name)
            if name != "unknown"
            else replace(known, label=name, pose=None, fit=None)
            for name in self._labels
        ]
        return Prediction(tuple(found), {"network": 1.0})


@pytest.fixture
def inspect(inspector, settings):
    """Return the answer about a picture of a part as it was made."""

    def run(made: Part, ruler: Ruler, smallest=None, label: str = "bracket", **options):
        inspection = Inspection(
            Knowing(inspector.card, label), "v1", [bracket()], MEASURE, settings, smallest or {}
        )
        data = encoded_png(picture(made, POSE))
        measured = inspection.measured(data, "a.png", lambda width, height: Scale(ruler))
        answer = inspection.answer(measured, PredictOptions(**options))
        return answer.model_dump(mode="json"), inspection.overlay(measured)

    return run


def missing() -> Part:
    return replace(bracket(), holes=(Contour(regular(64, 5.0, 26.0, -19.0)),))


def calibration(**changes) -> Calibration:
    """A camera straight above: 4 px per mm, y of the plane up."""
    plane = ((SCALE, 0.0, 239.5), (0.0, -SCALE, 179.5), (0.0, 0.0, 1.0))
    values = {
        "camera": "cell", "created": NOW, "expires": NOW + timedelta(days=90), "width_px": 480,
        "height_px": 360, "pictures": 1, "corners": 88, "lens": False,
        "camera_matrix": ((1.0, 0, 0), (0, 1.0, 0), (0, 0, 1.0)), "distortion": (0.0,) * 5,
        "plane": plane, "lift": None, "px_per_mm": SCALE, "residual_px": 0.05,
        "residual_mm": 0.0125, "worst_mm": 0.03, "board": MEASURE.calibration.board,
        "versions": {},
    }  # fmt: skip
    return Calibration(**(values | changes))


def test_good_part_is_ok_and_the_body_is_that_of_predict_with_a_deviation(inspect):
    record, drawn = inspect(bracket(), Ruler(SCALE, 0.0))
    (found,) = record["detections"]
    assert {"label", "score", "xyxy_px", "segmentation", "pose", "candidates"} <= set(found)
    assert found["deviation"]["verdict"] == "ok"
    assert found["deviation"]["unit"] == "mm"
    assert found["deviation"]["faults"] == []
    assert [hole["state"] for hole in found["deviation"]["holes"]] == ["present", "present"]
    assert record["timing_ms"]["measure"] > 0
    assert drawn.shape == (720, 960, 3)
    # JSON has no infinities.
    json.dumps(record, allow_nan=False)


def test_missing_hole_is_not_ok(inspect):
    record, _ = inspect(missing(), Ruler(SCALE, 0.0))
    deviation = record["detections"][0]["deviation"]
    assert deviation["verdict"] == "not ok"
    assert deviation["reason"] == "hole 2: missing"
    assert deviation["faults"][0]["kind"] == "missing_hole"
    assert deviation["faults"][0]["at_mm"] == pytest.approx([-27, 20], abs=0.05)


def test_without_scale_no_millimetre_is_told_and_nothing_judged(inspect):
    record, _ = inspect(missing(), Ruler())
    deviation = record["detections"][0]["deviation"]
    assert deviation["unit"] == "px"
    assert deviation["verdict"] == "cannot judge"
    assert "not calibrated" in deviation["reason"]
    assert deviation["features"] == []


def test_tolerance_below_what_is_seen_is_refused(inspect):
    # A burr of 3 px is 0.75 mm here; 0.5 mm are allowed.
    record, _ = inspect(bracket(), Ruler(SCALE, 0.0), {"burr": 3.0})
    assert record["detections"][0]["deviation"]["verdict"] == "cannot judge"


def test_unknown_object_is_not_measured(inspect):
    record, _ = inspect(bracket(), Ruler(SCALE, 0.0), label="unknown")
    assert record["detections"][0]["deviation"] is None


def test_masks_are_left_out_on_demand(inspect):
    record, _ = inspect(bracket(), Ruler(SCALE, 0.0), masks=False)
    assert record["detections"][0]["segmentation"] is None
    assert record["detections"][0]["deviation"]["verdict"] == "ok"


def test_calibrated_plane_tells_a_part_that_is_too_big_all_round(inspect):
    ruler = ruler_of(calibration(), MEASURE, 480, 360, now=NOW)
    record, _ = inspect(bracket(), ruler)
    assert record["detections"][0]["deviation"]["verdict"] == "ok"
    big = Part(
        "bracket",
        Contour(bracket().outline.xy_mm * 1.02),
        tuple(Contour(hole.xy_mm * 1.02) for hole in bracket().holes),
    )
    record, _ = inspect(big, ruler)
    deviation = record["detections"][0]["deviation"]
    assert deviation["verdict"] == "not ok"
    # The side at x = 40 mm lies 0.8 mm outside.
    offsets = [segment["offset"]["value"] for segment in deviation["segments"]]
    assert max(offsets) == pytest.approx(0.8, abs=0.25)


def test_calibration_out_of_date_of_another_size_or_rough_is_refused():
    with pytest.raises(CalibrationError, match="was valid until"):
        ruler_of(calibration(), MEASURE, 480, 360, now=NOW + timedelta(days=91))
    with pytest.raises(CalibrationError, match="480x360"):
        ruler_of(calibration(), MEASURE, 640, 480, now=NOW)
    with pytest.raises(CalibrationError, match="residual"):
        ruler_of(calibration(residual_px=3.0), MEASURE, 480, 360, now=NOW)
    with pytest.raises(CalibrationError, match="needs the lens"):
        ruler_of(calibration(), MEASURE, 480, 360, above_mm=3.0, now=NOW)


def test_overlay_is_red_where_material_is_too_much_and_blue_where_it_lacks(inspect):
    wide = bracket().outline.xy_mm.copy()
    wide[wide[:, 0] == 40.0, 0] = 40.8
    wide[wide[:, 0] == -40.0, 0] = -39.2
    _, drawn = inspect(replace(bracket(), outline=Contour(wide)), Ruler(SCALE, 0.0))
    hue = cv2.cvtColor(drawn, cv2.COLOR_RGB2HSV)
    strong = (hue[..., 1] > 150) & (hue[..., 2] > 120)
    columns = np.nonzero(strong & (np.abs(hue[..., 0].astype(int) - 104) < 8))[1]
    assert np.median(columns) < 480
    columns = np.nonzero(strong & (hue[..., 0] < 12))[1]
    assert np.median(columns) > 480


def test_camera_that_moved_is_raised_by_its_pictures(inspector, settings):
    moved = calibration(
        plane=((3.9, 0.0, 239.5), (0.0, -3.9, 179.5), (0.0, 0.0, 1.0)), px_per_mm=3.9
    )
    data = encoded_png(picture(bracket(), POSE))
    inspection = Inspection(
        Knowing(inspector.card, "bracket"), "v1", [bracket()], MEASURE, settings, {}
    )
    for known, raised in ((calibration(), False), (moved, True)):
        ruler = ruler_of(known, MEASURE, 480, 360, now=NOW)
        assert ruler.plane is not None
        scale = Scale(ruler, watch=ScaleWatch(ruler.plane, MEASURE.calibration))
        for _ in range(MEASURE.calibration.moved_parts):
            measured = inspection.measured(data, "a.png", lambda w, h, scale=scale: scale)
        assert [("has moved" in text) for text in measured.warnings] == [True] * raised
