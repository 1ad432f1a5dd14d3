"""Which library, precision and number of threads run the champion best on this machine.

Every way is measured in a process of its own on the same pictures, and its answers are compared
with those of the float32 network in ONNX Runtime, picture by picture. Chosen is the fastest way
that the service can go, whose answers agree, and that is faster by enough to be worth it.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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
from components.operations.box.libraries import MEASURED, Library, installed
from components.progress import Progress

PICTURES = 8
CHILD_S = 300
"""Longest time of one way."""

LEAST_SAME_LABEL, LEAST_MEAN_IOU = 0.99, 0.95
"""What a way's answers must share with the reference to be chosen; those of a parity gate."""
WORTH = 1.05
"""A way must be so much faster than another to be preferred to a plainer one."""

_REASON_CHARACTERS = 160


@dataclass(frozen=True, slots=True)
class Way:
    """One way to run the network.

    Attributes:
        library: Name of the library.
        precision: Of the file.
        threads: For one picture.
        size: Longer side of the network's picture, px.
    """

    library: str
    precision: Precision
    threads: int
    size: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What one way costs.

    Attributes:
        load_s: Time to open it.
        median_ms: Wall time of a picture, network only.
        p95_ms: Likewise, one in twenty takes longer.
        cpu_ms: Processor time of a picture, all threads.
        per_s: Pictures a second, one after the other.
        memory_mb: Peak of the process over what it had before the library was opened.
    """

    load_s: float
    median_ms: float
    p95_ms: float
    cpu_ms: float
    per_s: float
    memory_mb: float


@dataclass(frozen=True, slots=True)
class Result:
    """One way, measured or refused.

    Attributes:
        way: Which.
        figures: None if it does not run.
        parity: Against float32 in ONNX Runtime at the same size; None likewise.
        refused: Why it does not run; empty if it does.
    """

    way: Way
    figures: Figures | None
    parity: Parity | None
    refused: str = ""

    @property
    def agrees(self) -> bool:
        """Whether its answers are those of the reference."""
        parity = self.parity
        return (
            parity is not None
            and parity.same_label >= LEAST_SAME_LABEL
            and parity.mean_mask_iou >= LEAST_MEAN_IOU
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """What the box shall use, and why.

    Attributes:
        way: The chosen one.
        reasons: One sentence each.
    """

    way: Way
    reasons: tuple[str, ...]


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


def chosen(results: Sequence[Result], size: int, workers: int, cores: int) -> Choice:
    """Return what the box shall use.

    Args:
        results: With float32 in ONNX Runtime on one thread at `size` among them.
        size: The champion's: its figures and golden pictures hold for that one.
        workers: Processes of the service; together they must not want more than the cores.
        cores: Of this machine.
    """
    served = {library.name for library in MEASURED if library.served}
    most = max(1, cores // workers)
    allowed = [
        each
        for each in results
        if each.figures is not None and each.way.size == size and each.way.library in served
    ]
    plain = next(r for r in allowed if r.way == Way("onnxruntime", "fp32", 1, size))
    best, best_ms = plain, _ms(plain)
    fitting = [r for r in allowed if r.agrees and r.way.threads <= most]
    # Plainer ways first: fewer threads, then ONNX Runtime, then float32.
    for each in sorted(fitting, key=lambda r: (r.way.threads, r.way.library != "onnxruntime")):
        if best_ms / _ms(each) >= WORTH:
            best, best_ms = each, _ms(each)
    return Choice(best.way, _reasons(best, plain, allowed, most, workers))


def _ms(result: Result) -> float:
    assert result.figures is not None
    return result.figures.median_ms


def _reasons(
    best: Result, plain: Result, allowed: Sequence[Result], most: int, workers: int
) -> tuple[str, ...]:
    way = best.way
    told = [
        f"{way.library} {way.precision} with {_threads(way.threads)} takes {_ms(best):.1f} ms a "
        f"picture, onnxruntime fp32 with 1 thread {_ms(plain):.1f} ms"
    ]
    if best.parity is not None:
        told.append(
            f"its answers agree with fp32: same label {best.parity.same_label:.1%}, mean mask IoU "
            f"{best.parity.mean_mask_iou:.3f} on {best.parity.detections} detections"
        )
    quickest = min(allowed, key=_ms)
    if quickest is not best and _ms(best) / _ms(quickest) >= WORTH:
        why = "its answers differ" if not quickest.agrees else f"{workers} workers share the cores"
        other = quickest.way
        told.append(
            f"{other.library} {other.precision} with {_threads(other.threads)} would take "
            f"{_ms(quickest):.1f} ms, but {why}"
        )
    told.append(f"at most {_threads(most)}, for {workers} workers share the cores")
    told.append(f"size {way.size} px: the champion's figures and golden pictures hold for that one")
    return tuple(told)


def _threads(count: int) -> str:
    return f"{count} thread" if count == 1 else f"{count} threads"


def library_of(name: str) -> Library:
    """Return a measured library by its name."""
    return next(library for library in MEASURED if library.name == name)
