"""Which head tells objects apart that touch and overlap?

    python tests/benchmarks/bench_instance_heads.py [--pictures N] [--epochs N] [--seeds N N]
        [--json OUT.json]

For each way the whole network goes on from the shipped generic weights with new heads of that way
alone, on the same pictures in the same order and for as many steps:

    none                     connected regions of what is seen as object
    seam                     a channel for "two objects touch here" cuts the regions
    distance                 distance to the object's border; watershed from where it is great
    embedding                eight channels, alike within an object, unlike between objects
    centre + offset          every pixel votes for its object's centre
    centre + offset + seam   both; what the product uses
    truth                    with the network of `none`: what is seen as object goes to the true
                             object it lies in or next to; what remains is the eye's own fault

Scenes are the generic ones: random parts, a quarter touching, some overlapping; the figures are
class-agnostic mask AP of held-out scenes at half the network's size, and processor time of the
grouping. The generic weights were trained with centre, offset and seam, so the features lean
towards these; the short training of this script takes away a part of that lead only.
"""

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch

# The folder above all packages, when this file is run by its path.
sys.path.insert(0, str(Path(__file__).parents[2]))

from components.geometry.masks import rle_from_mask
from components.home import Home
from components.modeling.coco_scores import FoundObject, TrueObject, precision_without_labels
from components.modeling.generic_weights import generic_folder, read_generic
from components.modeling.heads import PART, SIGHT_STRIDE
from components.modeling.network import PartNetwork
from components.modeling.random_parts import FIRST_HELD_OUT, LABEL, RandomParts
from components.modeling.scene_stream import SceneRecipe
from components.settings.base import GENERIC
from components.settings.data import DataSettings
from components.settings.train import GroupingSettings, TrainSettings
from tests.benchmarks.instance_heads import Eye, Seen, View, learned, view_of
from tests.benchmarks.instance_ways import WAYS, Ids, Way, true_ids

TRIED_ON = 40
"""Pictures among those that were learned from, on which a way's own threshold is chosen."""


def found_in(number: int, seen: Seen, ids: Ids, settings: GroupingSettings) -> list[FoundObject]:
    """Return the parts among a picture's objects, judged alike whatever told them apart."""
    least = settings.min_area_px / SIGHT_STRIDE**2
    found = []
    for instance in np.unique(ids[ids > 0]):
        mask = ids == instance
        part, other = seen.sight[PART][mask], seen.sight[PART + 1][mask]
        if mask.sum() >= least and part.mean() >= other.mean():
            score = part.mean() * (1.0 + (part >= settings.sure).mean()) / 2.0
            found.append(FoundObject(number, LABEL, rle_from_mask(mask), float(score)))
    return found


def truth_of(number: int, view: View) -> list[TrueObject]:
    """Return the true parts of a picture."""
    ids = [i for i in np.unique(view.ids[view.ids > 0]) if view.kinds[i] == PART]
    return [TrueObject(number, LABEL, rle_from_mask(view.ids == i)) for i in ids]


def figures_of(
    eye: Eye, way: Callable[[Seen, View], Ids], watched: list[View], settings: TrainSettings
) -> dict[str, float]:
    """Return AP and the time of one way."""
    truth = [item for number, view in enumerate(watched) for item in truth_of(number, view)]
    found, spent = [], []
    for number, view in enumerate(watched):
        seen = eye.look(view)
        start = time.process_time()
        ids = way(seen, view)
        spent.append(time.process_time() - start)
        found += found_in(number, seen, ids, settings.prediction.grouping)
    precision = precision_without_labels(truth, found, len(watched))
    rounded = {"agnostic_map": precision.ap, "agnostic_map50": precision.ap50}
    rounded["ms"] = 1e3 * statistics.median(spent)
    return {name: round(value, 3) for name, value in rounded.items()}


def _blind(way: Way, threshold: float) -> Callable[[Seen, View], Ids]:
    """Return a way that does not look at the truth."""
    return lambda seen, _view: way.ids_of(seen, threshold)


def measured(
    network: PartNetwork, shown: list[View], watched: list[View], options: argparse.Namespace
) -> Iterator[tuple[str, int, dict[str, float]]]:
    """Yield way, seed and figures."""
    settings = TrainSettings.load(None, GENERIC)
    for seed in options.seeds:
        for name, way in WAYS.items():
            eye = learned(network, way.heads, shown, options.epochs, seed)
            tried = {
                t: figures_of(eye, _blind(way, t), shown[:TRIED_ON], settings)["agnostic_map"]
                for t in way.thresholds
            }
            best = max(tried, key=lambda t: tried[t])
            figures = figures_of(eye, _blind(way, best), watched, settings)
            yield name, seed, figures | {"threshold": best}
            if name == "none":
                yield "truth", seed, figures_of(eye, true_ids, watched, settings)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=240)
    parser.add_argument("--watched", type=int, default=120)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    settings, data = TrainSettings.load(None, GENERIC), DataSettings.load(None, GENERIC)
    folder = generic_folder(Home(Path()))
    if folder is None:
        raise SystemExit("there are no generic weights")
    network = PartNetwork(settings.network, 1)
    network.load_state_dict(read_generic(folder).weights)
    shown_of = SceneRecipe(RandomParts(5, settings.generic), {LABEL: 0}, data, 5)
    held_out = RandomParts(0, settings.generic, FIRST_HELD_OUT)
    watched_of = SceneRecipe(held_out, {LABEL: 0}, data, 0, "val")
    shown = [view_of(shown_of.picture(number)) for number in range(options.pictures)]
    watched = [view_of(watched_of.picture(number)) for number in range(options.watched)]
    rows: dict[str, dict[str, dict[str, float]]] = {}
    for name, seed, row in measured(network, shown, watched, options):
        rows.setdefault(name, {})[f"seed {seed}"] = row
        print(name, seed, row, flush=True)
    figures = {
        "machine": {
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "torch": torch.__version__,
        },
        "pictures": options.pictures,
        "watched": options.watched,
        "epochs": options.epochs,
        "ways": rows,
    }
    print(json.dumps(figures, indent=2))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
