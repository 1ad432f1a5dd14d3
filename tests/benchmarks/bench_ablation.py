"""What each randomisation of the scenes is worth.

    python tests/benchmarks/bench_ablation.py OUT.json [--steps N] [--seeds N N] [--only NAME ...]
        [--drawings DIR] [--images DIR --coco FILE] [--markdown OUT.md]

Trains from the generic weights on the drawings, a short schedule on a stream of scenes, once for
each *factor* with that factor off and once with all on, with every seed; then measures all of them
on the same held-out scenes of those drawings, on which everything is on, and on the pictures of
`--coco` if given (categories match by name; nothing is chosen on them). Results are added to
OUT.json one by one: started again, it goes on.
"""

import argparse
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from components.domain import Part
from components.files import write_json, write_text
from components.geometry.drawing_files import find_drawings
from components.geometry.dxf_reader import read_drawing
from components.home import Home
from components.modeling.evaluate import evaluate
from components.modeling.inference import Predictor
from components.modeling.model_files import write_model
from components.modeling.scene_stream import SameParts, SceneRecipe
from components.modeling.train import FIRST_HELD_OUT, Training, train
from components.modeling.trained import load_trained
from components.modeling.validation import ValidationSet
from components.progress import SilentProgress
from components.settings.base import merged
from components.settings.data import DataSettings
from components.settings.drawings import DrawingSettings
from components.settings.train import TrainSettings

Settings = dict[str, Any]

ALL_ON = "all on"
HELD_OUT_SEED = 77
HELD_OUT = 120
NEVER = [0.0, 0.0]

FACTORS: dict[str, Settings] = {
    ALL_ON: {},
    "low contrast": {"scene": {"hard_share": 0.0}},
    "shadows": {"light": {"shadow_depth": NEVER, "contact_depth": NEVER}},
    "uneven light": {
        "light": {
            "gradient": NEVER,
            "spot_share": 0.0,
            "glare_share": 0.0,
            "second_lamp_share": 0.0,
        }
    },
    "thickness": {"scene": {"thin_share": 1.0}},
    "tilt and distortion": {"camera": {"tilt_sd_deg": 0.0, "distortion": NEVER}},
    "blur": {"camera": {"blur_px": [0.2, 0.2], "motion_share": 0.0}},
    "noise, demosaic, JPEG": {
        "camera": {
            "noise": NEVER,
            "shot_noise": NEVER,
            "demosaic_share": 0.0,
            "sharpen_share": 0.0,
            "jpeg_share": 0.0,
        }
    },
    "exposure and colour": {
        "camera": {
            "exposure_sd": 0.0,
            "white_balance_sd": 0.0,
            "gamma_sd": 0.0,
            "vignetting": NEVER,
            "grey_share": 0.0,
        }
    },
    "distractors": {"scene": {"distractors": [0, 0]}},
    "touching and covering": {
        "scene": {"touching_share": 0.0, "overlapping_share": 0.0, "covering_share": 0.0}
    },
    "truncation": {"scene": {"truncated_share": 0.0}},
    "sizes": {"scene": {"close_up_share": 0.0, "far_share": 0.0}},
    "grounds": {"backgrounds": dict.fromkeys(DataSettings.load().backgrounds, 0.0)},
    "materials": {"materials": dict.fromkeys(DataSettings.load().materials, 0.0)},
}
"""What is changed when a factor is off; of grounds and materials one stays."""

FACTORS["grounds"]["backgrounds"]["painted"] = 1.0
FACTORS["materials"]["materials"]["painted"] = 1.0


FIGURES = tuple(
    f"{pictures}_{figure}"
    for pictures in ("val", "pictures")
    for figure in ("map", "agnostic_map", "miou")
)


def changed(name: str) -> DataSettings:
    """Return the generator's settings with a factor off."""
    everything = DataSettings.load().model_dump(mode="json")
    return DataSettings.model_validate(merged(everything, FACTORS[name]))


def parts_of(folder: Path) -> list[Part]:
    """Return the parts of all drawings of a folder."""
    settings = DrawingSettings.load()
    drawings = [read_drawing(path, settings) for path in find_drawings(folder)]
    return sorted((p for drawing in drawings for p in drawing.parts), key=lambda part: part.name)


