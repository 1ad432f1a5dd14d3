import pytest
import torch
from torch import nn

from components.errors import ModelError
from components.modeling.network import PartNetwork, normalised
from components.modeling.optimizer import PartOptimizer, WeightMean, as_matrix, rate_factor
from components.settings.train import TrainSettings


@pytest.mark.parametrize(
    ("share", "expected"), [(0.0, 0.0), (0.05, 0.5), (0.1, 1.0), (0.55, 0.505), (1.0, 0.01)]
)
def test_rate_rises_and_falls(share: float, expected: float) -> None:
    assert rate_factor(share, 0.1, 0.01) == pytest.approx(expected)


def test_matrix_of_a_channels_last_kernel_is_the_same_memory() -> None:
    kernel = torch.arange(2 * 3 * 3 * 3.0).reshape(2, 3, 3, 3)
    kernel = kernel.contiguous(memory_format=torch.channels_last)
    as_matrix(kernel)[1, 0] = -7.0
    assert kernel[1, 0, 0, 0] == -7.0


def test_step_moves_every_weight_and_clears_gradients() -> None:
    settings = TrainSettings.load(None, "quick")
    network = PartNetwork(settings.network, 2)
    optimizer = PartOptimizer(network, settings.optimizer)
    before = {name: value.clone() for name, value in network.named_parameters()}
    images = torch.randint(0, 255, (2, 32, 32, 3), generator=torch.manual_seed(0))
    for _ in range(2):
        output = network(normalised(images.to(torch.uint8)))
        torch.autograd.backward(sum(head.square().mean() for head in output))
        optimizer.step(0.1)
    for name, value in network.named_parameters():
        assert value.grad is None
        assert not torch.equal(value, before[name]), name


def test_gradients_that_are_no_numbers_end_the_training_and_leave_the_weights() -> None:
    settings = TrainSettings.load(None, "quick")
    network = PartNetwork(settings.network, 2)
    optimizer = PartOptimizer(network, settings.optimizer)
    before = {name: value.clone() for name, value in network.named_parameters()}
    for parameter in network.parameters():
        parameter.grad = torch.full_like(parameter, torch.nan)
    with pytest.raises(ModelError, match=r"length is nan at 10% of the budget.*lower optimizer"):
        optimizer.step(0.1)
    assert all(torch.equal(value, before[name]) for name, value in network.named_parameters())


def test_mean_of_constant_weights_is_these_weights() -> None:
    network = nn.Linear(2, 2)
    mean = WeightMean(network, 0.9)
    mean.update(network, 1)
    assert torch.equal(mean.values["weight"], network.weight)


def test_mean_moves_by_one_less_decay() -> None:
    network = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(network.weight)
    mean = WeightMean(network, 0.9)
    nn.init.ones_(network.weight)
    mean.update(network, 10_000)
    assert mean.values["weight"].item() == pytest.approx(0.1)
