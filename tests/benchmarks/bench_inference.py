"""What a picture costs by precision, runtime and size, and what a larger size brings.

    python tests/benchmarks/bench_inference.py HOME [--pictures 60] [--sizes 320 448 640]
        [--images DIR --coco FILE] [--out OUT.json]

HOME holds an exported bundle and the dataset it was trained on. Speed: processor time of one thread
for each step, medians over pictures; the networks take turns on each picture, so that what else
runs on the machine slows all of them alike. `network` is the bare runtime, `predict` the whole.
Memory is that of a process that loads the model and answers the pictures: when the libraries are
imported, and at its peak. Benefit: figures of the served precision, of the network alone and of
the registered answers, on the validation split, or on any pictures with a COCO file; choose a size
on the former, report the latter.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

# The folder above all packages, when this file is run by its path.
sys.path.insert(0, str(Path(__file__).parents[2]))

from components.dataset.exports import coco_paths
from components.files import write_json
from components.geometry.parts_file import read_parts
from components.home import Home
from components.inspection.opening import inspector_of
from components.modeling.bundle_files import PARTS_NAME
from components.modeling.coco_truth import CocoPicture, read_coco
from components.modeling.evaluate import evaluate, read_rgb
from components.modeling.inference import Predictor, answer_of, detections_of
from components.modeling.model_card import CARD_NAME, ModelCard, Precision, read_card
from components.modeling.preparing import prepared
from components.modeling.runtimes import Network, Runtime, installed_runtimes, open_network
from components.operations.stages.machine import this_machine
from components.progress import SilentProgress
from components.settings.inspection import InspectionSettings

SIZES = (320, 384, 448, 512, 640)
PRECISIONS: tuple[Precision, ...] = ("fp32", "int8")
PACKAGES = ("onnxruntime", "openvino", "numpy", "opencv-python-headless")
CHILD = """
import json, re, sys
from pathlib import Path
import cv2, numpy, onnxruntime
from components.modeling.inference import Predictor
from components.modeling.pictures import TRUSTED_MAX_PIXELS, read_picture

def peak_mb():
    # getrusage would tell the memory of the process that started this one, if that is larger.
    status = Path("/proc/self/status").read_text()
    return round(int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1]) / 1024.0, 1)

bundle, runtime, precision, size, *images = sys.argv[1:]
before = peak_mb()
predictor = Predictor.load(Path(bundle), 1, runtime, precision)
prediction = predictor.card.prediction.model_copy(update={"long_side_px": int(size)})
predictor.card = predictor.card.model_copy(update={"prediction": prediction})
for image in images:
    predictor.predict(read_picture(Path(image), TRUSTED_MAX_PIXELS))
print(json.dumps({"imported_mb": before, "peak_mb": peak_mb()}))
"""
"""A process that does nothing else, so that its memory is that of the model."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to run the network, with its times on each picture in ms."""

    runtime: Runtime
    precision: Precision
    size: int
    network: Network
    card: ModelCard
    steps: dict[str, list[float]] = field(default_factory=dict)

    def note(self, step: str, start: float) -> float:
        """Note the time since `start`; return now."""
        now = time.process_time()
        self.steps.setdefault(step, []).append(1e3 * (now - start))
        return now


def resized(card: ModelCard, long_side_px: int) -> ModelCard:
    """Return a card that serves another size."""
    prediction = card.prediction.model_copy(update={"long_side_px": long_side_px})
    return card.model_copy(update={"prediction": prediction})


def candidates_of(bundle: Path, sizes: Sequence[int]) -> list[Candidate]:
    """Return every way to run a bundle's network that is possible here."""
    card = read_card(bundle / CARD_NAME)
    files = [(precision, card.file_of(precision)) for precision in PRECISIONS]
    return [
        Candidate(
            runtime,
            precision,
            size,
            open_network(bundle / file[0], 1, runtime),
            resized(card, size),
        )
        for size in sizes
        for runtime in installed_runtimes()
        for precision, file in files
        if file is not None
    ]