def train_settings(steps: int) -> TrainSettings:
    """Return the default training with a budget in steps, on a stream."""
    changes = {"steps": steps, "minutes": None, "scenes": "stream", "validations": 0}
    settings = TrainSettings.load().model_dump(mode="json")
    return TrainSettings.model_validate(settings | changes | {"validation_pictures": 1})


def figures_of(
    name: str, seed: int, parts: Sequence[Part], watched: ValidationSet, options: argparse.Namespace
) -> dict[str, Any]:
    """Train once and return what the network is worth."""
    start = time.process_time()
    settings = train_settings(options.steps)
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        home.prepare()
        result = train(Training(home, parts, settings, changed(name), seed), SilentProgress())
        trained = load_trained(result.checkpoint)
        row = {"factor": name, "seed": seed, **watched.figures(trained.network)}
        if options.coco:
            write_model(home.root / "model", trained, settings)
            model = Predictor.load(home.root / "model")
            scores = evaluate(model, options.images, options.coco, SilentProgress()).to_json()
            row |= {f"pictures_{key}": scores[key] for key in ("map", "agnostic_map", "miou")}
    return row | {"cpu_s": round(time.process_time() - start, 1)}


def markdown(found: dict[str, Any]) -> str:
    """Return a table: with everything on, and what changes with each factor off.

    A change is the mean over seeds of the difference to the training of the same seed with
    everything on, and half the span of those differences.
    """
    keys = [key for key in FIGURES if key in found["rows"][0]]
    rows = {(row["factor"], row["seed"]): row for row in found["rows"]}
    on = {seed: row for (name, seed), row in rows.items() if name == ALL_ON}
    lines = ["| Off | " + " | ".join(keys) + " |", "|---" * (len(keys) + 1) + "|"]
    cells = (spread([row[key] for row in on.values()], "") for key in keys)
    lines.append("| nothing | " + " | ".join(cells) + " |")
    for name in FACTORS:
        pairs = [(rows[name, seed], row) for seed, row in on.items() if (name, seed) in rows]
        if name != ALL_ON and pairs:
            cells = (spread([off[key] - row[key] for off, row in pairs], "+") for key in keys)
            lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def spread(values: Sequence[float], sign: str) -> str:
    """Return the mean of values and half their span."""
    half = (max(values) - min(values)) / 2
    return f"{statistics.mean(values):{sign}.3f} ±{half:.3f}"


def main() -> None:
    """Measure what is not yet in the file, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--only", nargs="+", choices=list(FACTORS), default=list(FACTORS))
    parser.add_argument("--drawings", type=Path, default=Path("data/raw/dxf_templates"))
    parser.add_argument("--images", type=Path)
    parser.add_argument("--coco", type=Path)
    parser.add_argument("--markdown", type=Path)
    options = parser.parse_args()
    parts = parts_of(options.drawings)
    names = {part.name: number for number, part in enumerate(parts)}
    recipe = SceneRecipe(SameParts(tuple(parts)), names, changed(ALL_ON), HELD_OUT_SEED, "val")
    pictures = [recipe.picture(FIRST_HELD_OUT + number) for number in range(HELD_OUT)]
    watched = ValidationSet(pictures, list(names), train_settings(options.steps))
    found: dict[str, Any] = {"rows": []}
    if options.out.exists():
        found = json.loads(options.out.read_text("utf-8"))
    found["machine"] = {"cores": os.cpu_count(), "torch": torch.__version__} | {
        "python": platform.python_version(), "steps": options.steps, "drawings": len(parts)
    }  # fmt: skip
    done = {(row["factor"], row["seed"]) for row in found["rows"]}
    for seed in options.seeds:
        for name in options.only:
            if (name, seed) not in done:
                found["rows"].append(figures_of(name, seed, parts, watched, options))
                write_json(options.out, found)
                print(json.dumps(found["rows"][-1]), flush=True)
    table = markdown(found)
    print(table)
    if options.markdown:
        write_text(options.markdown, table)


if __name__ == "__main__":
    main()
