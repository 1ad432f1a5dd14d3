import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from components.errors import DatasetError, ModelError
from components.modeling.evaluate import evaluate, read_rgb
from components.modeling.figures import NOTHING
from components.modeling.inference import Prediction, Predictor
from components.progress import SilentProgress
from tests.bundles import BLUE, RED, make_bundle, scene, write_coco


@pytest.fixture(scope="module")
def predictor(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    return Predictor.load(make_bundle(tmp_path_factory.mktemp("bundle") / "bright"))


def test_right_answers_score_nearly_one(tmp_path: Path, predictor: Predictor) -> None:
    coco = write_coco(tmp_path, {"plate": RED, "ring": BLUE})
    figures = evaluate(predictor, tmp_path, coco, SilentProgress())
    assert figures.map > 0.95
    assert figures.map50 == figures.agnostic_map50 == 1.0
    assert figures.miou > 0.97
    assert figures.per_class["ring"].objects == 2
    assert figures.confusion.labels == ("plate", "ring", "unknown", NOTHING)
    assert figures.confusion.counts == ((2, 0, 0, 0), (0, 2, 0, 0), (0,) * 4, (0,) * 4)
    assert figures.not_known == ()


def test_exchanged_names_cost_map_but_not_agnostic_map(
    tmp_path: Path, predictor: Predictor
) -> None:
    coco = write_coco(tmp_path, {"ring": RED, "plate": BLUE})
    figures = evaluate(predictor, tmp_path, coco, SilentProgress())
    assert figures.map == 0.0
    assert figures.agnostic_map > 0.95
    assert figures.confusion.counts[:2] == ((0, 2, 0, 0), (2, 0, 0, 0))


def test_label_that_the_model_does_not_know_counts_as_missed(
    tmp_path: Path, predictor: Predictor
) -> None:
    coco = write_coco(tmp_path, {"plate": RED, "bracket": BLUE})
    figures = evaluate(predictor, tmp_path, coco, SilentProgress())
    assert figures.not_known == ("bracket",)
    assert figures.per_class["bracket"].ap == 0.0
    assert figures.map == pytest.approx(figures.per_class["plate"].ap / 2)


def test_objects_that_a_file_calls_unknown_have_one_row_like_all_others(
    tmp_path: Path, predictor: Predictor
) -> None:
    coco = write_coco(tmp_path, {"plate": RED, "unknown": BLUE})
    figures = evaluate(predictor, tmp_path, coco, SilentProgress())
    assert figures.confusion.labels == ("plate", "ring", "unknown", NOTHING)
    assert figures.confusion.counts == ((2, 0, 0, 0), (0,) * 4, (0, 2, 0, 0), (0,) * 4)
    assert figures.not_known == ("unknown",)


def test_objects_that_are_not_in_the_truth_are_false_alarms(
    tmp_path: Path, predictor: Predictor
) -> None:
    coco = write_coco(tmp_path, {"plate": RED})
    figures = evaluate(predictor, tmp_path, coco, SilentProgress())
    nothing = figures.confusion.labels.index(NOTHING)
    assert figures.confusion.counts[nothing][figures.confusion.labels.index("ring")] == 2
    # The blue pixels are background in truth: 2 x (100^2 - 40^2) against 2 x 80 x 60.
    assert figures.part_iou == pytest.approx(4800 / (4800 + 8400), rel=0.02)


def test_figures_are_plain_json(tmp_path: Path, predictor: Predictor) -> None:
    figures = evaluate(predictor, tmp_path, write_coco(tmp_path, {"plate": RED}), SilentProgress())
    record = json.loads(json.dumps(figures.to_json()))
    assert {"map", "map50", "miou", "agnostic_map", "per_class"} <= record.keys()


def test_file_that_shares_no_label_is_refused(tmp_path: Path, predictor: Predictor) -> None:
    coco = write_coco(tmp_path, {"bracket": RED})
    with pytest.raises(ModelError, match="the model knows none of them, only plate, ring"):
        evaluate(predictor, tmp_path, coco, SilentProgress())


def test_empty_file_is_refused(tmp_path: Path, predictor: Predictor) -> None:
    coco = write_coco(tmp_path, {"plate": RED}, count=0)
    with pytest.raises(DatasetError, match="lists no pictures"):
        evaluate(predictor, tmp_path, coco, SilentProgress())


def test_picture_of_another_size_is_refused(tmp_path: Path, predictor: Predictor) -> None:
    coco = write_coco(tmp_path, {"plate": RED})
    cv2.imwrite(str(tmp_path / "1.png"), np.zeros((10, 20, 3), np.uint8))
    with pytest.raises(DatasetError, match=r"1\.png: is 20x10, its COCO file says 320x240"):
        evaluate(predictor, tmp_path, coco, SilentProgress())


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"no picture", "expected a JPEG"),
        (b"", r"is empty \(0 bytes\)"),
        (b"\xff\xd8\xff\xe0 cut", "starts like an image but cannot be decoded"),
    ],
    ids=["text", "zero bytes", "cut short"],
)
def test_damaged_picture_is_named(tmp_path: Path, content: bytes, fault: str) -> None:
    (tmp_path / "a.jpg").write_bytes(content)
    with pytest.raises(DatasetError, match=rf"a\.jpg: {fault}"):
        read_rgb(tmp_path / "a.jpg")


