"""Which head tells objects apart that touch and overlap?

    python tests/benchmarks/bench_instance_heads.py [--pictures N] [--epochs N] [--seeds N N]
        [--json OUT.json]

The trunk of the shipped generic weights stays as it is; on its features each head is learned anew,
with the same pictures, order and number of steps, so that what differs is the head alone:

    none                     connected regions of what is seen as object
    seam                     a channel for "two objects touch here" cuts the regions
    distance                 distance to the object's border; watershed from where it is great
    embedding                eight channels, alike within an object, unlike between objects
    centre + offset          every pixel votes for its object's centre
    centre + offset + seam   both; what the product uses
    truth                    pixels go to the true object: nothing can be better than this

All share the trunk's own answer to "part, other, background". Scenes are the generic ones: random
parts, a fifth touching, some overlapping; the figures are class-agnostic mask AP of held-out scenes
at half the network's size, and processor time of the grouping.
"""

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable
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
from components.modeling.losses import centre_loss, offset_loss, seam_loss
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
RATE = 0.004
SURE_SEED = 0.6
"""Share of an object's greatest distance from its border from where a watershed starts."""

PULL, PUSH = 0.5, 1.5
"""Reach of an object in the space of embeddings, and the least distance of two, over two."""

NO_VOTE = 1e6


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A picture as the trunk sees it, with its truth.

    Attributes:
        fine: Features at stride 2, shape (C, h/2, w/2).
        coarse: Features at stride 4, shape (D, h/4, w/4).
        sight: Probabilities of background, part, other, shape (3, h/2, w/2).
        ids: True objects, shape (h/2, w/2).
        kinds: Part, other or background by id.
        targets: Of the product's heads.
    """

    fine: Tensor
    coarse: Tensor
    sight: Singles
    ids: NDArray[np.uint8]
    kinds: NDArray[np.uint8]
    targets: CropTargets

    @property
    def coarse_ids(self) -> NDArray[np.uint8]:
        """True objects at stride 4."""
        return self.ids[::2, ::2]

    @property
    def on_object(self) -> NDArray[np.bool_]:
        """Where the trunk sees an object, shape (h/2, w/2)."""
        return np.asarray(self.sight[BACKGROUND] < 0.3)


def view_of(network: PartNetwork, picture: Picture) -> View:
    """Run the trunk on the middle of a picture."""
    height, width = picture.image.shape[:2]
    top = (height - SIZE_PX[1]) // 2
    image, targets = cropped(picture, Window(0, top, width, SIZE_PX[1]), SIZE_PX)
    kept: dict[str, Tensor] = {}
    hooks = [
        module.register_forward_hook(lambda _m, _i, out, name=name: kept.update({name: out[0]}))
        for name, module in (("fine", network.fine), ("coarse", network.merges[0]))
    ]
    with torch.no_grad():
        sight = torch.softmax(network(normalised(torch.from_numpy(image[None]))).sight, 1)[0]
    for hook in hooks:
        hook.remove()
    half = (SIZE_PX[0] // SIGHT_STRIDE, SIZE_PX[1] // SIGHT_STRIDE)
    instances = picture.instances[top : top + SIZE_PX[1]]
    ids = np.asarray(cv2.resize(instances, half, interpolation=cv2.INTER_NEAREST_EXACT), np.uint8)
    return View(kept["fine"], kept["coarse"], sight.numpy(), ids, picture.kinds, targets)


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
    """What is learned on the frozen trunk: channels, which features, and the loss."""

    channels: int
    on_fine: bool
    term: Callable[[Tensor, list[View]], Tensor]


HEADS = {
    "seam": Head(1, True, seam_term),
    "distance": Head(1, True, distance_term),
    "embedding": Head(8, False, embedding_term),
    "centre": Head(3, False, centre_term),
}


def learned(head: Head, views: list[View], epochs: int, seed: int) -> nn.Conv2d:
    """Train one head."""
    torch.manual_seed(seed)
    inputs = (views[0].fine if head.on_fine else views[0].coarse).shape[0]
    layer = nn.Conv2d(inputs, head.channels, 3, padding=1)
    optimizer = torch.optim.AdamW(layer.parameters(), lr=RATE)
    steps = epochs * (len(views) // BATCH)
    course = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    rng = np.random.default_rng(seed)
    for _ in range(epochs):
        order = rng.permutation(len(views))
        for first in range(0, len(views) - BATCH + 1, BATCH):
            batch = [views[number] for number in order[first : first + BATCH]]
            features = torch.stack([v.fine if head.on_fine else v.coarse for v in batch])
            optimizer.zero_grad()
            torch.autograd.backward(head.term(layer(features), batch))
            optimizer.step()
            course.step()
    return layer.eval()


class Separator:
    """The ways of telling objects apart, from the answers of the learned heads."""

    def __init__(self, layers: dict[str, nn.Conv2d], settings: TrainSettings) -> None:
        """Keep the heads."""
        self._layers, self._unit = layers, settings.loss.offset_unit_px
        self._grouping = settings.prediction.grouping

    def ways(self) -> dict[str, Callable[[View], Ids]]:
        """Return each way by its name."""
        return {
            "none": lambda view: self._grouped(view, seam=False, centre=False),
            "seam": lambda view: self._grouped(view, seam=True, centre=False),
            "distance": self._watershed,
            "embedding": self._clustered,
            "centre + offset": lambda view: self._grouped(view, seam=False, centre=True),
            "centre + offset + seam": lambda view: self._grouped(view, seam=True, centre=True),
            "truth": lambda view: np.where(view.on_object, view.ids, 0).astype(np.int32),
        }

    def _answer(self, name: str, features: Tensor) -> Tensor:
        with torch.no_grad():
            answer: Tensor = self._layers[name](features[None])[0]
        return answer

    def _grouped(self, view: View, *, seam: bool, centre: bool) -> Ids:
        half, quarter = view.ids.shape, view.coarse_ids.shape
        seams = np.zeros(half, np.float32)
        heat, offset = np.zeros(quarter, np.float32), np.full((2, *quarter), NO_VOTE, np.float32)
        if seam:
            seams = torch.sigmoid(self._answer("seam", view.fine))[0].numpy()
        if centre:
            answer = self._answer("centre", view.coarse)
            heat, offset = torch.sigmoid(answer[0]).numpy(), (answer[1:] * self._unit).numpy()
        label = np.ones((1, *quarter), np.float32)
        return group(Answer(view.sight, seams, label, heat, offset), self._grouping).ids

    def _watershed(self, view: View) -> Ids:
        distance = self._answer("distance", view.fine)[0].numpy().clip(0.0, 1.0)
        seeds = (view.on_object & (distance > SURE_SEED)).astype(np.uint8)
        count, markers = cv2.connectedComponents(seeds, connectivity=4)
        markers = markers.astype(np.int32)
        markers[~view.on_object] = count
        relief = cv2.merge([(255 * (1.0 - distance)).astype(np.uint8)] * 3)
        flooded = cv2.watershed(relief, markers)
        return np.where(view.on_object & (flooded > 0) & (flooded < count), flooded, 0)

    def _clustered(self, view: View) -> Ids:
        values = self._answer("embedding", view.coarse).numpy()
        values = values.repeat(2, axis=1).repeat(2, axis=2)
        depth = cv2.distanceTransform(view.on_object.astype(np.uint8), cv2.DIST_L2, 3)
        ids, left, number = np.zeros(view.ids.shape, np.int32), view.on_object.copy(), 0
        while left.any() and number < 100:
            row, column = np.unravel_index(np.argmax(np.where(left, depth, -1.0)), left.shape)
            middle = values[:, row, column]
            for _ in range(3):
                near = np.linalg.norm(values - middle[:, None, None], axis=0) < PUSH
                middle = values[:, near & left].mean(1) if (near & left).any() else middle
            number += 1
            chosen = left & near
            chosen[row, column] = True
            ids[chosen] = number
            left &= ~chosen
        return ids


def found_in(number: int, view: View, ids: Ids, settings: GroupingSettings) -> list[FoundObject]:
    """Return the parts among a picture's objects, judged alike whatever told them apart."""
    least = settings.min_area_px / SIGHT_STRIDE**2
    found = []
    for instance in np.unique(ids[ids > 0]):
        mask = ids == instance
        part, other = view.sight[PART][mask], view.sight[PART + 1][mask]
        if mask.sum() >= least and part.mean() >= other.mean():
            score = part.mean() * (1.0 + (part >= settings.sure).mean()) / 2.0
            found.append(FoundObject(number, LABEL, rle_from_mask(mask), float(score)))
    return found


