"""Everything that changes while the network learns, and its way into a checkpoint and back."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import torch
from torch import Tensor

from components.errors import ModelError
from components.modeling.losses import Loss
from components.modeling.network import PartNetwork
from components.modeling.optimizer import PartOptimizer, WeightMean
from components.modeling.origin import Origin
from components.modeling.replicas import Replicas
from components.modeling.team import ALONE, Team
from components.modeling.torch_dataset import Batch
from components.settings.train import TrainSettings

LABEL_HEAD = "label_head."
"""What the names of the weights begin with that depend on the drawings."""


class TrainingState:
    """Weights, their mean, momenta, counters.

    Args:
        labels: Names of the drawings in the network's order.
        settings: Of the training.
        seed: Decides the first weights.
        inputs: Fingerprint of what is trained from.
        origin: The dataset and drawings among it.

    Attributes:
        step: Steps taken.
        seconds: Training time so far, without what was lost at a kill.
        validations: How many there were.
        whole_from: Number of the first batch of whole pictures; None while it is not known.
        figures: On the validation split, the last ones.
        best: Highest class-agnostic mAP of the validations.
        since_best: Validations since then.
        finished: Whether the budget is used up.
    """

    def __init__(
        self,
        labels: Sequence[str],
        settings: TrainSettings,
        seed: int,
        inputs: str,
        origin: Origin,
    ) -> None:
        """Make the network with its first weights."""
        self._labels, self._settings = list(labels), settings
        self._inputs, self._origin = inputs, origin
        # The replicas' threads do the work; torch's own would only wait for each other.
        torch.set_num_threads(1)
        torch.manual_seed(seed)
        self.network = PartNetwork(settings.network, len(self._labels))
        self._optimizer = PartOptimizer(self.network, settings.optimizer)
        self._replicas = Replicas(self.network, settings.loss, settings.threads)
        self.mean = WeightMean(self.network, settings.optimizer.ema_decay)
        self.step, self.seconds, self.validations = 0, 0.0, 0
        self.whole_from = _whole_from(settings)
        self.figures: dict[str, float] = {}
        self.best, self.since_best = 0.0, 0
        self.finished = False

    @property
    def share_done(self) -> float:
        """How much of the budget is used up, 0..1 or a little more."""
        shares = [0.0]
        if self._settings.steps is not None:
            shares.append(self.step / self._settings.steps)
        if self._settings.minutes is not None:
            shares.append(self.seconds / (60.0 * self._settings.minutes))
        return max(shares)

    @property
    def gains_nothing(self) -> bool:
        """Whether so many validations brought no gain that the training may end early."""
        patience = self._settings.patience
        return patience is not None and self.since_best >= patience

    def note_validation(self, figures: dict[str, float]) -> None:
        """Keep the figures of a validation; none if another process of the team has them."""
        self.figures = figures
        self.validations += 1
        reached = figures.get("val_agnostic_map", 0.0)
        self.since_best = 0 if reached > self.best else self.since_best + 1
        self.best = max(self.best, reached)

    def learn(self, batch: Batch, team: Team = ALONE) -> tuple[Loss, float]:
        """Take one step; return the loss before it and the rate as a share of its highest.

        Args:
            batch: This process's own.
            team: All take this step together.
        """
        loss = self._replicas.gradients(batch)
        team.average(self.network.parameters())
        rate = self._optimizer.step(self.share_done)
        self.step += 1
        self.mean.update(self.network, self.step)
        return loss, rate

    def close(self) -> None:
        """End the threads; `learn` must not be called again."""
        self._replicas.close()

    def mean_network(self) -> PartNetwork:
        """Return a copy of the network with the mean weights, ready to answer."""
        network = PartNetwork(self._settings.network, len(self._labels))
        network.load_state_dict(self.mean.values)
        return network.eval()

    def to_checkpoint(self) -> dict[str, Any]:
        """Return all that `go_on_from` needs, and what others need to use the network.

        A finished training keeps the mean weights only.
        """
        state: dict[str, Any] = {
            "inputs": self._inputs,
            "origin": asdict(self._origin),
            "labels": self._labels,
            "network_settings": self._settings.network.model_dump(mode="json"),
            "offset_unit_px": self._settings.loss.offset_unit_px,
            "step": self.step,
            "seconds": self.seconds,
            "validations": self.validations,
            "whole_from": self.whole_from,
            "figures": self.figures,
            "best": self.best,
            "since_best": self.since_best,
            "finished": self.finished,
            "mean": self.mean.values,
        }
        if not self.finished:
            state["weights"] = self.network.state_dict()
            state["optimizer"] = self._optimizer.state_dict()
            state["torch_rng"] = torch.get_rng_state()
        return state

    def start_from(self, weights: dict[str, Tensor]) -> None:
        """Begin with the weights of an earlier training of the same network.

        A head whose shape differs (the labels') keeps its first weights.

        Raises:
            ModelError: If they belong to another network.
        """
        own = self.network.state_dict()
        same = {
            name: w for name, w in weights.items() if name in own and w.shape == own[name].shape
        }
        missing = [name for name in own if name not in same and not name.startswith(LABEL_HEAD)]
        if missing:
            raise ModelError(
                f"the weights to start from are of another network: {missing[0]} and "
                f"{len(missing) - 1} more do not fit; train the generic weights again or train "
                "from scratch"
            )
        self.network.load_state_dict(same, strict=False)
        self.mean = WeightMean(self.network, self._settings.optimizer.ema_decay)

    def go_on_from(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint of the same inputs; of a finished one the mean alone is there."""
        if not state["finished"]:
            self.network.load_state_dict(state["weights"])
            self._optimizer.load_state_dict(state["optimizer"])
            torch.set_rng_state(state["torch_rng"])
        for name, value in self.mean.values.items():
            value.copy_(state["mean"][name])
        self.step, self.seconds = state["step"], state["seconds"]
        self.validations, self.whole_from = state["validations"], state["whole_from"]
        self.figures, self.best = state["figures"], state["best"]
        self.since_best = state["since_best"]
        self.finished = state["finished"]


def _whole_from(settings: TrainSettings) -> int | None:
    """Return where whole pictures begin, if the budget is in steps alone."""
    if settings.steps is None or settings.minutes is not None:
        return None
    return settings.steps - round(settings.steps * settings.crops.whole_share)
