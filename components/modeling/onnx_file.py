"""Torch -> ONNX: one file with the preprocessing and the activations inside.

| | Name | Shape and type | Meaning |
|---|---|---|---|
| in | images | (N, H, W, 3) uint8 | RGB; H and W are any multiples of 32 |
| out | sight | (N, 3, H/2, W/2) | probabilities of background, part, other |
| out | seam | (N, 1, H/2, W/2) | probability that two objects touch there |
| out | label | (N, K, H/4, W/4) | probabilities of the drawings |
| out | heat | (N, 1, H/4, W/4) | probability of an object's centre |
| out | offset | (N, 2, H/4, W/4) | to the object's centre (x, y), network pixels |
"""

import logging
import warnings
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn
from torch.export import Dim

from components.errors import ModelError
from components.files import replacing
from components.modeling.heads import SIZE_MULTIPLE
from components.modeling.network import PartNetwork, normalised
from components.modeling.runtimes import INPUT_NAME
from components.modeling.trained import TrainedNetwork

OUTPUT_NAMES = ("sight", "seam", "label", "heat", "offset")


class _Graph(nn.Module):
    """What is exported: bytes in, probabilities and pixels out."""

    def __init__(self, network: PartNetwork, offset_unit_px: float) -> None:
        super().__init__()
        self.network, self.offset_unit_px = network, offset_unit_px

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        output = self.network(normalised(images))
        return (
            _shares(output.sight),
            torch.sigmoid(output.seam),
            _shares(output.label),
            torch.sigmoid(output.heat),
            output.offset * self.offset_unit_px,
        )


def _shares(logits: Tensor) -> Tensor:
    """Return softmax over the channels, written out.

    ONNX Runtime's own works on rows of memory: over three channels of each pixel it took 2.3 of
    17 ms for the whole int8 network, this takes 0.6.
    """
    powers = torch.exp(logits - logits.amax(1, keepdim=True))
    return powers / powers.sum(1, keepdim=True)


def write_onnx(path: Path, trained: TrainedNetwork, opset: int, metadata: dict[str, str]) -> None:
    """Write a network as ONNX and check the file.

    Args:
        path: Where to; whole or not at all.
        trained: The network.
        opset: ONNX operator set.
        metadata: Written into the file as it is.

    Raises:
        ModelError: If the ONNX checker finds a fault.
    """
    rows, columns = Dim("rows", min=2), Dim("columns", min=2)
    shape = {0: Dim("pictures", min=1), 1: SIZE_MULTIPLE * rows, 2: SIZE_MULTIPLE * columns}
    example = torch.zeros((2, 4 * SIZE_MULTIPLE, 6 * SIZE_MULTIPLE, 3), dtype=torch.uint8)
    graph = _Graph(trained.network, trained.offset_unit_px).eval()
    with warnings.catch_warnings():
        # The exporter warns about its own internals, which a user can do nothing about.
        warnings.simplefilter("ignore")
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        program = torch.onnx.export(
            graph,
            (example,),
            input_names=[INPUT_NAME],
            output_names=list(OUTPUT_NAMES),
            opset_version=opset,
            dynamic_shapes=(shape,),
            dynamo=True,
            verbose=False,
        )
    if program is None:
        raise ModelError(f"{path}: torch.onnx.export gave nothing")
    model = program.model_proto
    for key, value in metadata.items():
        model.metadata_props.add(key=key, value=value)
    try:
        onnx.checker.check_model(model, full_check=True)
    except onnx.checker.ValidationError as error:
        raise ModelError(f"{path}: the exported graph is no valid ONNX: {error}") from error
    with replacing(path) as partial:
        partial.write_bytes(model.SerializeToString())
