import logging
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from components.domain import Part, Sample
from components.errors import DatasetError
from components.home import Home
from components.modeling.torch_dataset import CropSource
from components.modeling.train import train
from components.modeling.training_log import read_log
from components.modeling.training_state import TrainingState
from components.modeling.utils.checkpoints import read_checkpoint
from components.progress import SilentProgress
from components.settings.train import TrainSettings

SEED = 3


def stop_after(calls: int) -> Callable[[], bool]:
    left = iter([False] * calls + [True])
    return lambda: next(left)


def mean_weights(home: Home) -> dict[str, torch.Tensor]:
    return dict(read_checkpoint(home.checkpoint)["mean"])


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(one[name], other[name]) for name in one)


def test_loss_falls_on_one_batch(
    dataset_home: Home, samples: list[Sample], settings: TrainSettings
) -> None:
    labels = ["plate", "frame", "disc"]
    numbers = {name: number for number, name in enumerate(labels)}
    batch = CropSource(dataset_home.root, samples, numbers, settings, SEED).batch(0)
    state = TrainingState(labels, settings.model_copy(update={"steps": 60}), SEED, "inputs")
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
    result = train(trained_home, parts, settings, SEED, SilentProgress())
    assert result.skipped
    assert result.finished
    assert trained_home.checkpoint.stat().st_mtime_ns == before


@pytest.mark.parametrize("cut", [3, 7], ids=["among crops", "among whole pictures"])
def test_interrupted_training_ends_with_the_same_weights(
    home: Home, trained_home: Home, parts: list[Part], settings: TrainSettings, cut: int
) -> None:
    halted = train(home, parts, settings, SEED, SilentProgress(), stop_after(cut))
    assert not halted.finished
    assert halted.steps == cut
    result = train(home, parts, settings, SEED, SilentProgress())
    assert result.resumed_at == cut
    assert result.finished
    assert same(mean_weights(home), mean_weights(trained_home))


def test_another_seed_starts_anew(home: Home, parts: list[Part], settings: TrainSettings) -> None:
    train(home, parts, settings, SEED, SilentProgress(), stop_after(1))
    result = train(home, parts, settings, SEED + 1, SilentProgress(), stop_after(1))
    assert result.resumed_at == 0


def test_damaged_checkpoint_is_kept_aside_and_said(
    home: Home, parts: list[Part], settings: TrainSettings, caplog: pytest.LogCaptureFixture
) -> None:
    home.checkpoint.parent.mkdir(parents=True, exist_ok=True)
    home.checkpoint.write_bytes(b"half a checkpoint")
    with caplog.at_level(logging.WARNING):
        result = train(home, parts, settings, SEED, SilentProgress(), stop_after(1))
    assert result.steps == 1
    assert "training starts anew" in caplog.text
    kept = Path(f"{home.checkpoint}.damaged")
    assert kept.read_bytes() == b"half a checkpoint"


def test_budget_of_minutes_ends_with_whole_pictures(
    home: Home, parts: list[Part], settings: TrainSettings
) -> None:
    timed = settings.model_copy(update={"steps": None, "minutes": 1.0 / 60.0, "validations": 0})
    result = train(home, parts, timed, SEED, SilentProgress())
    assert result.finished
    assert result.seconds >= 1.0
    assert read_checkpoint(home.checkpoint)["whole_from"] is not None


def test_missing_dataset_is_named(
    tmp_path: Path, parts: list[Part], settings: TrainSettings
) -> None:
    with pytest.raises(DatasetError, match=r"manifest\.jsonl: is missing; generate"):
        train(Home(tmp_path), parts, settings, SEED, SilentProgress())
