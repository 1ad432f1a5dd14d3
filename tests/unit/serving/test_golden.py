import shutil

import pytest

from components.errors import ModelError
from components.serving.agreement import Tolerance
from components.serving.golden import check_golden, read_expected

TOLERANCE = Tolerance(min_iou=0.95, score=0.05)


def test_expected_answers_come_with_their_pictures(bundle):
    expected = read_expected(bundle)
    assert {path.name for path in expected} == {"1.png", "2.png"}
    assert all(path.is_file() for path in expected)
    assert sorted(each.label for each in expected[bundle / "golden" / "1.png"]) == ["plate", "ring"]


def test_right_answers_pass(bundle, predictor):
    check_golden(bundle, predictor, TOLERANCE)


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"1.png": [{}]}', '{"1.png": 3}', '{"1.png": [{"segmentation": 1}]}'],
)
def test_damaged_expectations_are_named(bundle, tmp_path, content):
    copy = shutil.copytree(bundle, tmp_path / "copy")
    (copy / "golden" / "expected.json").write_text(content)
    with pytest.raises(ModelError, match=r"expected\.json"):
        read_expected(copy)
