"""What runs an ONNX file: ONNX Runtime, or OpenVINO where it is installed.

Both get the threads they may use and no more, and neither spins while it waits, so that several
processes can share a box. Nothing here loads torch.
"""

import os
import sys
from collections import OrderedDict
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import Any, Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

# From 1.29 on ONNX Runtime reports every session, with the file's name and hashes of graph and
# weights, to its maker, and keeps a database of reports in the user's cache. It reads this once,
# when it is imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import onnxruntime

from components.errors import ModelError

Runtime = Literal["onnxruntime", "openvino"]
"""Name of the distribution that runs the network."""

Outputs = list[NDArray[np.float32]]
Network = Callable[[NDArray[np.uint8]], Outputs]
"""Pictures of shape (N, h, w, 3) -> the outputs in the graph's order."""

INPUT_NAME = "images"
KEPT_SIZES = 4
"""OpenVINO compiles a network for each size of picture; so many stay ready."""


def installed_runtimes() -> tuple[Runtime, ...]:
    """Return the runtimes that can be used here; ONNX Runtime always can."""
    return tuple(name for name in get_args(Runtime) if find_spec(name) is not None)


def open_network(path: Path, threads: int, runtime: Runtime = "onnxruntime") -> Network:
    """Open an ONNX file for use on a shared box.

    Args:
        path: The file.
        threads: For one picture; several processes with one thread each do more together.
        runtime: What runs it.

    Raises:
        ModelError: If the runtime is not installed or refuses the file.
    """
    if runtime == "openvino":
        return _OpenVino(path, threads)
    session = _session(path, threads)
    return lambda images: session.run(None, {INPUT_NAME: images})


def _session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # A plan of the memory for each shape of picture is no faster, and keeps 30 MB more.
    options.enable_mem_pattern = False
    # Waiting threads would spin and take the processor from everyone else.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        # ONNX Runtime has no public base class for its errors.
        raise ModelError(f"{path}: ONNX Runtime cannot load it: {error}") from error


def _openvino() -> Any:
    """Import OpenVINO without its reports to its maker.

    It tells Google Analytics about every import unless this package is missing; nothing may leave
    the machine.
    """
    sys.modules["openvino_telemetry"] = cast(ModuleType, None)
    import openvino

    return openvino


class _OpenVino:
    """A network in OpenVINO: compiled for each size of picture, which is a quarter faster.

    Args:
        path: The ONNX file.
        threads: For one picture.
    """

    def __init__(self, path: Path, threads: int) -> None:
        """Read the file; nothing is compiled before the first picture."""
        if find_spec("openvino") is None:
            raise ModelError(
                "OpenVINO is not installed; install the extra dxfvision[openvino] or set the "
                "runtime to onnxruntime"
            )
        self._core = _openvino().Core()
        self._path = path
        # Left alone, OpenVINO rounds to bfloat16 where the processor can: other answers than those
        # that were measured.
        self._settings = {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32"}
        self._requests: OrderedDict[tuple[int, ...], Any] = OrderedDict()
        self._lock = Lock()
        self._read()

    def __call__(self, images: NDArray[np.uint8]) -> Outputs:
        # A request works on one picture at a time.
        with self._lock:
            results = self._request(images.shape).infer([images])
            return [np.array(output) for output in results.to_tuple()]

    def _request(self, shape: tuple[int, ...]) -> Any:
        if shape in self._requests:
            self._requests.move_to_end(shape)
        else:
            model = self._read()
            model.reshape(list(shape))
            compiled = self._core.compile_model(model, "CPU", self._settings)
            self._requests[shape] = compiled.create_infer_request()
            if len(self._requests) > KEPT_SIZES:
                self._requests.popitem(last=False)
        return self._requests[shape]

    def _read(self) -> Any:
        """Return the network as the file has it."""
        try:
            return self._core.read_model(self._path)
        except RuntimeError as error:
            raise ModelError(f"{self._path}: OpenVINO cannot load it: {error}") from error