def truth_of(number: int, view: View) -> list[TrueObject]:
    """Return the true parts of a picture."""
    ids = [i for i in np.unique(view.ids[view.ids > 0]) if view.kinds[i] == PART]
    return [TrueObject(number, LABEL, rle_from_mask(view.ids == i)) for i in ids]


def measured(
    shown: list[View], watched: list[View], epochs: int, seed: int, settings: TrainSettings
) -> dict[str, dict[str, float]]:
    """Learn all heads with one seed and return the figures of every way."""
    layers = {name: learned(head, shown, epochs, seed) for name, head in HEADS.items()}
    truth = [item for number, view in enumerate(watched) for item in truth_of(number, view)]
    rows = {}
    for name, way in Separator(layers, settings).ways().items():
        found, spent = [], []
        for number, view in enumerate(watched):
            start = time.process_time()
            ids = way(view)
            spent.append(time.process_time() - start)
            found += found_in(number, view, ids, settings.prediction.grouping)
        precision = precision_without_labels(truth, found, len(watched))
        rows[name] = {
            "agnostic_map": precision.ap,
            "agnostic_map50": precision.ap50,
            "ms": 1e3 * statistics.median(spent),
        }
    return rows


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
    network.eval()
    recipes = [
        SceneRecipe(RandomParts(seed, settings.generic, first), {LABEL: 0}, data, seed, split)
        for seed, first, split in ((5, 0, "train"), (0, FIRST_HELD_OUT, "val"))
    ]
    shown, watched = (
        [view_of(network, recipe.picture(number)) for number in range(count)]
        for recipe, count in zip(recipes, (options.pictures, options.watched), strict=True)
    )
    rows = {
        str(seed): measured(shown, watched, options.epochs, seed, settings)
        for seed in options.seeds
    }
    figures = {
        "machine": {
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "torch": torch.__version__,
        },
        "pictures": options.pictures,
        "watched": options.watched,
        "epochs": options.epochs,
        "seeds": rows,
    }
    print(json.dumps(figures, indent=2))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
