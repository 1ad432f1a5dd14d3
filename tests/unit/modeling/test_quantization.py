from pathlib import Path

import numpy as np
import onnx
import pytest

from components.modeling.quantization import write_int8
from components.modeling.runtimes import open_network
from tests.bundles import make_bundle, scene


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("quantised")
    exact = make_bundle(folder / "bright") / "model.onnx"
    write_int8(exact, folder / "int8.onnx", [scene(seed) for seed in range(3)])
    return exact, folder / "int8.onnx"


def test_answers_stay_within_steps_of_eight_bits(files: tuple[Path, Path]) -> None:
    images = scene(9)[None]
    exact, rounded = (open_network(path, 1)(images) for path in files)
    label = 2
    assert np.abs(exact[label] - rounded[label]).mean() < 0.02


def test_convolutions_are_quantised_as_told(files: tuple[Path, Path]) -> None:
    model = onnx.load(files[1])
    kinds = {tensor.name: tensor.data_type for tensor in model.graph.initializer}
    nodes = [node for node in model.graph.node if node.op_type == "QuantizeLinear"]
    assert nodes
    assert {kinds[node.input[2]] for node in nodes} == {onnx.TensorProto.UINT8}
    assert onnx.TensorProto.INT8 in kinds.values()
    assert {entry.domain for entry in model.opset_import} == {""}


def test_quantisation_repeats_itself(files: tuple[Path, Path], tmp_path: Path) -> None:
    write_int8(files[0], tmp_path / "again.onnx", [scene(seed) for seed in range(3)])
    assert (tmp_path / "again.onnx").read_bytes() == files[1].read_bytes()


def test_calibration_without_a_picture_is_refused(files: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="one picture or more"):
        write_int8(files[0], tmp_path / "none.onnx", [])
    assert not (tmp_path / "none.onnx").exists()
