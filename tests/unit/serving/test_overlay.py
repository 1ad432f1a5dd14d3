import io

import numpy as np
import pytest
from PIL import Image

from components.serving.answers import answer_picture
from components.serving.overlay import label_rgb, overlay_png
from components.serving.schemas import DetectionAnswer, PredictOptions
from tests.bundles import encoded, scene


def drawn(image, detections) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(overlay_png(image, detections))))


def test_objects_are_tinted_and_the_rest_and_the_holes_stay(inspector, settings):
    image = scene(3)
    before = image.copy()
    answer = answer_picture(encoded(image), inspector, "v", PredictOptions(), settings)
    overlay = drawn(image, answer.detections)
    np.testing.assert_array_equal(image, before)
    assert overlay.shape == image.shape
    assert (overlay[220:, :] == image[220:, :]).all()
    ring = next(each for each in answer.detections if each.label == "ring")
    x0, y0, x1, y1 = (round(value) for value in ring.xyxy_px)
    middle = (y0 + y1) // 2, (x0 + x1) // 2
    assert (overlay[middle] == image[middle]).all()
    inside = y0 + 15, x0 + 15
    wanted = 0.35 * np.array(label_rgb("ring")) + 0.65 * image[inside]
    np.testing.assert_allclose(overlay[inside], wanted, atol=1)


def test_picture_without_objects_comes_back_as_it_is():
    np.testing.assert_array_equal(drawn(scene(), []), scene())


def test_object_without_polygons_still_gets_its_label():
    detection = DetectionAnswer(
        label="plate",
        score=0.5,
        xyxy_px=(0, 0, 5, 5),
        segmentation=None,
        polygons=None,
        pose=None,
        candidates=[],
    )
    assert (drawn(np.zeros((60, 200, 3), np.uint8), [detection]) > 0).any()


@pytest.mark.parametrize("label", ["plate", "ring", "Ä"])
def test_label_keeps_its_colour_and_is_not_grey(label):
    assert label_rgb(label) == label_rgb(label)
    assert max(label_rgb(label)) - min(label_rgb(label)) > 100


def test_unknown_objects_are_grey():
    assert len(set(label_rgb("unknown"))) == 1
