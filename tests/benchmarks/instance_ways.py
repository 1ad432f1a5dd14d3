"""From what heads say to objects: groupings that are compared."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from components.modeling.grouping import Answer, group
from components.settings.base import GENERIC
from components.settings.train import TrainSettings
from tests.benchmarks.instance_heads import Seen, View

Ids = NDArray[np.int32]

MOST_OBJECTS = 100
NO_VOTE = 1e6


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
