import json
from pathlib import Path

import cv2
import pytest

from components.geometry.masks import rle_from_mask
from components.modeling.coco_truth import read_coco
from components.modeling.evaluate import evaluate
from components.modeling.inference import Predictor
from components.progress import SilentProgress
from components.visualization.picture_pairs import plot_worst
from tests.bundles import RED, make_bundle, scene


@pytest.fixture(scope="module")
def predictor(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    return Predictor.load(make_bundle(tmp_path_factory.mktemp("bundle") / "bright"))


def write(folder: Path, count: int) -> Path:
    annotations = []
    for number in range(count):
        image = scene(number)
        cv2.imwrite(str(folder / f"{number}.png"), image[..., ::-1])
        mask = rle_from_mask((image == RED).all(2))
        annotations.append(
            {"id": number, "image_id": number, "category_id": 1, "segmentation": mask}
        )
    images = [{"id": n, "file_name": f"{n}.png", "width": 320, "height": 240} for n in range(count)]
    categories = [{"id": 1, "name": "plate"}]
    content = {"images": images, "categories": categories, "annotations": annotations}
    (folder / "coco.json").write_text(json.dumps(content))
    return folder / "coco.json"


def test_worst_pictures_are_drawn_two_in_a_row(tmp_path: Path, predictor: Predictor) -> None:
    coco = write(tmp_path, 3)
    worst = evaluate(predictor, tmp_path, coco, SilentProgress()).worst
    pictures = read_coco(coco, tmp_path)
    out = plot_worst(worst, pictures, predictor, tmp_path / "worst.png")
    alone = plot_worst(worst[:1], pictures, predictor, tmp_path / "one.png")
    assert cv2.imread(str(out)).shape[0] // cv2.imread(str(alone)).shape[0] == 2
    assert cv2.imread(str(out)).std() > 5
