import cv2
import numpy as np
import pytest

from components.inspection.classical import ClassicalInspector
from components.settings.inspection import InspectionSettings
from components.settings.train import TrainSettings
from tests.unit.inspection.pictures import picture
from tests.unit.inspection.shapes import angle_apart_deg, bracket, disc, posed, triangle
from tests.unit.strategies import part, regular

PARTS = [bracket(), disc(), triangle()]


@pytest.fixture(scope="module")
def inspector() -> ClassicalInspector:
    return ClassicalInspector(PARTS, (), TrainSettings.load().prediction, InspectionSettings.load())


@pytest.mark.parametrize("mirrored", [False, True], ids=["front", "back"])
@pytest.mark.parametrize(
    ("face", "ground"),
    [((20.0,) * 3, (240.0,) * 3), ((190.0, 180.0, 170.0), (60.0, 70.0, 80.0))],
    ids=["backlit", "plain"],
)
def test_part_is_named_and_laid_without_a_network(inspector, face, ground, mirrored):
    pose = posed(235.0, 170.0, 70.0, 2.0, mirrored)
    found = inspector.predict(picture(PARTS[0], pose, face, ground)).detections
    assert [each.label for each in found] == ["bracket"]
    assert found[0].pose.mirrored == mirrored
    assert found[0].pose.x_px == pytest.approx(pose.x_px, abs=0.5)
    assert found[0].pose.y_px == pytest.approx(pose.y_px, abs=0.5)
    assert found[0].pose.px_per_mm == pytest.approx(2.0, rel=0.003)
    assert angle_apart_deg(found[0].pose.angle_rad, pose.angle_rad) < 0.1
    assert found[0].fit.iou > 0.95


def test_part_that_fills_the_frame_is_named(inspector):
    found = inspector.predict(picture(PARTS[2], posed(230.0, 180.0, 10.0, 5.0))).detections
    assert [each.label for each in found] == ["triangle"]


def test_shape_of_no_drawing_is_left_out(inspector):
    image = np.full((360, 480, 3), 60, np.uint8)
    star = np.array([[60, 300], [240, 40], [420, 300], [240, 220]])
    cv2.fillPoly(image, [star], (190, 180, 170))
    assert inspector.predict(image).detections == ()
    assert inspector.predict(np.full((360, 480, 3), 90, np.uint8)).detections == ()


def test_card_names_the_drawings_and_the_threshold(inspector):
    assert inspector.card.labels == ("bracket", "disc", "triangle")
    least = InspectionSettings.load().answers.least_score
    assert inspector.card.prediction.score_threshold == least


def test_ground_seen_through_a_hole_is_no_part_of_that_shape():
    # A disc as big as the bore of the ring.
    parts = [disc(), part("bore", regular(96, 10.0))]
    settings = InspectionSettings.load()
    inspector = ClassicalInspector(parts, (), TrainSettings.load().prediction, settings)
    found = inspector.predict(picture(parts[0], posed(230.0, 180.0, 10.0, 4.0))).detections
    assert [each.label for each in found] == ["disc"]
    both = picture(parts[0], posed(150.0, 180.0, 10.0, 4.0))
    both[:, 240:] = picture(parts[1], posed(380.0, 180.0, 10.0, 4.0))[:, 240:]
    assert {each.label for each in inspector.predict(both).detections} == {"disc", "bore"}
