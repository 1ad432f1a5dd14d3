"""What the rules cost and save that leave objects out before a drawing is fitted to them.

    python tests/benchmarks/bench_rules.py HOME [--pictures 70] [--split val] [--out OUT.json]

HOME holds a champion and its dataset. The pictures are answered once for each rule without it
(`answers` of `configs/inspection_config.yaml`), once without all of them, and once without what
they are about: regions of plain image processing, pieces of objects. One thread; processor time.
"""

import argparse
import json
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from components.dataset.exports import coco_paths
from components.files import write_json
from components.home import Home
from components.inspection.inspector import Inspector
from components.inspection.opening import open_inspector
from components.modeling.evaluate import evaluate
from components.modeling.inference import Prediction
from components.operations.pipeline.releases import champion_of
from components.progress import SilentProgress
from components.settings.inspection import InspectionSettings

RULES: dict[str, dict[str, float]] = {
    "fits of whole objects that overlap too little": {"least_fit_iou": 0.0},
    "fits of regions that overlap too little": {"region_fit_iou": 0.0},
    "fits of pieces that overlap too little": {"piece_fit_iou": 0.0},
    "regions like no drawing": {"region_likeness": 0.0},
    "regions unlike a drawing that the network does not see": {"region_seen": 0.0},
    "pieces of what the network takes for no part": {"piece_seen": 0.0},
}
"""What each rule leaves out, and the settings that let it in."""

WAYS: dict[str, dict[str, float]] = {
    "as shipped": {},
    **{f"with {name}": change for name, change in RULES.items()},
    "with all of these": {key: value for change in RULES.values() for key, value in change.items()},
    "without regions": {"most_proposals": 0},
    "without pieces": {"piece_fit_iou": 1.0},
}


def first_pictures(coco: Path, count: int) -> dict[str, Any]:
    """Return a COCO file's first pictures and what is on them."""
    whole: dict[str, Any] = json.loads(coco.read_text())
    kept = sorted(whole["images"], key=lambda each: each["id"])[:count]
    ids = {each["id"] for each in kept}
    objects = [each for each in whole["annotations"] if each["image_id"] in ids]
    return whole | {"images": kept, "annotations": objects}


class Timed:
    """An inspector whose processor time is counted."""

    def __init__(self, inspector: Inspector) -> None:
        """Begin at 0 s."""
        self.card = inspector.card
        self.spent_s = 0.0
        self._inspector = inspector

    def predict(self, image: NDArray[np.uint8], score_threshold: float | None = None) -> Prediction:
        """Answer as the inspector does."""
        begin = time.process_time()
        prediction = self._inspector.predict(image, score_threshold)
        self.spent_s += time.process_time() - begin
        return prediction


def answered(
    bundle: Path, settings: InspectionSettings, images: Path, coco: Path
) -> dict[str, float]:
    """Return how good the answers are, and what one costs."""
    timed = Timed(open_inspector(bundle, settings))
    # The first answer allocates.
    timed.predict(np.zeros((480, 640, 3), np.uint8))
    timed.spent_s = 0.0
    found = evaluate(timed, images, coco, SilentProgress())
    return {
        "map": found.map,
        "agnostic_map": found.agnostic_map,
        "cpu_s": timed.spent_s / found.pictures,
    }


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--pictures", type=int, default=70)
    parser.add_argument("--split", choices=("val", "test"), default="val")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    home = Home(options.home.resolve())
    champion = champion_of(home)
    images = home.images(options.split)
    shipped = InspectionSettings.load(home.configs)
    rows: list[dict[str, Any]] = []
    with TemporaryDirectory() as folder:
        coco = Path(folder) / "some.json"
        write_json(coco, first_pictures(coco_paths(home, options.split)[0], options.pictures))
        for name, change in WAYS.items():
            answers = shipped.answers.model_copy(update=change)
            settings = shipped.model_copy(update={"answers": answers})
            rows.append({"way": name} | answered(champion.path, settings, images, coco))
    table = Table("way", "mAP", "labels ignored", "CPU s a picture")
    for row in rows:
        figures = (f"{row[key]:.3f}" for key in ("map", "agnostic_map", "cpu_s"))
        table.add_row(row["way"], *figures)
    what = f"{options.pictures} pictures of the {options.split} split, model {champion.version}"
    Console().print(what, table)
    if options.out is not None:
        write_json(options.out, {"pictures": options.pictures, "rows": rows})


if __name__ == "__main__":
    main()