def test_picture_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"gone\.jpg: cannot be read"):
        read_rgb(tmp_path / "gone.jpg")


def test_evaluation_reads_pictures_like_training_and_service(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.jpg"), scene(1))
    as_in_training = cv2.imread(str(tmp_path / "a.jpg"))
    assert as_in_training is not None
    assert np.array_equal(read_rgb(tmp_path / "a.jpg"), as_in_training[..., ::-1])


class Namer:
    """Finds what the network finds and names every object itself, as registration does."""

    def __init__(self, predictor: Predictor, label: str) -> None:
        self.card, self._predictor, self._label = predictor.card, predictor, label

    def predict(self, image: NDArray[np.uint8], score_threshold: float) -> Prediction:
        found = self._predictor.predict(image, score_threshold)
        detections = tuple(replace(each, label=self._label) for each in found.detections)
        return Prediction(detections, found.timing_ms | {"name": 1.0})


def test_whatever_answers_pictures_can_be_measured(tmp_path: Path, predictor: Predictor) -> None:
    coco = write_coco(tmp_path, {"ring": RED})
    figures = evaluate(Namer(predictor, "ring"), tmp_path, coco, SilentProgress())
    assert figures.per_class["ring"].ap50 > 0.4
    assert figures.timing_ms["name"] == 1.0


def test_objects_are_grouped_by_size_visibility_and_contrast(
    tmp_path: Path, predictor: Predictor
) -> None:
    coco = write_coco(tmp_path, {"plate": RED, "ring": BLUE})
    content = json.loads(coco.read_text())
    for annotation in content["annotations"]:
        annotation["visible_fraction"] = 0.3 if annotation["category_id"] == 1 else 1.0
    coco.write_text(json.dumps(content))
    figures = evaluate(predictor, tmp_path, coco, SilentProgress())
    # 60 x 80 pixels and 100 x 100 less 40 x 40: medium both.
    assert [(each.name, each.objects) for each in figures.by_size] == [("medium, below 96² px", 4)]
    assert [(each.name, each.objects) for each in figures.by_visibility] == [
        ("below half", 2),
        ("whole", 2),
    ]
    assert [(each.name, each.objects) for each in figures.by_contrast] == [("clear", 4)]
    assert all(each.found == each.agnostic_map50 == 1.0 for each in figures.by_visibility)


def test_truth_without_visibility_gives_no_such_groups(
    tmp_path: Path, predictor: Predictor
) -> None:
    figures = evaluate(predictor, tmp_path, write_coco(tmp_path, {"plate": RED}), SilentProgress())
    assert figures.by_visibility == ()


def test_pictures_are_listed_from_the_worst(tmp_path: Path, predictor: Predictor) -> None:
    coco = write_coco(tmp_path, {"plate": RED, "ring": BLUE}, count=25)
    content = json.loads(coco.read_text())
    # The truth of one picture loses an object: what is found there is invented.
    content["annotations"].pop(2 * 7)
    coco.write_text(json.dumps(content))
    worst = evaluate(predictor, tmp_path, coco, SilentProgress()).worst
    assert len(worst) == 20
    assert (worst[0].file, worst[0].invented, worst[0].objects) == ("7.png", 1, 1)
    assert [each.quality for each in worst] == sorted(each.quality for each in worst)


def test_scores_are_compared_with_success(tmp_path: Path, predictor: Predictor) -> None:
    coco = write_coco(tmp_path, {"ring": RED})
    reliability = evaluate(predictor, tmp_path, coco, SilentProgress()).reliability
    assert reliability.detections == 4
    assert sum((each.right or 0.0) * each.detections for each in reliability.bins) == 0.0
