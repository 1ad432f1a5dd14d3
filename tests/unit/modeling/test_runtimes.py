import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from components.errors import ModelError
from components.modeling.inference import Predictor
from components.modeling.runtimes import installed_runtimes, open_network
from tests.bundles import make_bundle, scene

needs_openvino = pytest.mark.skipif(
    find_spec("openvino") is None, reason="the extra dxfvision[openvino] is not installed"
)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(tmp_path_factory.mktemp("bundle") / "bright")


def test_onnx_runtime_is_always_there() -> None:
    assert "onnxruntime" in installed_runtimes()


@pytest.mark.parametrize("module", ["runtimes", "quantization"])
def test_onnx_runtime_keeps_no_reports_for_its_maker(module: str, tmp_path: Path) -> None:
    quiet = ("ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS", "CI", "XDG_CACHE_HOME")
    environment = {name: value for name, value in os.environ.items() if name not in quiet}
    command = [sys.executable, "-c", f"import components.modeling.{module}"]
    subprocess.run(command, env=environment | {"HOME": str(tmp_path)}, check=True)
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.skipif(find_spec("openvino") is not None, reason="OpenVINO is installed")
def test_openvino_that_is_not_installed_is_told(bundle: Path) -> None:
    with pytest.raises(ModelError, match=r"OpenVINO is not installed; install the extra dxfvision"):
        Predictor.load(bundle, runtime="openvino")


@needs_openvino
def test_openvino_answers_like_onnx_runtime_at_any_size(bundle: Path) -> None:
    networks = [
        open_network(bundle / "model.onnx", 1, runtime) for runtime in ("onnxruntime", "openvino")
    ]
    for height, width in [(64, 96), (128, 64), (64, 96)]:
        image = scene(1)[None, :height, :width]
        for mine, theirs in zip(*(network(image) for network in networks), strict=True):
            assert np.allclose(mine, theirs, atol=1e-4)


@needs_openvino
def test_openvino_keeps_few_sizes_ready(bundle: Path) -> None:
    network = open_network(bundle / "model.onnx", 1, "openvino")
    first = network(np.zeros((1, 32, 32, 3), np.uint8))[0].copy()
    for width in range(64, 64 + 32 * 6, 32):
        network(np.full((1, 32, width, 3), 255, np.uint8))
    assert np.array_equal(network(np.zeros((1, 32, 32, 3), np.uint8))[0], first)


@needs_openvino
def test_file_that_openvino_cannot_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.onnx").write_bytes(b"no model")
    with pytest.raises(ModelError, match=r"bad\.onnx: OpenVINO cannot load it"):
        open_network(tmp_path / "bad.onnx", 1, "openvino")


@needs_openvino
def test_openvino_does_not_report_to_its_maker(bundle: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from components.modeling.runtimes import "
        "open_network; open_network(Path(sys.argv[1]), 1, 'openvino'); "
        "print('openvino_telemetry.main' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, bundle / "model.onnx"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "False"
