"""Heads that can tell objects apart, on the network of the generic weights, and their losses."""

import copy
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from components.modeling.heads import BACKGROUND, SIGHT_STRIDE
from components.modeling.losses import centre_loss, offset_loss, seam_loss, sight_loss
from components.modeling.network import PartNetwork, normalised
from components.modeling.targets import CropTargets, Picture, Window, cropped
from components.settings.train import TrainSettings

Singles = NDArray[np.float32]

SIZE_PX = (448, 320)
BATCH = 4
TRUNK_RATE, HEAD_RATE = 0.0003, 0.004

PULL, PUSH = 0.5, 1.5
"""Reach of an object in the space of embeddings, and the least distance of two, over two."""


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
