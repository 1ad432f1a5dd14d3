import ast
import logging
import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import components.modeling
from components.domain import Part, Sample
from components.errors import DatasetError
from components.home import Home
from components.modeling.network import PartNetwork
from components.modeling.origin import Origin
from components.modeling.picture_sources import DatasetPictures
from components.modeling.torch_dataset import CropSource
from components.modeling.train import SOURCES, inputs_fingerprint, train
from components.modeling.training_log import read_log
from components.modeling.training_state import TrainingState
from components.modeling.utils.checkpoints import read_checkpoint
from components.modeling.validation import ValidationSet
from components.progress import SilentProgress
from components.settings.train import TrainSettings
from tests.unit.modeling.trainings import SEED, mean_weights, training
from tests.unit.strategies import part, regular

ORIGIN = Origin("dataset", "drawings")
COMPONENTS = Path(components.modeling.__file__).parents[1]


def stop_after(calls: int) -> Callable[[], bool]:
    left = iter([False] * calls + [True])
    return lambda: next(left)


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(one[name], other[name]) for name in one)


def test_loss_falls_on_one_batch(
    dataset_home: Home, samples: list[Sample], settings: TrainSettings
) -> None:
    labels = ["plate", "frame", "disc"]
    numbers = {name: number for number, name in enumerate(labels)}
    pictures = DatasetPictures(dataset_home.root, samples, numbers, SEED)
    batch = CropSource(pictures, settings, SEED).batch(0)
    state = TrainingState(labels, settings.model_copy(update={"steps": 60}), SEED, "inputs", ORIGIN)
    losses = [float(state.learn(batch)[0].total) for _ in range(30)]
    state.close()
    assert losses[-1] < 0.35 * losses[0]


def test_training_ends_with_figures_and_log(trained_home: Home, settings: TrainSettings) -> None:
    state = read_checkpoint(trained_home.checkpoint)
    assert state["finished"]
    assert state["step"] == settings.steps
    assert state["labels"] == ["plate", "frame", "disc"]
    assert set(state["figures"]) == {
        "val_map", "val_agnostic_map", "val_miou", "val_part_iou"
    }  # fmt: skip
    lines = read_log(trained_home.reports / "training.jsonl")
    assert [line["step"] for line in lines if "validation" in line] == [4, 8]


def test_finished_training_is_not_repeated(
    trained_home: Home, parts: list[Part], settings: TrainSettings
) -> None:
    before = trained_home.checkpoint.stat().st_mtime_ns
    result = train(training(trained_home, parts, settings), SilentProgress())
    assert result.skipped
    assert result.finished
    assert trained_home.checkpoint.stat().st_mtime_ns == before


@pytest.mark.parametrize("cut", [3, 7], ids=["among crops", "among whole pictures"])
def test_interrupted_training_ends_with_the_same_weights(
    home: Home, trained_home: Home, parts: list[Part], settings: TrainSettings, cut: int
) -> None:
    halted = train(training(home, parts, settings), SilentProgress(), stop_after(cut))
    assert not halted.finished
    assert halted.steps == cut
    result = train(training(home, parts, settings), SilentProgress())
    assert result.resumed_at == cut
    assert result.finished
    assert same(mean_weights(home), mean_weights(trained_home))


