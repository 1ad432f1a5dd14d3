import json
import math
import shutil
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from components.domain import Part
from components.errors import ModelError
from components.files import file_sha256
from components.geometry.parts_file import read_parts
from components.home import Home
from components.modeling.evaluate import read_rgb
from components.modeling.export import ExportReport, export
from components.modeling.inference import Predictor
from components.modeling.model_card import Parity, read_card
from components.modeling.network import activated, normalised
from components.modeling.origin import origin_of
from components.modeling.parity import require_parity
from components.modeling.train import train
from components.modeling.trained import load_trained
from components.progress import SilentProgress
from components.settings.train import TrainSettings
from tests.unit.modeling.trainings import training
from tests.unit.strategies import part, regular


@pytest.fixture(scope="module")
def exported(
    trained_home: Home,
    tmp_path_factory: pytest.TempPathFactory,
    parts: list[Part],
    settings: TrainSettings,
) -> tuple[Home, ExportReport]:
    root = tmp_path_factory.mktemp("exported") / "home"
    shutil.copytree(trained_home.root, root)
    home = Home(root)
    return home, export(home, home.checkpoint, parts, settings, SilentProgress())


def test_bundle_is_whole(exported: tuple[Home, ExportReport], parts: list[Part]) -> None:
    home, report = exported
    names = {p.relative_to(report.bundle).as_posix() for p in report.bundle.rglob("*.*")}
    assert {"model.onnx", "model.int8.onnx", "card.json", "parts.json"} <= names
    assert "golden/expected.json" in names
    assert read_card(report.bundle / "card.json") == report.card
    assert report.card.onnx_sha256 == file_sha256(report.bundle / "model.onnx")
    assert [part.name for part in read_parts(report.bundle / "parts.json")] == [
        part.name for part in parts
    ]
    assert not list(home.models.glob(".*"))


def test_model_was_compared_on_real_pictures(
    exported: tuple[Home, ExportReport], settings: TrainSettings
) -> None:
    parity = exported[1].card.parity
    assert 0 < parity.pictures <= settings.export.parity_pictures
    assert parity.max_abs_difference < 1e-3


def test_every_precision_is_offered_with_its_figures(
    exported: tuple[Home, ExportReport], settings: TrainSettings
) -> None:
    card = exported[1].card
    ours = [offer for offer in card.offers if offer.runtime == "onnxruntime"]
    assert [offer.precision for offer in ours] == ["fp32", "int8"]
    for offer in card.offers:
        assert offer.sha256 == file_sha256(exported[1].bundle / offer.file)
        assert offer.network_ms > 0
        assert offer.parity.pictures <= settings.export.parity_pictures
    assert ours[0].parity == card.parity
    assert ours[1].size_bytes < ours[0].size_bytes / 2


def test_int8_is_left_out_on_demand(
    trained_home: Home, tmp_path: Path, parts: list[Part], settings: TrainSettings
) -> None:
    home = Home(shutil.copytree(trained_home.root, tmp_path / "home"))
    exact = settings.export.model_copy(update={"int8": False})
    alone = settings.model_copy(update={"export": exact})
    report = export(home, home.checkpoint, parts, alone, SilentProgress())
    assert {offer.precision for offer in report.card.offers} == {"fp32"}
    with pytest.raises(ModelError, match="has no network in int8; export the model again"):
        Predictor.load(report.bundle, precision="int8")


@pytest.mark.parametrize("name", ["model.onnx", "model.int8.onnx"])
def test_onnx_file_says_what_it_is(exported: tuple[Home, ExportReport], name: str) -> None:
    _, report = exported
    model = onnx.load(report.bundle / name)
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    assert json.loads(metadata["labels"]) == ["plate", "frame", "disc"]
    assert metadata["name"] == report.card.name
    assert [o.version for o in model.opset_import if not o.domain] == [report.card.opset]


