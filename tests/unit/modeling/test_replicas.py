import pytest
import torch

from components.modeling.losses import Targets
from components.modeling.network import PartNetwork
from components.modeling.replicas import Replicas
from components.modeling.torch_dataset import Batch
from components.settings.train import TrainSettings


def doubled_batch(settings: TrainSettings) -> Batch:
    """Twice the same crop, so that each share has the same loss."""
    chance = torch.manual_seed(4)
    image = torch.randint(0, 255, (1, 64, 64, 3), generator=chance).to(torch.uint8)
    sight = torch.rand((1, 3, 32, 32), generator=chance).softmax(1)
    heat = torch.zeros((1, 1, 16, 16))
    heat[0, 0, 2, 3] = 1.0
    label = torch.randint(0, 3, (1, 16, 16), generator=chance)
    offset = torch.rand((1, 2, 16, 16), generator=chance)
    targets = Targets(
        sight,
        torch.rand((1, 1, 32, 32), generator=chance).round(),
        label,
        heat,
        offset,
        torch.ones((1, 1, 16, 16)),
    )
    return Batch(image.repeat(2, 1, 1, 1), Targets(*(torch.cat([t, t]) for t in targets)))


def gradients(count: int) -> tuple[float, list[torch.Tensor]]:
    settings = TrainSettings.load(None, "tiny")
    torch.manual_seed(0)
    network = PartNetwork(settings.network, 3)
    replicas = Replicas(network, settings.loss, count)
    loss = replicas.gradients(doubled_batch(settings))
    replicas.close()
    found = [p.grad for p in network.parameters() if p.grad is not None]
    assert len(found) == len(list(network.parameters()))
    return loss.total.item(), found


@pytest.mark.parametrize("count", [2, 3])
def test_threads_together_find_the_gradient_of_one(count: int) -> None:
    alone_loss, alone = gradients(1)
    loss, shared = gradients(count)
    assert loss == pytest.approx(alone_loss, rel=1e-5)
    for one, other in zip(alone, shared, strict=True):
        assert torch.allclose(one, other, rtol=1e-3, atol=1e-5)
