"""A trained network and how to get one from a checkpoint."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from components.errors import ModelError
from components.modeling.grouping import Answer
from components.modeling.network import PartNetwork, activated, normalised
from components.modeling.origin import Origin
from components.modeling.utils.checkpoints import read_checkpoint
from components.settings.train import NetworkSettings

NEEDED = (
    "finished",
    "step",
    "network_settings",
    "labels",
    "mean",
    "offset_unit_px",
    "figures",
    "seconds",
    "inputs",
    "origin",
)
"""What a checkpoint must hold to become a network that answers."""


@dataclass(frozen=True, slots=True, eq=False)
class TrainedNetwork:
    """A network that answers.

    Attributes:
        network: With the mean weights, ready to answer.
        labels: Names of the drawings in its order.
        offset_unit_px: Length in network pixels of an offset of 1.
        figures: On the validation split.
        steps: It was trained for.
        seconds: It was trained for.
        inputs: Fingerprint of what it was trained from.
        origin: The dataset and drawings it saw.
    """

    network: PartNetwork
    labels: tuple[str, ...]
    offset_unit_px: float
    figures: dict[str, float]
    steps: int
    seconds: float
    inputs: str
    origin: Origin


def load_trained(path: Path) -> TrainedNetwork:
    """Load the mean weights of a checkpoint.

    Raises:
        ModelError: If the file is missing, damaged, unfinished or of another network.
    """
    state = read_checkpoint(path, NEEDED)
    if not state["finished"]:
        raise ModelError(
            f"{path}: this training is not finished (step {state['step']}); train again to go on"
        )
    settings = NetworkSettings.model_validate(state["network_settings"])
    network = PartNetwork(settings, len(state["labels"]))
    try:
        network.load_state_dict(state["mean"])
    except RuntimeError as error:
        raise ModelError(f"{path}: its weights do not fit its settings: {error}") from error
    return TrainedNetwork(
        network=network.eval(),
        labels=tuple(state["labels"]),
        offset_unit_px=float(state["offset_unit_px"]),
        figures=dict(state["figures"]),
        steps=int(state["step"]),
        seconds=float(state["seconds"]),
        inputs=str(state["inputs"]),
        origin=Origin(**state["origin"]),
    )


@torch.inference_mode()
def answers_of(network: PartNetwork, images: Tensor, offset_unit_px: float) -> list[Answer]:
    """Return what a network says about a batch of pictures.

    Args:
        network: In evaluation mode.
        images: Shape (N, H, W, 3), uint8.
        offset_unit_px: Length in network pixels of an offset of 1.
    """
    outputs = activated(network(normalised(images)), offset_unit_px)
    arrays = [output.numpy() for output in outputs]
    return [
        Answer(sight, seam[0], label, heat[0], offset)
        for sight, seam, label, heat, offset in zip(*arrays, strict=True)
    ]
