import torch

from components.domain import Sample
from components.home import Home
from components.modeling.network import PartNetwork
from components.modeling.validation import ValidationSet, held_out
from components.settings.train import TrainSettings

NUMBERS = {"plate": 0, "frame": 1, "disc": 2}


def test_figures_of_a_network_that_learned_nothing_are_low(
    dataset_home: Home, samples: list[Sample], settings: TrainSettings
) -> None:
    torch.manual_seed(0)
    network = PartNetwork(settings.network, 3).eval()
    pictures = held_out(dataset_home.root, samples, NUMBERS, 6)
    figures = ValidationSet(pictures, list(NUMBERS), settings).figures(network)
    assert figures["val_map"] < 0.1
    assert 0.0 <= figures["val_miou"] < 0.7


def test_without_a_validation_split_there_are_no_figures(
    dataset_home: Home, samples: list[Sample], settings: TrainSettings
) -> None:
    shown = [sample for sample in samples if sample.split == "train"]
    network = PartNetwork(settings.network, 3).eval()
    pictures = held_out(dataset_home.root, shown, NUMBERS, 6)
    assert ValidationSet(pictures, list(NUMBERS), settings).figures(network) == {}
