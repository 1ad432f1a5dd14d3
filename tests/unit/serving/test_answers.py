import cv2
import numpy as np
import pytest

from components.modeling.pictures import UnsupportedPictureError
from components.serving.answers import answer_picture, detections_in, picture_quality
from components.serving.schemas import PredictAnswer, PredictOptions
from tests.bundles import encoded, scene


@pytest.fixture
def answer(inspector, settings) -> PredictAnswer:
    return answer_picture(encoded(scene(3)), inspector, "v1", PredictOptions(), settings)


def test_answer_names_both_parts_where_they_lie(answer):
    image = scene(3)
    found = {detection.label: detection for detection in detections_in(answer)}
    assert set(found) == {"plate", "ring"}
    drawn = image.max(axis=2) > 128
    both = found["plate"].mask | found["ring"].mask
    iou = np.count_nonzero(both & drawn) / np.count_nonzero(both | drawn)
    assert iou > 0.93  # the network sees half the resolution


def test_answer_has_the_fields_of_the_contract(answer):
    body = answer.model_dump(mode="json")
    assert set(body) == {"model", "image", "detections", "timing_ms"}
    assert body["model"] == {"version": "v1"}
    assert (body["image"]["width_px"], body["image"]["height_px"]) == (320, 240)
    assert set(body["detections"][0]) == {
        "label",
        "score",
        "xyxy_px",
        "segmentation",
        "polygons",
        "pose",
        "candidates",
    }
    assert body["detections"][0]["segmentation"]["size"] == [240, 320]
    assert {"decode", "network", "encode", "total"} <= set(body["timing_ms"])


def test_polygons_with_their_holes_redraw_the_mask(answer):
    for detection, truth in zip(answer.detections, detections_in(answer), strict=True):
        redrawn = np.zeros((240, 320), np.uint8)
        for polygon in detection.polygons:
            cv2.fillPoly(redrawn, [np.array(polygon.outline_px)], 1)
            for hole in polygon.holes_px:
                cv2.fillPoly(redrawn, [np.array(hole)], 0)
        # A drawn hole's edge lies on the part, so drawing it takes one pixel's width more.
        wrong = np.count_nonzero(redrawn.astype(bool) ^ truth.mask)
        assert wrong < 0.06 * np.count_nonzero(truth.mask)
    ring = next(each for each in answer.detections if each.label == "ring")
    assert [len(polygon.holes_px) for polygon in ring.polygons] == [1]


def test_box_holds_exactly_the_mask(answer):
    for detection in detections_in(answer):
        rows, columns = np.nonzero(detection.mask)
        box = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        assert detection.xyxy_px == box


def test_options_leave_out_masks_and_polygons(inspector, settings):
    options = PredictOptions(masks=False, polygons=False)
    answer = answer_picture(encoded(scene()), inspector, "v1", options, settings)
    assert [each.segmentation for each in answer.detections] == [None, None]
    assert [each.polygons for each in answer.detections] == [None, None]
    assert detections_in(answer) == []


def test_score_threshold_of_the_request_wins(inspector, settings):
    options = PredictOptions(score_threshold=1.0)
    assert answer_picture(encoded(scene()), inspector, "v", options, settings).detections == []


def test_picture_that_is_none_is_refused(inspector, settings):
    with pytest.raises(UnsupportedPictureError, match=r"note\.txt"):
        answer_picture(b"text", inspector, "v", PredictOptions(), settings, "note.txt")


def test_brightness_and_glare_of_a_half_white_picture():
    image = np.zeros((10, 20, 3), np.uint8)
    image[:, :10] = 255
    quality = picture_quality(image)
    assert quality.brightness == pytest.approx(127.5)
    assert quality.saturated_share == 0.5


def test_one_channel_at_its_end_is_glare_already():
    assert picture_quality(np.full((4, 4, 3), (255, 0, 0), np.uint8)).saturated_share == 1.0


def test_sharpness_of_even_grey_is_zero_and_falls_with_blur():
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    blurred = cv2.GaussianBlur(noise, (0, 0), 2.0)
    assert picture_quality(np.full((8, 8, 3), 90, np.uint8)).sharpness == 0.0
    assert picture_quality(blurred).sharpness < 0.05 * picture_quality(noise).sharpness


def test_registered_part_tells_its_pose_and_the_runner_up(inspector, settings):
    # The plate is 60 pixels wide and its drawing 30 mm: two pixels per mm, not turned or by 180
    # degrees, for both look the same.
    image = scene(3)
    rows, columns = np.nonzero(image[:, :, 0] > 200)
    answer = answer_picture(encoded(image), inspector, "v1", PredictOptions(), settings)
    plate = next(each for each in answer.detections if each.label == "plate")
    assert plate.pose is not None
    assert plate.pose.x_px == pytest.approx((columns.min() + columns.max()) / 2, abs=0.5)
    assert plate.pose.y_px == pytest.approx((rows.min() + rows.max()) / 2, abs=0.5)
    assert plate.pose.px_per_mm == pytest.approx(2.0, rel=0.02)
    assert (plate.pose.angle_deg + 90) % 180 == pytest.approx(90.0, abs=1.0)
    assert plate.pose.fit_iou > 0.9
    assert {"propose", "registration"} <= set(answer.timing_ms)


def test_what_no_drawing_explains_is_unknown(inspector, settings):
    image = np.full((240, 320, 3), 20, np.uint8)
    cv2.fillPoly(image, [np.array([[60, 200], [160, 40], [260, 200], [160, 150]])], (255, 160, 160))
    answer = answer_picture(encoded(image), inspector, "v1", PredictOptions(), settings)
    assert [each.label for each in answer.detections] == ["unknown"]
    assert answer.detections[0].pose is None
