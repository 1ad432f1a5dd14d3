"""What a network reaches in the same minutes: ours and one of Ultralytics, on one dataset.

    python tests/benchmarks/bench_budget.py HOME [--minutes 4.5] [--peers PYTHON] [--seeds 0]
        [--profile standard] [--out OUT.json]

HOME holds a finished dataset; it is not changed. Ours trains from the generic weights, as users
have it, and from random weights; the peer from random weights, for nobody's weights are downloaded.
All are measured by the same scorer on the test split: COCO mask AP of the network alone, of the
registered answers, and when labels do not count. Wall time is the budget: use a quiet machine.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pycocotools import mask as coco_mask

from components.dataset.exports import coco_paths
from components.domain import Rle
from components.files import write_json
from components.home import Home
from components.modeling.coco_scores import (
    FoundObject,
    TrueObject,
    mean_precision,
    precision_by_label,
    precision_without_labels,
)
from components.modeling.coco_truth import read_coco
from components.settings.train import TrainSettings

GENERIC, SCRATCH = "dxfvision, from its generic weights", "dxfvision, from random weights"
"""The generic weights had hours on random outlines before: the second is like for like."""

FIGURES = {
    "mask mAP, network alone": "test_map",
    "mask mAP, labels do not count, network alone": "test_agnostic_map",
    "mask mAP, registered": "test_registered_map",
    "mask mAP, labels do not count, registered": "test_registered_agnostic_map",
}


def copied(home: Home, folder: Path) -> Home:
    """Return a home folder with the same dataset and drawings, files shared, nothing trained."""
    target = Home(folder)
    target.prepare()
    for part in ("data/processed", "data/annotations"):
        shutil.rmtree(folder / part)
        shutil.copytree(home.root / part, folder / part, symlinks=True, copy_function=os.link)
    if home.configs.is_dir():
        shutil.copytree(home.configs, target.configs)
    for path in (home.reports / "similarity.json", home.reports / "drawings.jsonl"):
        if path.is_file():
            shutil.copy2(path, target.reports / path.name)
    return target


def ours(home: Home, minutes: float, seed: int, profile: str, scratch: bool) -> dict[str, float]:
    """Return the figures of our network after so many minutes."""
    script = str(Path(sys.executable).with_name("dxfvision"))
    with tempfile.TemporaryDirectory(dir=home.state) as folder:
        place = copied(home, Path(folder))
        at = ["--home", folder, "--profile", profile]
        train = ["train", *at, "--minutes", str(minutes), "--seed", str(seed)]
        for command in ([*train, *(["--from-scratch"] if scratch else [])], ["export", *at]):
            subprocess.run([script, *command], check=True, stdout=subprocess.DEVNULL)
        card = json.loads((place.exported / "card.json").read_text("utf-8"))
    metrics: dict[str, float] = card["metrics"]
    return metrics


def theirs(home: Home, minutes: float, seed: int, peers: Path) -> tuple[dict[str, float], str]:
    """Return the figures of Ultralytics' network after so many minutes, and its version."""
    size = TrainSettings.load(home.configs).prediction.long_side_px
    with tempfile.TemporaryDirectory(dir=home.state) as folder:
        # It leaves caches beside the labels and settings in the user's folder.
        place = copied(home, Path(folder) / "home")
        out = Path(folder) / "found.json"
        script = Path(__file__).parent / "peers" / "segmenting.py"
        numbers = [str(minutes), str(size), str(seed), str(out)]
        command = [str(peers), str(script), str(place.yolo / "data.yaml"), *numbers]
        environment = os.environ | {"YOLO_CONFIG_DIR": folder, "YOLO_AUTOINSTALL": "false"}
        subprocess.run(command, check=True, stdout=sys.stderr, env=environment, cwd=folder)
        content = json.loads(out.read_text("utf-8"))
        figures = scored(place, content["found"])
    return figures, content["version"]


def scored(home: Home, found: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, float]:
    """Return mask AP of what a peer found in the test pictures, by our own scorer."""
    pictures = read_coco(coco_paths(home, "test")[0], home.images("test"))
    truth = [
        TrueObject(number, each.label, each.rle)
        for number, picture in enumerate(pictures)
        for each in picture.objects
    ]
    answers = [
        FoundObject(number, each["label"], compressed(each["rle"]), each["score"])
        for number, picture in enumerate(pictures)
        for each in found[picture.path.name]
    ]
    return {
        "test_map": mean_precision(precision_by_label(truth, answers, len(pictures))).ap,
        "test_agnostic_map": precision_without_labels(truth, answers, len(pictures)).ap,
    }


def compressed(rle: Mapping[str, Any]) -> Rle:
    """Return uncompressed run lengths as COCO's compressed ones."""
    done = coco_mask.frPyObjects(dict(rle), *rle["size"])
    return Rle(size=list(rle["size"]), counts=done["counts"].decode())


def rows_of(who: str, minutes: float, runs: Sequence[Mapping[str, float]]) -> list[dict[str, Any]]:
    """Return the rows of one contestant; figures that it has not are left out."""
    return [
        {"area": "training", "what": f"{what}, after {minutes:g} minutes", "who": who}
        | {"unit": "", "better": "more", "values": [run[name] for run in runs]}
        for what, name in FIGURES.items()
        if all(name in run for run in runs)
    ]


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--minutes", type=float, default=4.5)
    parser.add_argument("--profile", default="standard")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    home, minutes = Home(options.home.resolve()), options.minutes
    rows: list[dict[str, Any]] = []
    for who, scratch in ((GENERIC, False), (SCRATCH, True)):
        runs = [ours(home, minutes, s, options.profile, scratch) for s in options.seeds]
        rows += rows_of(who, minutes, runs)
        write_json(options.out, {"rows": rows})
    if options.peers:
        found = [theirs(home, minutes, seed, options.peers) for seed in options.seeds]
        who = f"Ultralytics {found[0][1]} yolo11n-seg, from random weights"
        rows += rows_of(who, minutes, [figures for figures, _ in found])
        write_json(options.out, {"rows": rows})


if __name__ == "__main__":
    main()