@pytest.mark.parametrize("shape", [(1, 64, 96), (3, 32, 32), (2, 128, 64)])
def test_onnx_answers_like_torch_at_any_size(
    exported: tuple[Home, ExportReport], shape: tuple[int, int, int]
) -> None:
    home, report = exported
    trained = load_trained(home.checkpoint)
    images = np.random.default_rng(1).integers(0, 256, (*shape, 3)).astype(np.uint8)
    session = onnxruntime.InferenceSession(report.bundle / "model.onnx")
    with torch.inference_mode():
        output = trained.network(normalised(torch.from_numpy(images)))
        expected = activated(output, trained.offset_unit_px)
    for mine, theirs in zip(expected, session.run(None, {"images": images}), strict=True):
        assert np.allclose(mine.numpy(), theirs, atol=2e-3)


def test_golden_pictures_are_answered_as_expected(exported: tuple[Home, ExportReport]) -> None:
    _, report = exported
    predictor = Predictor.load(report.bundle)
    expected = json.loads((report.bundle / "golden" / "expected.json").read_text())
    assert len(expected) == 3
    for name, wanted in expected.items():
        found = predictor.predict(read_rgb(report.bundle / "golden" / name)).detections
        assert [d.label for d in found] == [record["label"] for record in wanted]


def test_other_drawings_are_refused(
    exported: tuple[Home, ExportReport], parts: list[Part], settings: TrainSettings
) -> None:
    home, _ = exported
    with pytest.raises(ModelError, match="was trained on plate, frame, disc; the drawings are"):
        export(home, home.checkpoint, parts[:2], settings, SilentProgress())


def test_card_names_what_the_network_saw(
    exported: tuple[Home, ExportReport], parts: list[Part]
) -> None:
    home, report = exported
    assert report.card.dataset_fingerprint == file_sha256(home.manifest)
    assert report.card.drawings_fingerprint == origin_of(home, parts[::-1]).drawings


def test_dataset_that_the_network_never_saw_is_refused(
    trained_home: Home, tmp_path: Path, parts: list[Part], settings: TrainSettings
) -> None:
    home = Home(shutil.copytree(trained_home.root, tmp_path / "home"))
    lines = home.manifest.read_text().splitlines(keepends=True)
    home.manifest.write_text("".join(lines[::-1]))
    with pytest.raises(ModelError, match=r"another dataset than .*manifest\.jsonl; train again"):
        export(home, home.checkpoint, parts, settings, SilentProgress())
    assert not home.exported.exists()


def test_drawing_that_changed_since_the_training_is_refused(
    exported: tuple[Home, ExportReport], parts: list[Part], settings: TrainSettings
) -> None:
    home, _ = exported
    larger = part("disc", regular(60, 31.0))
    with pytest.raises(ModelError, match=r"other drawings of the same names .* train again"):
        export(home, home.checkpoint, [*parts[:2], larger], settings, SilentProgress())


def test_unfinished_training_is_refused(
    home: Home, parts: list[Part], settings: TrainSettings
) -> None:
    answers = iter([False, True])
    train(training(home, parts, settings), SilentProgress(), lambda: next(answers))
    with pytest.raises(ModelError, match=r"not finished \(step 1\)"):
        export(home, home.checkpoint, parts, settings, SilentProgress())
    assert not home.exported.exists()


def test_missing_checkpoint_is_named(
    tmp_path: Path, parts: list[Part], settings: TrainSettings
) -> None:
    with pytest.raises(ModelError, match=r"checkpoint\.pth: cannot be read"):
        export(Home(tmp_path), tmp_path / "checkpoint.pth", parts, settings, SilentProgress())


GOOD = Parity(
    pictures=9,
    max_abs_difference=1e-5,
    detections=50,
    same_label=1.0,
    min_mask_iou=0.2,
    low_mask_iou=0.99,
    mean_mask_iou=0.99,
)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"max_abs_difference": 0.5}, "an output differs by 0.5, allowed is 0.01"),
        ({"max_abs_difference": math.nan}, "an output differs by nan, allowed is 0.01"),
        ({"same_label": 0.9}, "90.0% of 50 detections are the same, wanted are 99.5%"),
        ({"low_mask_iou": 0.7}, "one mask in a hundred overlaps by 0.700 only, wanted is 0.980"),
    ],
)
def test_model_that_differs_is_refused(
    settings: TrainSettings, change: dict[str, float], fault: str
) -> None:
    require_parity(GOOD, settings.export)
    with pytest.raises(ModelError, match=fault):
        require_parity(GOOD.model_copy(update=change), settings.export)
