"""Several processes that train one network together, as `torchrun` starts them.

Each cuts crops of its own; gradients are averaged in every step, so all hold the same weights. The
*leader* (rank 0) keeps the time, validates, and writes checkpoint and log; the others follow.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import torch
from torch import Tensor, distributed, nn

from components.errors import ModelError

LONGEST_WAIT = timedelta(minutes=10)
"""For the slowest member, in one step or at the start; then all end with an error."""


@dataclass(frozen=True, slots=True)
class Team:
    """The processes that train together.

    Attributes:
        rank: Number of this one, 0 for the leader.
        size: How many there are.
    """

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process keeps time and writes."""
        return self.rank == 0

    def average(self, parameters: Iterable[nn.Parameter]) -> None:
        """Replace every gradient by the mean of the team's."""
        if self.size == 1:
            return
        gradients = [p.grad for p in parameters if p.grad is not None]
        # One message a step: each costs a round trip.
        together = torch.cat([gradient.reshape(-1) for gradient in gradients])
        distributed.all_reduce(together)
        together /= self.size
        places = torch.split(together, [gradient.numel() for gradient in gradients])
        for gradient, mean in zip(gradients, places, strict=True):
            gradient.copy_(mean.view(gradient.shape))

    def agree(self, *values: float) -> tuple[float, ...]:
        """Return the leader's values, in every process."""
        if self.size == 1:
            return values
        told: Tensor = torch.tensor(values, dtype=torch.float64)
        distributed.broadcast(told, src=0)
        return tuple(told.tolist())

    def wait(self) -> None:
        """Wait until all are here."""
        if self.size > 1:
            distributed.barrier()


ALONE = Team()


@contextmanager
def joined() -> Iterator[Team]:
    """Give the team that `torchrun` started this process for; without it, this process alone.

    Raises:
        ModelError: If the others cannot be reached.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield ALONE
        return
    try:
        distributed.init_process_group("gloo", timeout=LONGEST_WAIT)
    except (RuntimeError, ValueError) as error:
        raise ModelError(
            "the processes of this training cannot reach each other "
            f"({str(error).splitlines()[0]}); start them with `torchrun --no-python`, see README.md"
        ) from error
    try:
        yield Team(distributed.get_rank(), size)
    finally:
        distributed.destroy_process_group()
