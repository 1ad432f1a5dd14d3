"""What each way to run the champion costs on this machine, and whether its answers agree.

Every way is measured in a process of its own on the same pictures, and its answers are compared
with those of the float32 network in ONNX Runtime, picture by picture.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from components.errors import DatasetError
from components.home import Home
from components.modeling.evaluate import read_rgb
from components.modeling.grouping import Answer
from components.modeling.inference import detections_of
from components.modeling.model_card import CARD_NAME, ModelCard, Parity, Precision, read_card
from components.modeling.parity import ParityTally
from components.modeling.preparing import prepared
from components.modeling.registry import ModelVersion
from components.operations.box.libraries import MEASURED, installed
from components.operations.box.ways import Figures, Result, Way
from components.progress import Progress

PICTURES = 8
CHILD_S = 300
"""Longest time of one way."""

_REASON_CHARACTERS = 160


def some_pictures(home: Home, count: int = PICTURES) -> list[Path]:
    """Return pictures of the validation split.

    Raises:
        DatasetError: If there are none.
    """
    found = sorted(home.images("val").glob("*"))[:count]
    if not found:
        raise DatasetError(
            f"{home.images('val')}: holds no pictures; give a folder of pictures with --images"
        )
    return found


def ways(card: ModelCard, sizes: Sequence[int], threads: Sequence[int], torch: bool) -> list[Way]:
    """Return every way that is possible here; the reference of each size comes first.

    Args:
        card: Of the model.
        sizes: Longer sides of the network's picture.
        threads: Numbers of threads.
        torch: Whether there is a checkpoint for torch.
    """
    found = []
    precisions: list[Precision] = [p for p in ("fp32", "int8") if card.file_of(p) is not None]
    for size in sizes:
        for library in filter(installed, MEASURED):
            if library.name == "torch" and not torch:
                continue
            own = precisions if library.name != "torch" else precisions[:1]
            found += [Way(library.name, p, n, size) for p in own for n in threads]
    return found


def measured_ways(
    model: ModelVersion,
    checkpoint: Path,
    plan: Sequence[Way],
    images: Sequence[Path],
    bar: Progress,
) -> list[Result]:
    """Measure ways one after the other.

    Args:
        model: The champion.
        checkpoint: Of the training; need not exist if no way needs it.
        plan: The ways; the first of each size is the reference.
        images: Pictures.
        bar: Told after each way.
    """
    results: list[Result] = []
    card = read_card(model.path / CARD_NAME)
    references: dict[int, list[Answer]] = {}
    with (
        tempfile.TemporaryDirectory(prefix="dxfvision-box-") as name,
        _beside(Path(name), model.path, checkpoint) as bundle,
    ):
        for way in plan:
            out = Path(name) / "answers.npz"
            figures, refused = _measured(bundle, way, images, out)
            parity = None
            if figures is not None:
                answers = _answers(out)
                reference = references.setdefault(way.size, answers)
                parity = _parity(reference, answers, card, way.size, images)
            results.append(Result(way, figures, parity, refused))
            bar.advance(1, f"{way.library} {way.precision} x{way.threads}")
    return results


@contextmanager
def _beside(folder: Path, bundle: Path, checkpoint: Path) -> Iterator[Path]:
    """Yield a folder that holds the bundle's files and the checkpoint, as links."""
    place = folder / "bundle"
    place.mkdir()
    for file in (*bundle.glob("*.onnx"), bundle / CARD_NAME):
        (place / file.name).symlink_to(file.absolute())
    if checkpoint.exists():
        (place / "checkpoint.pth").symlink_to(checkpoint.absolute())
    try:
        yield place
    finally:
        shutil.rmtree(place)


def _measured(
    bundle: Path, way: Way, images: Sequence[Path], out: Path
) -> tuple[Figures | None, str]:
    """Run one way in a process; return what it costs, or why it does not run."""
    what = [str(bundle), way.library, way.precision, str(way.size), str(way.threads), str(out)]
    command = [sys.executable, "-m", "components.operations.box.child", *what]
    try:
        done = subprocess.run(
            [*command, *(str(image.absolute()) for image in images)],
            capture_output=True, text=True, check=True, timeout=CHILD_S,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return None, f"took longer than {CHILD_S} s"
    except subprocess.CalledProcessError as error:
        lines = [line for line in error.stderr.splitlines() if line.strip()]
        faults = [line for line in lines if "rror" in line]
        return None, (faults or lines or [f"status {error.returncode}"])[-1][:_REASON_CHARACTERS]
    found = json.loads(done.stdout.splitlines()[-1])
    memory = found.pop("peak_mb") - found.pop("before_mb")
    return Figures(**found, memory_mb=memory), ""


def _answers(path: Path) -> list[Answer]:
    """Return the answers that a process wrote."""
    with np.load(path) as arrays:
        count = len(arrays.files) // 5
        found = [[arrays[f"{n}_{i}"] for i in range(5)] for n in range(count)]
    return [Answer(s[0], m[0, 0], lb[0], h[0, 0], o[0]) for s, m, lb, h, o in found]


def _parity(
    reference: Sequence[Answer],
    answers: Sequence[Answer],
    card: ModelCard,
    size: int,
    images: Sequence[Path],
) -> Parity:
    tally = ParityTally()
    least = card.prediction.score_threshold
    for wanted, found, image in zip(reference, answers, images, strict=False):
        pixels = read_rgb(image)
        hw, ready = (pixels.shape[0], pixels.shape[1]), prepared(pixels, size)
        pair = [
            (each, detections_of(each, ready, hw, card.labels, card.prediction, least))
            for each in (wanted, found)
        ]
        tally.add(pair[0], pair[1])
    return tally.parity()
