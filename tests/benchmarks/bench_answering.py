"""What an answer costs: the network bare in ONNX Runtime, our prediction, the registered answer.

    python tests/benchmarks/bench_answering.py HOME [--pictures 60] [--rounds 5] [--out OUT.json]

HOME holds a champion and its dataset. All take turns on each test picture, on one thread, in
processor time. The bare run gets pixels that are prepared already, and its arrays are thrown away:
it is the floor. Registration is measured by itself, too, on the true masks of the same pictures.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime

from components.dataset.exports import coco_paths
from components.files import write_json
from components.home import Home
from components.inspection.inspector import Inspector
from components.inspection.opening import open_inspector
from components.inspection.pose_truth import PosedObject, read_poses
from components.modeling.coco_truth import read_coco
from components.modeling.evaluate import read_rgb
from components.modeling.preparing import prepared
from components.operations.pipeline.releases import champion_of
from components.settings.inspection import InspectionSettings

BARE = "bare ONNX Runtime: pixels prepared before, arrays thrown away"

MIN_AREA_PX = 400
"""Smaller true masks are not measured."""


def bare_session(model: Path) -> onnxruntime.InferenceSession:
    """Open the network as anybody would, on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def answer_rows(
    bundle: Path, inspector: Inspector, paths: Sequence[Path], rounds: int
) -> list[dict[str, Any]]:
    """Return ms a picture, round by round the medians over the pictures."""
    card = inspector.predictor.card
    known = card.file_of(card.precision)
    assert known is not None
    session = bare_session(bundle / known[0])
    side, name = card.prediction.long_side_px, card.input.name
    images = [read_rgb(path) for path in paths]
    pixels = [prepared(image, side).pixels[None] for image in images]
    ways: dict[tuple[str, str], Callable[[int], object]] = {
        ("one picture, network's answer", BARE): lambda i: session.run(None, {name: pixels[i]}),
        ("one picture, network's answer", "dxfvision"): lambda i: inspector.predictor.predict(
            images[i]
        ),
        ("one picture, registered answer", "dxfvision"): lambda i: inspector.predict(images[i]),
    }
    taken: dict[tuple[str, str], list[float]] = {key: [] for key in ways}
    for number in range(rounds + 1):
        times: dict[tuple[str, str], list[float]] = {key: [] for key in ways}
        for place in range(len(images)):
            for key, work in ways.items():
                times[key].append(spent_ms(work, place))
        # The first round allocates.
        if number:
            for key, values in times.items():
                taken[key].append(statistics.median(values))
    return [
        {"area": "inference", "what": f"{what}, {card.precision}", "who": who}
        | {"unit": "CPU ms", "better": "less", "values": values}
        for (what, who), values in taken.items()
    ]


def spent_ms(work: Callable[[int], object], place: int) -> float:
    """Return the processor time of one call in ms."""
    begin = time.process_time()
    work(place)
    return 1e3 * (time.process_time() - begin)


def registration_rows(
    inspector: Inspector, pictures: Sequence[Sequence[PosedObject]], rounds: int
) -> list[dict[str, Any]]:
    """Return ms an object, and the share that was named right, from the true masks."""
    cases = []
    for objects in pictures:
        masks = [each.mask() for each in objects]
        every = np.any(masks, axis=0) if masks else None
        cases += [
            (each.label, mask, every & ~mask)
            for each, mask in zip(objects, masks, strict=True)
            if mask.sum() >= MIN_AREA_PX
        ]
    medians, shares = [], []
    for _ in range(rounds):
        times, right = [], 0
        for label, mask, others in cases:
            begin = time.process_time()
            found = inspector.registrar.register(mask, others, None)
            times.append(1e3 * (time.process_time() - begin))
            right += found.label == label
        medians.append(statistics.median(times))
        shares.append(100 * right / max(len(cases), 1))
    drawings = len(inspector.registrar.parts)
    what = f"{len(cases)} true masks among {drawings} drawings"
    common = {"area": "registration", "who": "dxfvision"}
    return [
        common | {"what": f"{what}: an object", "unit": "CPU ms", "better": "less"}
        | {"values": medians},
        common | {"what": f"{what}: named right", "unit": "%", "better": "more"}
        | {"values": shares},
    ]  # fmt: skip


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--pictures", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    home = Home(options.home.resolve())
    champion = champion_of(home)
    inspector = open_inspector(champion.path, InspectionSettings.load(home.configs))
    coco = coco_paths(home, "test")[0]
    paths = [each.path for each in read_coco(coco, home.images("test"))[: options.pictures]]
    rows = answer_rows(champion.path, inspector, paths, options.rounds)
    rows += registration_rows(inspector, read_poses(coco)[: options.pictures], options.rounds)
    write_json(options.out, {"rows": rows})


if __name__ == "__main__":
    main()