def test_training_killed_in_its_last_validation_has_the_last_figures_when_it_went_on(
    home: Home,
    trained_home: Home,
    parts: list[Part],
    settings: TrainSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    often = settings.model_copy(update={"checkpoint_every_s": 1e-6})
    validations = iter(range(9))
    figures = ValidationSet.figures

    def killed_at_the_second(of: ValidationSet, network: PartNetwork) -> dict[str, float]:
        if next(validations) == 1:
            raise KeyboardInterrupt
        return figures(of, network)

    with monkeypatch.context() as patch:
        patch.setattr(ValidationSet, "figures", killed_at_the_second)
        with pytest.raises(KeyboardInterrupt):
            train(training(home, parts, often), SilentProgress())
    train(training(home, parts, often), SilentProgress())
    assert same(mean_weights(home), mean_weights(trained_home))
    wanted = read_checkpoint(trained_home.checkpoint)["figures"]
    assert read_checkpoint(home.checkpoint)["figures"] == wanted


def test_another_seed_starts_anew(home: Home, parts: list[Part], settings: TrainSettings) -> None:
    train(training(home, parts, settings), SilentProgress(), stop_after(1))
    result = train(training(home, parts, settings, SEED + 1), SilentProgress(), stop_after(1))
    assert result.resumed_at == 0


def test_damaged_checkpoint_is_kept_aside_and_said(
    home: Home, parts: list[Part], settings: TrainSettings, caplog: pytest.LogCaptureFixture
) -> None:
    home.checkpoint.parent.mkdir(parents=True, exist_ok=True)
    home.checkpoint.write_bytes(b"half a checkpoint")
    with caplog.at_level(logging.WARNING):
        result = train(training(home, parts, settings), SilentProgress(), stop_after(1))
    assert result.steps == 1
    assert "training starts anew" in caplog.text
    kept = Path(f"{home.checkpoint}.damaged")
    assert kept.read_bytes() == b"half a checkpoint"


def test_budget_of_minutes_ends_with_whole_pictures(
    home: Home, parts: list[Part], settings: TrainSettings
) -> None:
    timed = settings.model_copy(update={"steps": None, "minutes": 1.0 / 60.0, "validations": 0})
    result = train(training(home, parts, timed), SilentProgress())
    assert result.finished
    assert result.seconds >= 1.0
    assert read_checkpoint(home.checkpoint)["whole_from"] is not None


def test_missing_dataset_is_named(
    tmp_path: Path, parts: list[Part], settings: TrainSettings
) -> None:
    with pytest.raises(DatasetError, match=r"manifest\.jsonl: is missing; generate"):
        train(training(Home(tmp_path), parts, settings), SilentProgress())


def imported(file: Path) -> set[Path]:
    """Files of `components.modeling` that a module imports."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    files = [COMPONENTS.parent / f"{name.replace('.', '/')}.py" for name in names]
    return {f for f in files if f.is_file() and f.is_relative_to(COMPONENTS / "modeling")}


def test_all_code_that_takes_part_in_a_training_is_in_its_fingerprint() -> None:
    reached, to_read = set(), {COMPONENTS / "modeling" / "train.py"}
    while to_read:
        reached |= to_read
        to_read = {other for file in to_read for other in imported(file)} - reached
    assert COMPONENTS / "modeling" / "replicas.py" in reached
    listed = [COMPONENTS / source for source in SOURCES]
    assert all(path.exists() for path in listed)
    missing = {file for file in reached if not any(file.is_relative_to(path) for path in listed)}
    assert missing == set()


def test_how_pixels_become_instances_costs_no_training(
    dataset_home: Home, parts: list[Part], settings: TrainSettings
) -> None:
    def inputs(**changes: object) -> str:
        changed = settings.prediction.model_copy(update=changes)
        other = settings.model_copy(update={"prediction": changed})
        return inputs_fingerprint(training(dataset_home, parts, other), None)

    grouping = settings.prediction.grouping.model_copy(update={"vote_sigma_px": 9.0})
    assert inputs(score_threshold=0.77, max_detections=3, grouping=grouping) == inputs()
    assert inputs(long_side_px=192) != inputs()


def test_changed_drawing_or_dataset_is_another_training(
    home: Home, parts: list[Part], settings: TrainSettings
) -> None:
    before = inputs_fingerprint(training(home, parts, settings), None)
    larger = part("disc", regular(60, 31.0))
    assert inputs_fingerprint(training(home, [*parts[:2], larger], settings), None) != before
    home.manifest.write_text(home.manifest.read_text() + "\n")
    assert inputs_fingerprint(training(home, parts, settings), None) != before


def streamed(settings: TrainSettings, **changes: object) -> TrainSettings:
    return settings.model_copy(update={"scenes": "stream", "validations": 1, **changes})


def test_a_stream_needs_no_dataset_and_goes_on_where_it_was_cut_off(
    tmp_path: Path, parts: list[Part], settings: TrainSettings
) -> None:
    whole, cut = Home(tmp_path / "whole"), Home(tmp_path / "cut")
    chosen = streamed(settings)
    result = train(training(whole, parts, chosen), SilentProgress())
    assert result.finished
    assert "val_miou" in result.figures
    assert read_checkpoint(whole.checkpoint)["origin"]["streamed"]
    halted = train(training(cut, parts, chosen), SilentProgress(), stop_after(3))
    assert halted.steps == 3
    train(training(cut, parts, chosen), SilentProgress())
    assert same(mean_weights(whole), mean_weights(cut))


def test_training_without_gain_ends_early(
    home: Home, parts: list[Part], settings: TrainSettings
) -> None:
    still = settings.optimizer.model_copy(update={"muon_rate": 1e-12, "adamw_rate": 1e-12})
    changes = {"optimizer": still, "validations": 3, "patience": 2}
    result = train(training(home, parts, settings.model_copy(update=changes)), SilentProgress())
    assert result.finished
    assert settings.steps == 8
    # Validations after every second step. Nothing is found, so the second is in vain.
    assert result.steps == 4


def test_epochs_are_passes_over_the_training_pictures(
    home: Home, parts: list[Part], samples: list[Sample], settings: TrainSettings
) -> None:
    changes = {"steps": None, "epochs": 0.5, "validations": 0}
    result = train(training(home, parts, settings.model_copy(update=changes)), SilentProgress())
    shown = sum(sample.split == "train" for sample in samples)
    assert result.steps == math.ceil(0.5 * shown / settings.crops.fresh_per_step)


def test_a_stream_has_no_epochs() -> None:
    values = TrainSettings.load(None, "tiny").model_dump(mode="json")
    with pytest.raises(ValueError, match="a stream has none"):
        TrainSettings.model_validate(values | {"scenes": "stream", "epochs": 1.0})
