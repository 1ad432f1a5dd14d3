from pathlib import Path

import cv2
import pytest

from components.modeling.coco_truth import read_coco
from components.modeling.evaluate import evaluate
from components.modeling.inference import Predictor
from components.progress import SilentProgress
from components.visualization.picture_pairs import plot_worst
from tests.bundles import RED, make_bundle, write_coco


@pytest.fixture(scope="module")
def predictor(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    return Predictor.load(make_bundle(tmp_path_factory.mktemp("bundle") / "bright"))


def test_worst_pictures_are_drawn_two_in_a_row(tmp_path: Path, predictor: Predictor) -> None:
    coco = write_coco(tmp_path, {"plate": RED}, count=3)
    worst = evaluate(predictor, tmp_path, coco, SilentProgress()).worst
    pictures = read_coco(coco, tmp_path)
    out = plot_worst(worst, pictures, predictor, tmp_path / "worst.png")
    alone = plot_worst(worst[:1], pictures, predictor, tmp_path / "one.png")
    assert cv2.imread(str(out)).shape[0] // cv2.imread(str(alone)).shape[0] == 2
    assert cv2.imread(str(out)).std() > 5
