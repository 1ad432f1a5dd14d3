from collections.abc import Sequence

import torch

from components.domain import Part
from components.home import Home
from components.modeling.train import Training
from components.modeling.utils.checkpoints import read_checkpoint
from components.settings.data import DataSettings
from components.settings.train import TrainSettings

SEED = 3


def training(
    home: Home, parts: Sequence[Part], settings: TrainSettings, seed: int = SEED
) -> Training:
    data = DataSettings.load(None, "tiny").model_copy(update={"width_px": 128, "height_px": 96})
    return Training(home, parts, settings, data, seed)


def mean_weights(home: Home) -> dict[str, torch.Tensor]:
    return dict(read_checkpoint(home.checkpoint)["mean"])
