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
import copy
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from components.geometry.masks import rle_from_mask
from components.home import Home
from components.modeling.coco_scores import FoundObject, TrueObject, precision_without_labels
from components.modeling.generic_weights import generic_folder, read_generic
from components.modeling.grouping import Answer, group
from components.modeling.heads import BACKGROUND, PART, SIGHT_STRIDE
from components.modeling.losses import centre_loss, offset_loss, seam_loss, sight_loss
from components.modeling.network import PartNetwork, normalised
from components.modeling.random_parts import FIRST_HELD_OUT, LABEL, RandomParts
from components.modeling.scene_stream import SceneRecipe
from components.modeling.targets import CropTargets, Picture, Window, cropped
from components.settings.base import GENERIC
from components.settings.data import DataSettings
from components.settings.train import GroupingSettings, TrainSettings

Ids = NDArray[np.int32]
Singles = NDArray[np.float32]

SIZE_PX = (448, 320)
BATCH = 4
TRUNK_RATE, HEAD_RATE = 0.0003, 0.004
MOST_OBJECTS = 100
TRIED_ON = 40
"""Pictures among those that were learned from, on which a way's own threshold is chosen."""

PULL, PUSH = 0.5, 1.5
"""Reach of an object in the space of embeddings, and the least distance of two, over two."""

NO_VOTE = 1e6


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """The middle of a picture as the network sees it, with its truth.

    Attributes:
        image: RGB, shape (h, w, 3), uint8.
        ids: True objects, shape (h/2, w/2).
        kinds: Part, other or background by id.
        targets: Of the product's heads.
    """

    image: NDArray[np.uint8]
    ids: NDArray[np.uint8]
    kinds: NDArray[np.uint8]
    targets: CropTargets

    @property
    def coarse_ids(self) -> NDArray[np.uint8]:
        """True objects at stride 4."""
        return self.ids[::2, ::2]


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What a network with some heads says about a view.

    Attributes:
        sight: Probabilities of background, part, other, shape (3, h/2, w/2).
        answers: Of its heads, each of shape (C, h', w').
    """

    sight: Singles
    answers: dict[str, Tensor]

    @property
    def on_object(self) -> NDArray[np.bool_]:
        """Where an object is seen, shape (h/2, w/2)."""
        return np.asarray(self.sight[BACKGROUND] < 0.3)


def view_of(picture: Picture) -> View:
    """Return the middle of a picture."""
    height, width = picture.image.shape[:2]
    top = (height - SIZE_PX[1]) // 2
    image, targets = cropped(picture, Window(0, top, width, SIZE_PX[1]), SIZE_PX)
    half = (SIZE_PX[0] // SIGHT_STRIDE, SIZE_PX[1] // SIGHT_STRIDE)
    instances = picture.instances[top : top + SIZE_PX[1]]
    ids = np.asarray(cv2.resize(instances, half, interpolation=cv2.INTER_NEAREST_EXACT), np.uint8)
    return View(image, ids, picture.kinds, targets)


def distances_of(ids: NDArray[np.uint8]) -> Singles:
    """Return each pixel's distance to its object's border over the greatest in it."""
    result = np.zeros(ids.shape, np.float32)
    for number in np.unique(ids[ids > 0]):
        inside = cv2.copyMakeBorder((ids == number).astype(np.uint8), 1, 1, 1, 1, 0, value=0)
        depth = cv2.distanceTransform(inside, cv2.DIST_L2, 3)[1:-1, 1:-1]
        result += depth / depth.max()
    return result


def _stack(views: list[View], name: str) -> Tensor:
    return torch.from_numpy(np.stack([getattr(view.targets, name) for view in views]))


def seam_term(answer: Tensor, views: list[View]) -> Tensor:
    """Loss of the seam head."""
    return seam_loss(answer, _stack(views, "seam")[:, None])


def distance_term(answer: Tensor, views: list[View]) -> Tensor:
    """Loss of the distance head, on objects."""
    truth = torch.from_numpy(np.stack([distances_of(view.ids) for view in views]))[:, None]
    on_object = (truth > 0).float()
    return ((answer - truth).abs() * on_object).sum() / on_object.sum().clamp(min=1.0)


def centre_term(answer: Tensor, views: list[View]) -> Tensor:
    """Loss of heat-map and offsets, weighted as in the product."""
    loss = TrainSettings.load().loss
    on_object = _stack(views, "on_object")[:, None].float()
    offset = _stack(views, "offset") / loss.offset_unit_px
    heat = centre_loss(answer[:, :1], _stack(views, "heat")[:, None])
    return loss.centre * heat + loss.offset * offset_loss(answer[:, 1:], offset, on_object)


def embedding_term(answer: Tensor, views: list[View]) -> Tensor:
    """Discriminative loss: De Brabandere et al., 2017, "Semantic Instance Segmentation"."""
    total = answer.new_zeros(())
    for values, view in zip(answer, views, strict=True):
        ids = torch.from_numpy(view.coarse_ids.astype(np.int64))
        numbers = [number for number in np.unique(view.coarse_ids).tolist() if number > 0]
        if not numbers:
            continue
        groups = [values[:, ids == number] for number in numbers]
        means = torch.stack([members.mean(1) for members in groups])
        for members, mean in zip(groups, means, strict=True):
            far = (members - mean[:, None]).norm(dim=0)
            total = total + functional.relu(far - PULL).square().mean() / len(numbers)
        if len(numbers) > 1:
            apart = functional.pdist(means)
            total = total + functional.relu(2 * PUSH - apart).square().mean()
    return total / len(views)


@dataclass(frozen=True, slots=True)
class Head:
    """Channels of a head, whether it looks at stride 2, its loss and the weight of that."""

    channels: int
    on_fine: bool
    term: Callable[[Tensor, list[View]], Tensor]
    weight: float = 1.0


HEADS = {
    "seam": Head(1, True, seam_term, 0.3),
    "distance": Head(1, True, distance_term),
    "embedding": Head(8, False, embedding_term),
    "centre": Head(3, False, centre_term),
}


class Eye(nn.Module):
    """The network of the generic weights with new heads beside its own sight."""

    def __init__(self, network: PartNetwork, names: tuple[str, ...]) -> None:
        """Copy the network; its heads but sight take no part."""
        super().__init__()
        self.network = copy.deepcopy(network)
        widths = {True: network.sight_head.in_channels, False: network.label_head.in_channels}
        self.heads = nn.ModuleDict(
            {n: nn.Conv2d(widths[HEADS[n].on_fine], HEADS[n].channels, 3, padding=1) for n in names}
        )
        self._kept: dict[bool, Tensor] = {}
        for on_fine, module in ((True, self.network.fine), (False, self.network.merges[0])):
            module.register_forward_hook(
                lambda _m, _i, out, key=on_fine: self._kept.update({key: out})
            )

    def forward(self, x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the logits of sight and the answers of the heads."""
        sight = self.network(x).sight
        return sight, {n: head(self._kept[HEADS[n].on_fine]) for n, head in self.heads.items()}

    def look(self, view: View) -> Seen:
        """Return what is said about a view."""
        with torch.no_grad():
            sight, answers = self(normalised(torch.from_numpy(view.image[None])))
        return Seen(torch.softmax(sight, 1)[0].numpy(), {name: a[0] for name, a in answers.items()})