def run(candidate: Candidate, image: NDArray[np.uint8]) -> None:
    """Answer one picture step by step."""
    card, hw = candidate.card, (image.shape[0], image.shape[1])
    settings = card.prediction
    first = start = time.process_time()
    picture = prepared(image, settings.long_side_px)
    start = candidate.note("prepare", start)
    answer = answer_of(candidate.network, picture.pixels)
    start = candidate.note("network", start)
    detections_of(answer, picture, hw, card.labels, settings, settings.score_threshold)
    candidate.note("group", start)
    candidate.note("predict", first)


def speed_rows(bundle: Path, images: Sequence[Path], sizes: Sequence[int]) -> list[dict[str, Any]]:
    """Return the median times and the memory of every way to run the network."""
    candidates = candidates_of(bundle, sizes)
    pictures = [read_rgb(path) for path in images]
    for candidate in candidates:
        # The first run allocates, and OpenVINO compiles.
        run(candidate, pictures[0])
        candidate.steps.clear()
    for picture in pictures:
        for candidate in candidates:
            run(candidate, picture)
    return [
        {"runtime": each.runtime, "precision": each.precision, "size": each.size}
        | {f"{step}_ms": round(median(times), 2) for step, times in each.steps.items()}
        | {"network_min_ms": round(min(each.steps["network"]), 2)}
        | memory_of(bundle.absolute(), each, [path.absolute() for path in images[:8]])
        for each in candidates
    ]


def memory_of(bundle: Path, candidate: Candidate, images: Sequence[Path]) -> dict[str, float]:
    """Return the memory of a process of its own that answers the pictures, in MB."""
    what = [str(bundle), candidate.runtime, candidate.precision, str(candidate.size)]
    command = [sys.executable, "-c", CHILD, *what, *map(str, images)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def benefit_rows(
    home: Home, images: Path, coco: Path, sizes: Sequence[int]
) -> list[dict[str, Any]]:
    """Return the figures of the served precision by size, before and after registration."""
    settings = InspectionSettings.load(home.configs)
    rows = []
    for size in sizes:
        predictor = Predictor.load(home.exported)
        predictor.card = resized(predictor.card, size)
        parts = read_parts(home.exported / PARTS_NAME)
        inspector = inspector_of(predictor, parts, predictor.card.similarity, settings)
        row: dict[str, Any] = {"size": size}
        for name, detector in (("network", predictor), ("registered", inspector)):
            found = evaluate(detector, images, coco, SilentProgress())
            figures = ("agnostic_map", "map", "miou")
            row |= {f"{name}_{each}": round(getattr(found, each), 4) for each in figures}
        print(row, flush=True)
        rows.append(row)
    return rows


def some_of(coco: Path, images: Path, count: int) -> list[CocoPicture]:
    """Return the first pictures of a COCO file."""
    return list(islice(read_coco(coco, images), count))


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Return rows as a Markdown table."""
    names = list(rows[0])
    lines = [" | ".join(names), " | ".join("---" for _ in names)]
    lines += [" | ".join(str(row.get(name, "")) for name in names) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def main() -> None:
    """Measure and print; see the top of the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("home", type=Path)
    parser.add_argument("--pictures", type=int, default=60, help="timed")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--images", type=Path)
    parser.add_argument("--coco", type=Path)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    home = Home(options.home)
    images, coco = options.images, options.coco
    if coco is None:
        images, coco = home.images("val"), coco_paths(home, "val")[0]
    shown = [picture.path for picture in some_of(coco, images, options.pictures)]
    machine = asdict(this_machine(PACKAGES))
    print(json.dumps(machine, indent=1))
    speed = speed_rows(home.exported, shown, options.sizes)
    print(table(speed), flush=True)
    benefit = benefit_rows(home, images, coco, options.sizes)
    print(table(benefit))
    if options.out:
        write_json(options.out, {"machine": machine, "speed": speed, "benefit": benefit})


if __name__ == "__main__":
    main()
