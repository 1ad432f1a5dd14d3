"""How weights move: Muon for the kernels, AdamW for the rest, their rate over time, their mean.

Muon takes matrices, so it works on views of the kernels: an output channel is a row. The rate
rises, stays and falls along a cosine over the *share done*, 0..1, of steps or of minutes alike.
"""

import math
from typing import Any

import torch
from torch import Tensor, nn

from components.errors import ModelError
from components.settings.train import OptimizerSettings


class PartOptimizer:
    """Muon and AdamW under one schedule.

    Args:
        network: Its kernels lie in channels-last order.
        settings: Rates and their course.
    """

    def __init__(self, network: nn.Module, settings: OptimizerSettings) -> None:
        """Sort the parameters; a head's kernel goes to AdamW, as its rows are answers."""
        self._settings = settings
        self._parameters = list(network.parameters())
        heads = {m.weight for n, m in network.named_modules() if _is_head(n, m)}
        self._kernels = [p for p in self._parameters if p.ndim == 4 and p not in heads]
        chosen = set(self._kernels)
        self._matrices = [nn.Parameter(as_matrix(kernel.detach())) for kernel in self._kernels]
        self._muon: torch.optim.Optimizer = torch.optim.Muon(
            self._matrices,
            lr=settings.muon_rate,
            momentum=settings.muon_momentum,
            weight_decay=settings.muon_weight_decay,
        )
        self._adamw = torch.optim.AdamW(
            [p for p in self._parameters if p not in chosen],
            lr=settings.adamw_rate,
            weight_decay=settings.adamw_weight_decay,
        )

    def step(self, share_done: float) -> float:
        """Move the weights along their gradients and clear these.

        Args:
            share_done: How much of the training is done, 0..1.

        Returns:
            The rate as a share of its highest.

        Raises:
            ModelError: If the gradients are no numbers; the weights stay as they are.
        """
        factor = rate_factor(share_done, self._settings.warmup, self._settings.final_rate)
        for group in self._muon.param_groups:
            group["lr"] = self._settings.muon_rate * factor
        for group in self._adamw.param_groups:
            group["lr"] = self._settings.adamw_rate * factor
        length = nn.utils.clip_grad_norm_(self._parameters, self._settings.clip_norm)
        if not length.isfinite():
            raise ModelError(
                f"training: the gradients' length is {float(length)} at {share_done:.0%} of the "
                "budget, nothing more can be learned; lower optimizer.muon_rate and "
                "optimizer.adamw_rate in train_config.yaml and train again"
            )
        for matrix, kernel in zip(self._matrices, self._kernels, strict=True):
            if kernel.grad is not None:
                matrix.grad = as_matrix(kernel.grad)
        self._muon.step()
        self._adamw.step()
        for parameter in self._parameters:
            parameter.grad = None
        return factor

    def state_dict(self) -> dict[str, Any]:
        """Return what `load_state_dict` needs to go on."""
        return {"muon": self._muon.state_dict(), "adamw": self._adamw.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from an earlier `state_dict`."""
        self._muon.load_state_dict(state["muon"])
        self._adamw.load_state_dict(state["adamw"])


def _is_head(name: str, module: nn.Module) -> bool:
    return name.endswith("_head") and isinstance(module, nn.Conv2d)


def as_matrix(kernel: Tensor) -> Tensor:
    """Return a kernel (O, I, h, w) as a matrix (O, h w I); a view if it lies channels-last."""
    return kernel.permute(0, 2, 3, 1).reshape(len(kernel), -1)


def rate_factor(share_done: float, warmup: float, final: float) -> float:
    """Return the rate as a share of its highest: a line up, then a cosine down.

    Args:
        share_done: 0..1.
        warmup: Share of the training that the rise takes.
        final: Value at the end.

    Examples:
        >>> rate_factor(0.04, 0.08, 0.0), rate_factor(0.08, 0.08, 0.0), rate_factor(1.0, 0.08, 0.0)
        (0.5, 1.0, 0.0)
    """
    if share_done < warmup:
        return share_done / warmup
    fall = (min(share_done, 1.0) - warmup) / max(1.0 - warmup, 1e-9)
    return final + (1.0 - final) * 0.5 * (1.0 + math.cos(math.pi * fall))


class WeightMean:
    """An exponential mean of a network's weights and statistics: steadier than the last step.

    Args:
        network: Whose weights.
        decay: Share of the mean that stays at each step, approached from below at first.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        """Start from the weights as they are."""
        self._decay = decay
        self.values = {name: value.clone() for name, value in network.state_dict().items()}

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        """Move the mean towards the weights.

        Args:
            network: The network after step number `step`.
            step: 1, 2, ...; the decay is at most (1 + step) / (10 + step).
        """
        weight = 1.0 - min(self._decay, (1 + step) / (10 + step))
        floats = []
        news = []
        for name, value in network.state_dict().items():
            if value.is_floating_point():
                floats.append(self.values[name])
                news.append(value)
            else:
                self.values[name].copy_(value)
        torch._foreach_lerp_(floats, news, weight)
