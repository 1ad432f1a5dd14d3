"""Gradients of one batch, worked out by several threads that each take a share of it.

torch would split every single operation among its threads and let them wait for each other some
hundred times a step. On two free cores that costs a third of the time; on a box where others
work too each wait lasts until a sleeping thread is given a core again, and training becomes ten
times slower. Here every thread goes through the whole network alone and they meet once a step.

Each *replica* shares the weights and has gradients of its own. Batch norm sees a share of the
batch, as in distributed training. The number of replicas is therefore a setting: it changes the
result, the number of cores does not.
"""

import copy
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import torch
from torch import Tensor

from components.modeling.losses import Loss, Targets, loss_of
from components.modeling.network import PartNetwork, normalised
from components.modeling.torch_dataset import Batch
from components.settings.train import LossSettings


class Replicas:
    """A network and copies of it that share its weights.

    Args:
        network: Gets the gradients and keeps the batch norm's statistics.
        settings: Weights of the loss.
        count: Threads that work, 1 or more.
    """

    def __init__(self, network: PartNetwork, settings: LossSettings, count: int) -> None:
        """Make the copies."""
        self._settings = settings
        self._networks = [network, *(_sharing_weights(network) for _ in range(count - 1))]
        self._threads = ThreadPoolExecutor(count, "replica", initializer=_one_thread_each)

    def gradients(self, batch: Batch) -> Loss:
        """Add the mean gradient of a batch to the network's and return its loss.

        Args:
            batch: Divided among the replicas; some stay idle if it has fewer pictures.
        """
        shares = _shares(batch, len(self._networks))
        work = list(zip(self._networks, shares, strict=False))
        weights = [len(share.images) / len(batch.images) for share in shares]
        losses = list(self._threads.map(self._learn, *zip(*work, strict=True), weights))
        first, *others = [list(network.parameters()) for network, _ in work]
        for other in others:
            # With no gradient at all the types would be Optional; every weight takes part.
            torch._foreach_add_([_gradient(p) for p in first], [_gradient(p) for p in other])
            for parameter in other:
                parameter.grad = None
        return Loss(*(cast(Tensor, sum(terms)) for terms in zip(*losses, strict=True)))

    def _learn(self, network: PartNetwork, share: Batch, weight: float) -> Loss:
        loss = loss_of(network(normalised(share.images)), share.targets, self._settings)
        torch.autograd.backward(loss.total * weight)
        return Loss(*(term.detach() * weight for term in loss))

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown()


def _one_thread_each() -> None:
    torch.set_num_threads(1)


def _gradient(parameter: Tensor) -> Tensor:
    if parameter.grad is None:
        raise RuntimeError("a weight took no part in the loss")
    return parameter.grad


def _sharing_weights(network: PartNetwork) -> PartNetwork:
    """Return a copy whose weights are the network's own memory."""
    replica = copy.deepcopy(network)
    for own, shared in zip(replica.parameters(), network.parameters(), strict=True):
        own.data = shared.data
    return replica


def _shares(batch: Batch, count: int) -> list[Batch]:
    """Return a batch cut into at most `count` batches of nearly the same size."""
    images = batch.images.tensor_split(count)
    targets = [target.tensor_split(count) for target in batch.targets]
    return [
        Batch(image, Targets(*parts))
        for image, *parts in zip(images, *targets, strict=True)
        if len(image)
    ]
