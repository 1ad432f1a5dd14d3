import json
import shutil

import numpy as np
import pytest
from PIL import Image

from components.errors import ModelError
from components.geometry.masks import rle_from_mask
from components.modeling.golden import write_golden
from components.serving.agreement import Tolerance
from components.serving.golden import check_golden, read_expected
from tests.bundles import scene

TOLERANCE = Tolerance(min_iou=0.95, score=0.05)


def test_expected_answers_come_with_their_pictures(bundle):
    expected = read_expected(bundle)
    assert {path.name for path in expected} == {"1.png", "2.png"}
    assert all(path.is_file() for path in expected)
    assert sorted(each.label for each in expected[bundle / "golden" / "1.png"]) == ["plate", "ring"]


def test_right_answers_pass(bundle, inspector):
    check_golden(bundle, inspector, TOLERANCE)


def changed_answers(bundle, folder, score):
    """A copy of the bundle that wants one more object than the model finds."""
    copy = shutil.copytree(bundle, folder)
    file = copy / "golden" / "expected.json"
    expected = json.loads(file.read_text())
    mask = np.zeros((240, 320), np.bool_)
    mask[-4:, -4:] = True
    extra = {"label": "plate", "score": score, "segmentation": rle_from_mask(mask)}
    expected["1.png"].append(extra)
    file.write_text(json.dumps(expected))
    return copy


def test_object_at_the_threshold_may_be_missing(bundle, inspector, tmp_path):
    threshold = inspector.predictor.card.prediction.score_threshold
    check_golden(changed_answers(bundle, tmp_path / "at", threshold), inspector, TOLERANCE)
    with pytest.raises(ModelError, match=r"1\.png: the golden picture is .* is missing"):
        check_golden(changed_answers(bundle, tmp_path / "above", 0.9), inspector, TOLERANCE)


def test_answers_are_noted_for_the_pixels_that_the_service_sees(inspector, tmp_path):
    opaque = np.full((240, 320, 1), 255, np.uint8)
    opaque[:120] = 0
    picture = Image.fromarray(np.dstack([scene(1), opaque]))
    picture.save(tmp_path / "half.png")
    picture.getexif()[0x0112] = 6
    picture.convert("RGB").save(tmp_path / "turned.jpg", exif=picture.getexif())
    write_golden(
        tmp_path / "bundle", inspector.predictor, [tmp_path / "half.png", tmp_path / "turned.jpg"]
    )
    check_golden(tmp_path / "bundle", inspector, TOLERANCE)


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"1.png": [{}]}', '{"1.png": 3}', '{"1.png": [{"segmentation": 1}]}'],
)
def test_damaged_expectations_are_named(bundle, tmp_path, content):
    copy = shutil.copytree(bundle, tmp_path / "copy")
    (copy / "golden" / "expected.json").write_text(content)
    with pytest.raises(ModelError, match=r"expected\.json"):
        read_expected(copy)
