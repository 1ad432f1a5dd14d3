import json
from pathlib import Path

import numpy as np
import pytest

from components.domain import UNKNOWN_LABEL
from components.errors import ModelError
from components.modeling.grouping import Answer
from components.modeling.inference import Predictor, detections_of
from components.modeling.preparing import prepared
from components.settings.train import PredictionSettings, TrainSettings
from tests.bundles import make_bundle, scene


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(tmp_path_factory.mktemp("bundle") / "bright")


@pytest.fixture
def settings() -> PredictionSettings:
    """As shipped, but with borders where the belief is one half."""
    prediction = TrainSettings.load(None, "quick").prediction
    grouping = prediction.grouping.model_copy(update={"foreground": 0.5})
    return prediction.model_copy(update={"grouping": grouping})


def test_masks_have_the_pictures_size_and_place(settings: PredictionSettings) -> None:
    # Cells 20-39 x 10-29 of stride 2 are network pixels 40-79 x 20-59; the picture is twice that.
    sight = np.zeros((3, 64, 96), np.float32)
    sight[0] = 1.0
    sight[:, 10:30, 20:40] = np.array([0.0, 1.0, 0.0])[:, None, None]
    heat = np.zeros((32, 48), np.float32)
    rows, columns = np.indices((32, 48)) * 4 + 1.5
    offset = np.stack([59.5 - columns, 39.5 - rows]).astype(np.float32)
    answer = Answer(sight, np.zeros_like(sight[0]), np.ones((1, 32, 48), np.float32), heat, offset)
    picture = prepared(np.zeros((256, 384, 3), np.uint8), 192)
    found = detections_of(answer, picture, (256, 384), ("plate",), settings, 0.0)
    expected = np.zeros((256, 384), np.bool_)
    expected[40:120, 80:160] = True
    assert [d.label for d in found] == ["plate"]
    assert found[0].xyxy_px == (80.0, 40.0, 160.0, 120.0)
    different = np.count_nonzero(found[0].mask != expected)
    assert different <= 4 * 4  # corners are rounded


def test_predictor_finds_what_is_bright(bundle: Path) -> None:
    image = scene(seed=3, height=480, width=640)
    prediction = Predictor.load(bundle).predict(image)
    assert sorted(d.label for d in prediction.detections) == ["plate", "ring"]
    assert set(prediction.timing_ms) == {"prepare", "network", "group"}
    bright = image.mean(2) > 128
    seen = np.any([d.mask for d in prediction.detections], axis=0)
    assert np.count_nonzero(bright & seen) / np.count_nonzero(bright | seen) > 0.9


def test_candidates_are_all_drawings_best_first(bundle: Path) -> None:
    first = Predictor.load(bundle).predict(scene()).detections[0]
    scores = [score for _, score in first.candidates]
    assert scores == sorted(scores, reverse=True)
    assert sum(scores) == pytest.approx(1.0)
    assert first.label == first.candidates[0][0] != UNKNOWN_LABEL


def test_threshold_drops_detections(bundle: Path) -> None:
    assert Predictor.load(bundle).predict(scene(), score_threshold=1.0).detections == ()


def test_changed_model_is_refused(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle")
    model = bundle / "model.onnx"
    model.write_bytes(model.read_bytes() + b"\0")
    with pytest.raises(ModelError, match=r"model\.onnx: has the SHA-256 \w+, its card says"):
        Predictor.load(bundle)


def test_missing_model_is_named(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle")
    (bundle / "model.onnx").unlink()
    with pytest.raises(ModelError, match=r"model\.onnx: is missing"):
        Predictor.load(bundle)


def test_file_that_is_no_onnx_is_refused(tmp_path: Path) -> None:
    from components.files import file_sha256

    bundle = make_bundle(tmp_path / "bundle")
    (bundle / "model.onnx").write_bytes(b"no model")
    card = json.loads((bundle / "card.json").read_text())
    card["onnx_sha256"] = file_sha256(bundle / "model.onnx")
    (bundle / "card.json").write_text(json.dumps(card))
    with pytest.raises(ModelError, match="ONNX Runtime cannot load it"):
        Predictor.load(bundle)
