import pytest
import torch

from components.modeling.network import PartNetwork, activated, normalised, parameter_count
from components.settings.train import TrainSettings


@pytest.fixture(scope="module")
def network() -> PartNetwork:
    return PartNetwork(TrainSettings.load(None, "quick").network, 6).eval()


@pytest.mark.parametrize(("height", "width"), [(32, 32), (64, 96), (96, 224)])
def test_heads_answer_at_strides_two_and_four(
    network: PartNetwork, height: int, width: int
) -> None:
    output = network(normalised(torch.zeros((2, height, width, 3), dtype=torch.uint8)))
    assert output.sight.shape == (2, 3, height // 2, width // 2)
    assert output.seam.shape == (2, 1, height // 2, width // 2)
    assert output.label.shape == (2, 6, height // 4, width // 4)
    assert output.heat.shape == (2, 1, height // 4, width // 4)
    assert output.offset.shape == (2, 2, height // 4, width // 4)


def test_shipped_weights_take_less_than_six_megabytes(network: PartNetwork) -> None:
    assert 4 * parameter_count(network) < 6_000_000


def test_normalised_bytes_lie_in_minus_two_to_two() -> None:
    images = torch.tensor([0, 128, 255], dtype=torch.uint8).reshape(1, 1, 1, 3)
    assert normalised(images).flatten().tolist() == [-2.0, 0.0, 255 / 64 - 2]


def test_activated_answers_are_probabilities_and_pixels(network: PartNetwork) -> None:
    output = network(normalised(torch.full((1, 32, 32, 3), 77, dtype=torch.uint8)))
    answer = activated(output, 16.0)
    assert torch.allclose(answer.sight.sum(1), torch.ones(1, 16, 16))
    assert torch.allclose(answer.label.sum(1), torch.ones(1, 8, 8))
    assert ((answer.heat > 0) & (answer.heat < 1)).all()
    assert torch.equal(answer.offset, 16.0 * output.offset)


def test_a_centre_is_rare_at_first(network: PartNetwork) -> None:
    images = torch.randint(0, 255, (1, 64, 64, 3), generator=torch.manual_seed(0))
    heat = network(normalised(images.to(torch.uint8))).heat.sigmoid()
    assert heat.mean() < 0.05


def test_kernels_lie_channels_last(network: PartNetwork) -> None:
    for parameter in network.parameters():
        if parameter.ndim == 4:
            assert parameter.is_contiguous(memory_format=torch.channels_last)
