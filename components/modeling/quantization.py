"""ONNX file -> the same network in 8-bit integers, by static quantisation.

Every tensor gets a scale from what it holds for a set of *calibration* pictures. Activations are
unsigned: a signed kernel is slower than float on CPUs with VNNI. Weights are signed, with one scale
for each output channel.
"""

import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray

# See `runtimes.py`: no reports to ONNX Runtime's maker.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from components.errors import ModelError
from components.files import replacing
from components.modeling.runtimes import INPUT_NAME

QUANTISED_OPERATORS = ("Conv", "Relu", "Add", "Resize")
"""The others turn logits into probabilities and cost little."""


class Pictures(CalibrationDataReader):  # type: ignore[misc]  # ONNX Runtime has no types
    """Hands calibration pictures to ONNX Runtime, one at a time.

    Args:
        pictures: At network size, shape (h, w, 3) each.
    """

    def __init__(self, pictures: Sequence[NDArray[np.uint8]]) -> None:
        """Begin with the first."""
        self._rest: Iterator[NDArray[np.uint8]] = iter(pictures)

    def get_next(self) -> dict[str, NDArray[np.uint8]] | None:
        """Return the next one as the network's input, None after the last."""
        picture = next(self._rest, None)
        return None if picture is None else {INPUT_NAME: picture[None]}


def write_int8(source: Path, out: Path, pictures: Sequence[NDArray[np.uint8]]) -> None:
    """Write a network in 8-bit integers and check the file.

    Args:
        source: ONNX file of the network in float32.
        out: Where to; whole or not at all.
        pictures: For calibration, at network size, shape (h, w, 3) each.

    Raises:
        ValueError: If there is no picture.
        ModelError: If the ONNX checker finds a fault.
    """
    if not pictures:
        raise ValueError("calibration needs one picture or more")
    with tempfile.TemporaryDirectory(prefix="dxfvision-int8-") as folder:
        simplified, quantised = Path(folder, "simple.onnx"), Path(folder, "int8.onnx")
        # Symbolic shapes are of no use: the network takes pictures of any size.
        quant_pre_process(source, simplified, skip_symbolic_shape=True)
        quantize_static(
            simplified,
            quantised,
            Pictures(pictures),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=list(QUANTISED_OPERATORS),
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
        )
        model = onnx.load(quantised)
    _name_used_operators(model)
    try:
        onnx.checker.check_model(model, full_check=True)
    except onnx.checker.ValidationError as error:
        raise ModelError(f"{out}: the quantised graph is no valid ONNX: {error}") from error
    with replacing(out) as partial:
        partial.write_bytes(model.SerializeToString())


def _name_used_operators(model: onnx.ModelProto) -> None:
    """Drop the operator sets that the simplification lists but the graph does not use."""
    used = {node.domain for node in model.graph.node}
    kept = [entry for entry in model.opset_import if entry.domain in used]
    del model.opset_import[:]
    model.opset_import.extend(kept)