def learned(
    network: PartNetwork, names: tuple[str, ...], views: list[View], epochs: int, seed: int
) -> Eye:
    """Go on training with some heads."""
    torch.manual_seed(seed)
    eye = Eye(network, names)
    rates = [(eye.network.parameters(), TRUNK_RATE), (eye.heads.parameters(), HEAD_RATE)]
    groups = [{"params": list(p), "lr": rate} for p, rate in rates]
    optimizer = torch.optim.AdamW([group for group in groups if group["params"]])
    course = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * (len(views) // BATCH))
    foreground = TrainSettings.load().loss.foreground
    rng = np.random.default_rng(seed)
    eye.train()
    for _ in range(epochs):
        order = rng.permutation(len(views))
        for first in range(0, len(views) - BATCH + 1, BATCH):
            batch = [views[number] for number in order[first : first + BATCH]]
            images = torch.from_numpy(np.stack([view.image for view in batch]))
            objects = np.stack([v.targets.sight for v in batch]).astype(np.float32) / 255
            ground = np.clip(1.0 - objects.sum(1, keepdims=True), 0.0, 1.0)
            truth = torch.from_numpy(np.concatenate([ground, objects], 1))
            sight, answers = eye(normalised(images))
            loss = sight_loss(sight, truth, foreground)
            for name, answer in answers.items():
                loss = loss + HEADS[name].weight * HEADS[name].term(answer, batch)
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
            course.step()
    return eye.eval()


def grouped(seen: Seen, _threshold: float) -> Ids:
    """Tell objects apart as the product does, by seams and votes as far as there are such heads."""
    settings = TrainSettings.load(None, GENERIC)
    half = seen.sight.shape[1:]
    quarter = (half[0] // 2, half[1] // 2)
    seams, heat = np.zeros(half, np.float32), np.zeros(quarter, np.float32)
    offset = np.full((2, *quarter), NO_VOTE, np.float32)
    if "seam" in seen.answers:
        seams = torch.sigmoid(seen.answers["seam"])[0].numpy()
    if "centre" in seen.answers:
        answer = seen.answers["centre"]
        heat = torch.sigmoid(answer[0]).numpy()
        offset = (answer[1:] * settings.loss.offset_unit_px).numpy()
    label = np.ones((1, *quarter), np.float32)
    return group(Answer(seen.sight, seams, label, heat, offset), settings.prediction.grouping).ids


def flooded(seen: Seen, threshold: float) -> Ids:
    """Tell objects apart by a watershed from where the distance to the border is great.

    Args:
        seen: With the answer of the head `distance`.
        threshold: Share of an object's greatest distance from where the watershed starts.
    """
    distance = seen.answers["distance"][0].numpy().clip(0.0, 1.0)
    seeds = (seen.on_object & (distance > threshold)).astype(np.uint8)
    count, markers = cv2.connectedComponents(seeds, connectivity=4)
    markers = markers.astype(np.int32)
    # What is ground must not be flooded: a basin of its own.
    markers[~seen.on_object] = count
    relief = cv2.merge([(255 * (1.0 - distance)).astype(np.uint8)] * 3)
    basins = cv2.watershed(relief, markers)
    return np.where(seen.on_object & (basins > 0) & (basins < count), basins, 0).astype(np.int32)


def clustered(seen: Seen, threshold: float) -> Ids:
    """Tell objects apart by their embeddings: the deepest pixel left gathers those like it.

    Args:
        seen: With the answer of the head `embedding`.
        threshold: Distance of embeddings that are alike.
    """
    values = seen.answers["embedding"].numpy().repeat(2, axis=1).repeat(2, axis=2)
    depth = cv2.distanceTransform(seen.on_object.astype(np.uint8), cv2.DIST_L2, 3)
    ids, left = np.zeros(depth.shape, np.int32), seen.on_object.copy()
    number = 0
    while left.any() and number < MOST_OBJECTS:
        row, column = np.unravel_index(np.argmax(np.where(left, depth, -1.0)), left.shape)
        middle = values[:, row, column]
        for _ in range(3):
            near = left & (np.linalg.norm(values - middle[:, None, None], axis=0) < threshold)
            middle = values[:, near].mean(1) if near.any() else middle
        near[row, column] = True
        number += 1
        ids[near & left] = number
        left &= ~near
    return ids


def true_ids(seen: Seen, view: View) -> Ids:
    """Give what is seen as object to the true object in the same region that lies nearest."""
    _, regions = cv2.connectedComponents(seen.on_object.astype(np.uint8), connectivity=4)
    known = seen.on_object & (view.ids > 0)
    _, nearest = cv2.distanceTransformWithLabels(
        (~known).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    id_of, region_of = (np.zeros(int(nearest.max()) + 1, np.int32) for _ in range(2))
    id_of[nearest[known]], region_of[nearest[known]] = view.ids[known], regions[known]
    own = region_of[nearest] == regions
    return np.where(own, id_of[nearest], 256 + regions) * seen.on_object


@dataclass(frozen=True, slots=True)
class Way:
    """Heads that are learned, what makes objects of their answers, thresholds to choose from."""

    heads: tuple[str, ...]
    ids_of: Callable[[Seen, float], Ids]
    thresholds: tuple[float, ...] = (0.0,)


WAYS = {
    "none": Way((), grouped),
    "seam": Way(("seam",), grouped),
    "distance": Way(("distance",), flooded, (0.2, 0.35, 0.5, 0.65)),
    "embedding": Way(("embedding",), clustered, (0.5, 0.8, 1.1, 1.5)),
    "centre + offset": Way(("centre",), grouped),
    "centre + offset + seam": Way(("centre", "seam"), grouped),
}


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
