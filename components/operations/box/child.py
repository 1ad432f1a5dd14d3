"""One library with one network in a process of its own, so that its memory is that library's.

    python -m components.operations.box.child BUNDLE LIBRARY PRECISION SIZE THREADS OUT IMAGE...

Prints one JSON line: memory before and at its peak, time to load, times of the pictures; the
network's outputs for the first pictures go to OUT for the comparison.
"""

import json
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from components.modeling.model_card import CARD_NAME, Precision, read_card
from components.modeling.pictures import TRUSTED_MAX_PIXELS, read_picture
from components.modeling.preparing import prepared
from components.modeling.runtimes import Network, Runtime, open_network

COMPARED = 6
"""Pictures whose outputs are kept."""

ROUNDS = 3
"""How often the pictures are answered; the first picture is answered once more before."""

_RUNTIMES: dict[str, Runtime] = {"onnxruntime": "onnxruntime", "openvino": "openvino"}


def open_opencv(path: Path, threads: int) -> Network:
    """Open an ONNX file with OpenCV's own network engine.

    Raises:
        cv2.error: If it cannot be read.
    """
    cv2.setNumThreads(threads)
    network = cv2.dnn.readNetFromONNX(str(path))
    names = network.getUnconnectedOutLayersNames()

    def answer(images: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        network.setInput(images)
        return [np.asarray(output, np.float32) for output in network.forward(names)]

    return answer


def open_torch(checkpoint: Path, threads: int) -> Network:
    """Open a checkpoint with torch; numbers as in training, float32."""
    import torch

    from components.modeling.trained import answers_of, load_trained

    torch.set_num_threads(threads)
    trained = load_trained(checkpoint)

    def answer(images: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        with torch.inference_mode():
            one = answers_of(trained.network, torch.from_numpy(images), trained.offset_unit_px)[0]
        fields = [one.sight, one.seam[None], one.label, one.heat[None], one.offset]
        return [np.asarray(field, np.float32)[None] for field in fields]

    return answer


def opened(bundle: Path, library: str, precision: Precision, threads: int) -> Network:
    """Return a network in one of the libraries.

    Args:
        bundle: The model; for torch the checkpoint lies in its place.
        library: Name of the library.
        precision: Which of the bundle's files.
        threads: For one picture.

    Raises:
        ValueError: If the bundle has no such file.
    """
    if library == "torch":
        return open_torch(bundle / "checkpoint.pth", threads)
    file = read_card(bundle / CARD_NAME).file_of(precision)
    if file is None:
        raise ValueError(f"{bundle}: has no network in {precision}")
    path = bundle / file[0]
    if library == "opencv":
        return open_opencv(path, threads)
    return open_network(path, threads, _RUNTIMES[library])


def resident_mb(field: str) -> float:
    """Return this process's memory in MB: VmRSS now, VmHWM at its peak; 0 without /proc."""
    try:
        status = Path("/proc/self/status").read_text("utf-8")
    except OSError:
        return 0.0
    found = re.search(rf"{field}:\s+(\d+) kB", status)
    return int(found[1]) / 1024.0 if found else 0.0


def timed(
    network: Network, pictures: list[NDArray[np.uint8]], clock: Callable[[], float]
) -> list[float]:
    """Return the times of answering each picture, (H, W, 3), in ms, round after round."""
    times = []
    for _ in range(ROUNDS):
        for picture in pictures:
            start = clock()
            network(picture[None])
            times.append(1e3 * (clock() - start))
    return times


def main(arguments: list[str]) -> None:
    """Measure and print; see the top of the file."""
    bundle, library, precision, size, threads, out, *images = arguments
    before = resident_mb("VmRSS")
    start = time.perf_counter()
    kind: Precision = "int8" if precision == "int8" else "fp32"
    network = opened(Path(bundle), library, kind, int(threads))
    loaded_s = time.perf_counter() - start
    pictures = [
        prepared(read_picture(Path(image), TRUSTED_MAX_PIXELS), int(size)).pixels
        for image in images
    ]
    # The first run allocates, and OpenVINO compiles.
    network(pictures[0][None])
    wall = timed(network, pictures, time.perf_counter)
    spent = timed(network, pictures, time.process_time)
    outputs = [network(picture[None]) for picture in pictures[:COMPARED]]
    arrays = {f"{n}_{i}": array for n, each in enumerate(outputs) for i, array in enumerate(each)}
    np.savez(out, allow_pickle=False, **arrays)
    found = {
        "load_s": loaded_s,
        "median_ms": float(np.median(wall)),
        "p95_ms": float(np.quantile(wall, 0.95)),
        "cpu_ms": float(np.median(spent)),
        "per_s": 1e3 / float(np.mean(wall)),
        "before_mb": before,
        "peak_mb": resident_mb("VmHWM"),
    }
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
