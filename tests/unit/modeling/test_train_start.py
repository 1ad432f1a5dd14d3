"""From which weights a training starts."""

import pytest
import torch

from components.domain import Part
from components.errors import ModelError
from components.home import Home
from components.modeling.generic_weights import GenericCard, write_generic
from components.modeling.network import PartNetwork
from components.modeling.train import inputs_fingerprint, starting_weights, train
from components.progress import SilentProgress
from components.settings.train import TrainSettings
from tests.unit.modeling.trainings import mean_weights, training


def generic_weights(home: Home, settings: TrainSettings) -> dict[str, torch.Tensor]:
    """Weights of a network with one label, written as the home folder's generic ones."""
    torch.manual_seed(99)
    weights = PartNetwork(settings.network, 1).state_dict()
    write_generic(home.generic, weights, GenericCard.of_nothing())
    return weights


def test_training_starts_from_the_homes_generic_weights_but_for_the_labels(
    home: Home, parts: list[Part], settings: TrainSettings
) -> None:
    weights = generic_weights(home, settings)
    still = settings.optimizer.model_copy(update={"muon_rate": 1e-9, "adamw_rate": 1e-9})
    chosen = {"from_scratch": False, "optimizer": still}
    train(training(home, parts, settings.model_copy(update=chosen)), SilentProgress())
    learned = mean_weights(home)
    assert learned["label_head.weight"].shape[0] == len(parts)
    stem = "stem.0.weight"
    assert torch.allclose(learned[stem], weights[stem], atol=1e-6)


def test_other_generic_weights_are_another_training(
    home: Home, parts: list[Part], settings: TrainSettings
) -> None:
    chosen = settings.model_copy(update={"from_scratch": False})
    generic_weights(home, settings)
    start = starting_weights(home, chosen)
    assert start is not None
    assert starting_weights(home, settings) is None
    prints = {inputs_fingerprint(training(home, parts, settings), s) for s in (None, start)}
    assert len(prints) == 2


def test_weights_of_another_network_are_refused(
    home: Home, parts: list[Part], settings: TrainSettings
) -> None:
    generic_weights(home, settings)
    wider = settings.network.model_copy(update={"neck_channels": 40})
    chosen = settings.model_copy(update={"from_scratch": False, "network": wider})
    with pytest.raises(ModelError, match=r"are of another network: .* train from scratch"):
        train(training(home, parts, chosen), SilentProgress())


def test_weights_that_know_something_move_more_slowly(
    home: Home, parts: list[Part], settings: TrainSettings
) -> None:
    weights = generic_weights(home, settings)
    moved = {}
    for share in (0.01, 1.0):
        optimizer = settings.optimizer.model_copy(update={"warm_start": share})
        chosen = settings.model_copy(update={"from_scratch": False, "optimizer": optimizer})
        train(training(home, parts, chosen), SilentProgress())
        kernel = mean_weights(home)["stages.2.0.0.weight"]
        moved[share] = float((kernel - weights["stages.2.0.0.weight"]).norm())
    assert moved[0.01] < 0.1 * moved[1.0]
