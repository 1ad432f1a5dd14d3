"""How many frames become labelled samples, and how many of their labels are right.

The frames are generated, so that the truth is known; their seed is none of a training's. A label is
right if the object below it is that part and the masks overlap by `RIGHT_IOU` or more. A part is
missed if most of it can be seen and it has no label in a frame that became a sample.

    .venv/bin/python tests/benchmarks/bench_labelling.py HOME [PICTURES] [RESULT.json]
"""

import sys
import time
from pathlib import Path

import numpy as np

from components.dataset.samples import make_sample
from components.domain import OTHER_LABEL, Annotation
from components.files import write_json
from components.geometry.masks import mask_from_rle, mask_iou
from components.home import Home
from components.inspection.inspector import Inspector
from components.inspection.labelling import frame_faults, labels_of, with_others
from components.operations.pipeline.inspectors import released_inspector
from components.operations.pipeline.releases import champion_of
from components.settings.data import DataSettings
from components.settings.labelling import LabellingSettings

SEED = 20_260
RIGHT_IOU = 0.75
VISIBLE = 0.25


def measured(inspector: Inspector, pictures: int) -> dict[str, float]:
    """Return the counts and rates over generated frames."""
    settings, data = LabellingSettings.load(), DataSettings.load(None, "standard")
    parts = inspector.registrar.parts
    by_name = {part.name: part for part in parts}
    counts = dict.fromkeys(("frames", "tight", "labels", "named_right", "right", "missed"), 0)
    overlaps: list[float] = []
    start = time.process_time()
    for index in range(pictures):
        sample = make_sample(parts, data, SEED, index, (), "test")
        answer = inspector.predict(sample.image, settings.doubt_score).detections
        network = inspector.predictor.predict(sample.image, settings.doubt_score).detections
        detections = with_others(answer, network, settings)
        counts["frames"] += 1
        if frame_faults(detections, settings):
            continue
        counts["tight"] += 1
        labels = [a for a in labels_of(detections, by_name)[1] if a.label != OTHER_LABEL]
        matched = set()
        for label in labels:
            iou, true = _best(label, sample.annotations)
            named = true is not None and true.label == label.label
            counts["labels"] += 1
            counts["named_right"] += named
            counts["right"] += named and iou >= RIGHT_IOU
            overlaps.append(iou)
            if true is not None:
                matched.add(true.instance_id)
        counts["missed"] += sum(
            a.label != OTHER_LABEL
            and a.visible_fraction >= VISIBLE
            and a.instance_id not in matched
            for a in sample.annotations
        )
    return counts | {
        "precision": counts["right"] / max(counts["labels"], 1),
        "mean_iou": float(np.mean(overlaps)) if overlaps else 0.0,
        "cpu_s_a_frame": (time.process_time() - start) / pictures,
    }


def _best(label: Annotation, truth: tuple[Annotation, ...]) -> tuple[float, Annotation | None]:
    """Return the true object that a label overlaps most."""
    mask = mask_from_rle(label.visible)
    pairs = [(mask_iou(mask, mask_from_rle(true.visible)), true) for true in truth]
    iou, true = max(pairs, key=lambda pair: pair[0], default=(0.0, None))
    return iou, true if iou > 0 else None


def main() -> None:
    """Measure and print."""
    home = Home(Path(sys.argv[1]))
    pictures = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    figures = measured(released_inspector(home, champion_of(home)), pictures)
    for name, value in figures.items():
        print(f"{name:14} {value:.4g}")
    if len(sys.argv) > 3:
        write_json(Path(sys.argv[3]), figures)


if __name__ == "__main__":
    main()
