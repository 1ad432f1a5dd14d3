import json
from pathlib import Path

import numpy as np
import pytest

from components.domain import Detection, FitQuality, Pose
from components.errors import DatasetError
from components.geometry.masks import rle_from_mask
from components.geometry.resemblance import Symmetry
from components.geometry.transforms import pose_matrix
from components.inspection.pose_figures import PoseMeter
from components.inspection.pose_truth import PosedObject, read_poses
from components.modeling.inference import Prediction
from tests.unit.inspection.shapes import bracket, mask_of, plate, posed

TRUE = posed(240.0, 180.0, 30.0, 2.5)
FIT = FitQuality(1.0, 0.0, 1.0, None, None)
IMAGE = np.zeros((4, 4, 3), np.uint8)


class Stub:
    """A detector that says what it was told to."""

    card = None

    def __init__(self, detections: list[Detection]) -> None:
        self._detections = detections

    def predict(self, image, score_threshold=None, /):
        return Prediction(tuple(self._detections), {})


def detection(part, pose: Pose, label: str, score: float = 0.9) -> Detection:
    return Detection(label, score, (0, 0, 1, 1), mask_of(part, pose), (), pose, FIT)


def figures(part, found: list[Detection], symmetries=(), true: Pose = TRUE, visible: float = 1.0):
    truth = PosedObject(part.name, rle_from_mask(mask_of(part, true)), visible, true)
    meter = PoseMeter(Stub(found), [[truth]], 0.5)
    meter.predict(IMAGE, 0.05)
    return meter.figures([part], symmetries)


def test_errors_of_a_part_that_is_off_are_what_it_is_off_by():
    part = bracket()
    off = posed(241.5, 182.0, 30.4, 2.525)
    found = figures(part, [detection(part, off, "bracket")])
    assert (found.objects, found.matched, found.class_accuracy) == (1, 1, 1.0)
    assert found.angle_deg.median == pytest.approx(0.4)
    assert found.scale_percent.median == pytest.approx(1.0, abs=0.001)
    assert found.position_px.median == pytest.approx(2.5)
    assert 0.5 < found.contour_px.median < 2.5
    assert (found.sides, found.side_right) == (1, 1.0)


def test_half_a_turn_of_a_part_that_shows_itself_again_is_no_error():
    part = plate()
    turned = posed(240.0, 180.0, -150.0, 2.5)
    known = [Symmetry("plate", 2, True, 0.1)]
    found = figures(part, [detection(part, turned, "plate")], known)
    assert found.angle_deg.median == pytest.approx(0.0, abs=1e-6)
    assert found.contour_px.median == pytest.approx(0.0, abs=0.01)
    assert found.sides == 0
    assert figures(part, [detection(part, turned, "plate")]).angle_deg.median == pytest.approx(180)


def test_wrong_side_counts_as_wrong_and_says_nothing_of_the_angle():
    part = bracket()
    truth = PosedObject("bracket", rle_from_mask(mask_of(part, TRUE)), 1.0, TRUE)
    back = posed(240.0, 180.0, 30.0, 2.5, True)
    found = Detection("bracket", 0.9, (0, 0, 1, 1), truth.mask(), (), back, FIT)
    assert figures(part, [found]).side_right == 0.0
    assert figures(part, [found]).angle_deg is None


def test_wrong_name_low_score_and_another_place_do_not_count_as_right():
    part = bracket()
    assert figures(part, [detection(part, TRUE, "other")]).class_accuracy == 0.0
    assert figures(part, [detection(part, TRUE, "bracket", 0.4)]).matched == 0
    far = posed(100.0, 100.0, 30.0, 2.5)
    assert figures(part, [detection(part, far, "bracket")]).matched == 0


def coco(tmp_path: Path, **fields) -> Path:
    path = tmp_path / "coco.json"
    row = {"id": 1, "image_id": 7, "category_id": 2, "segmentation": [[1, 1, 5, 1, 5, 5]], **fields}
    content = {
        "images": [{"id": 7, "height": 8, "width": 9}],
        "categories": [{"id": 2, "name": "bracket"}],
        "annotations": [row],
    }
    path.write_text(json.dumps(content), "utf-8")
    return path


def test_our_own_homography_is_taken_as_it_is(tmp_path):
    matrix = pose_matrix(TRUE).tolist()
    [[found]] = read_poses(coco(tmp_path, mm_to_px=matrix, visible_fraction=0.5))
    assert (found.label, found.visible_fraction) == ("bracket", 0.5)
    assert (found.pose.x_px, found.pose.y_px) == (240.0, 180.0)
    assert found.mask().shape == (8, 9)


def test_homography_of_the_file_is_moved_to_the_middle_of_the_box_and_to_whole_pixels(tmp_path):
    # Two pixels per mm, y down; the middle of the box, (30, 20) in the file, is seen at (65, 55),
    # counted from the picture's corner, so at (64.5, 54.5) counted from the first pixel's centre.
    matrix = [[2.0, 0.0, 5.0], [0.0, -2.0, 95.0], [0.0, 0.0, 1.0]]
    fields = {"H_dxf_mm_to_px": matrix, "pose": {"cx": 65.0, "cy": 55.0, "flipped": False}}
    [[found]] = read_poses(coco(tmp_path, **fields))
    assert (found.pose.x_px, found.pose.y_px) == pytest.approx((64.5, 54.5))
    assert (found.pose.angle_rad, found.pose.px_per_mm) == pytest.approx((0.0, 2.0))
    assert not found.pose.mirrored


def test_file_without_poses_gives_none_and_a_damaged_one_is_named(tmp_path):
    assert read_poses(coco(tmp_path)) == [[]]
    with pytest.raises(DatasetError, match=r"coco\.json: its poses cannot be read"):
        read_poses(coco(tmp_path, mm_to_px=[1, 2, 3]))
