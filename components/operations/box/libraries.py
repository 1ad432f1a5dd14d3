"""The libraries that run networks on a CPU: which are here, what each may, what each needs."""

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec


@dataclass(frozen=True, slots=True)
class Library:
    """One library.

    Attributes:
        name: As it is imported, or `opencv`.
        distribution: What pip installs.
        licence: Its SPDX name.
        served: Whether the service can run the network with it.
        how: How it is installed.
        note: What one should know.
    """

    name: str
    distribution: str
    licence: str
    served: bool
    how: str
    note: str

    @property
    def version(self) -> str | None:
        """The installed version; None if it is not installed."""
        try:
            return version(self.distribution)
        except PackageNotFoundError:
            return None


MEASURED = (
    Library(
        "onnxruntime",
        "onnxruntime",
        "MIT",
        True,
        "part of dxfvision[serve]",
        "reads the bundle's files as they are",
    ),
    Library(
        "openvino",
        "openvino",
        "Apache-2.0",
        True,
        'pip install "dxfvision[openvino]"',
        "reads the bundle's files as they are; compiles for each size of picture at its first use; "
        "its usage reports are switched off here",
    ),
    Library(
        "opencv",
        "opencv-python-headless",
        "Apache-2.0",
        False,
        "part of every installation",
        "the module dnn of OpenCV 5",
    ),
    Library(
        "torch",
        "torch",
        "BSD-3-Clause",
        False,
        "part of dxfvision[train]",
        "runs the checkpoint of the last training, not the bundle; 200 MB and more to install",
    ),
)
"""Libraries that run the network without another converter."""

OTHERS = (
    Library(
        "ncnn",
        "ncnn",
        "BSD-3-Clause",
        False,
        "pip install ncnn pnnx",
        "needs the network in its own format (pnnx); small, at home on ARM",
    ),
    Library(
        "ai_edge_litert",
        "ai-edge-litert",
        "Apache-2.0",
        False,
        "pip install ai-edge-litert",
        "TensorFlow Lite; needs a .tflite file, made by a converter that brings TensorFlow along",
    ),
    Library(
        "MNN",
        "MNN",
        "Apache-2.0",
        False,
        "pip install MNN",
        "needs the network in its own format (MNNConvert)",
    ),
)
"""Libraries that are not measured: each needs a converter, whose result is another model."""


def installed(library: Library) -> bool:
    """Whether a library can be imported here."""
    name = "cv2" if library.name == "opencv" else library.name
    return find_spec(name) is not None


def library_of(name: str) -> Library:
    """Return a measured library by its name."""
    return next(library for library in MEASURED if library.name == name)
