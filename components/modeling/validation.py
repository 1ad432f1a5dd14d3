"""Figures on the validation split while training goes on: cheap, on few pictures.

They are measured at network size, so borders count for a little less than in `evaluate`.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from components.domain import Sample
from components.geometry.masks import rle_from_mask
from components.modeling.coco_scores import (
    LOWEST_SCORE,
    FoundObject,
    TrueObject,
    mean_precision,
    precision_by_label,
    precision_without_labels,
)
from components.modeling.grouping import Answer, group
from components.modeling.heads import BACKGROUND, PART, SIGHT_STRIDE
from components.modeling.network import PartNetwork
from components.modeling.picture_sources import read_picture
from components.modeling.preparing import prepared
from components.modeling.targets import Picture
from components.modeling.trained import answers_of
from components.settings.train import TrainSettings


class ValidationSet:
    """The pictures a training is watched on.

    Args:
        pictures: With their truth; none gives no figures.
        labels: Names of the drawings by their numbers.
        settings: How pixels become instances.
    """

    def __init__(
        self, pictures: Sequence[Picture], labels: Sequence[str], settings: TrainSettings
    ) -> None:
        """Keep the pictures."""
        self._pictures, self._names, self._settings = pictures, labels, settings

    def figures(self, network: PartNetwork) -> dict[str, float]:
        """Return mAP, class-agnostic mAP and mIoU; empty without a validation split.

        Args:
            network: In evaluation mode.
        """
        truth: list[TrueObject] = []
        found: list[FoundObject] = []
        pixels = np.zeros((2, 2), np.int64)
        for number, picture in enumerate(self._pictures):
            ready = prepared(picture.image, self._settings.prediction.long_side_px)
            images = torch.from_numpy(ready.pixels[None])
            answer = answers_of(network, images, self._settings.loss.offset_unit_px)[0]
            ids = _at_cells(picture.instances, answer.sight.shape[1:], ready.scale_x, ready.scale_y)
            for instance in np.flatnonzero(picture.kinds == PART):
                mask = ids == instance
                if mask.any():
                    name = self._names[picture.labels[instance]]
                    truth.append(TrueObject(number, name, rle_from_mask(mask)))
            found += self._found(number, answer)
            is_part = (picture.kinds[ids] == PART).astype(np.int64)
            seen = (answer.sight.argmax(0) == PART).astype(np.int64)
            pixels += np.bincount((2 * is_part + seen).ravel(), minlength=4).reshape(2, 2)
        return self._summed(truth, found, pixels) if self._pictures else {}

    def _found(self, number: int, answer: Answer) -> list[FoundObject]:
        instances = group(answer, self._settings.prediction.grouping)
        return [
            FoundObject(
                number,
                self._names[int(beliefs.argmax())],
                rle_from_mask(instances.ids == place + 1),
                float(score),
            )
            for place, (score, beliefs) in enumerate(
                zip(instances.scores, instances.labels, strict=True)
            )
            if instances.is_part[place] and score >= LOWEST_SCORE
        ]

    def _summed(
        self, truth: list[TrueObject], found: list[FoundObject], pixels: NDArray[np.int64]
    ) -> dict[str, float]:
        count = len(self._pictures)
        mean = mean_precision(precision_by_label(truth, found, count))
        agnostic = precision_without_labels(truth, found, count)
        right = np.diag(pixels)
        ious = right / np.maximum(pixels.sum(0) + pixels.sum(1) - right, 1)
        return {
            "val_map": mean.ap,
            "val_agnostic_map": agnostic.ap,
            "val_miou": float(ious.mean()),
            "val_part_iou": float(ious[1]),
        }


def held_out(
    root: Path,
    samples: Sequence[Sample],
    label_numbers: dict[str, int],
    count: int,
) -> list[Picture]:
    """Return `count` pictures of a dataset's validation split, evenly over it.

    Args:
        root: Home folder.
        samples: Of the dataset, whatever their split.
        label_numbers: Number of each drawing.
        count: How many, at most all.

    Raises:
        DatasetError: If one cannot be read.
    """
    split = [sample for sample in samples if sample.split == "val"]
    places = np.linspace(0, len(split) - 1, min(count, len(split))).astype(np.int64)
    return [read_picture(root, split[place], label_numbers) for place in places]


def _at_cells(
    instances: NDArray[np.uint8], shape: tuple[int, ...], scale_x: float, scale_y: float
) -> NDArray[np.uint8]:
    """Return the instance id under the middle of each output pixel; 0 on the padding."""
    columns = _source(shape[1], scale_x)
    rows = _source(shape[0], scale_y)
    inside = (rows < instances.shape[0])[:, None] & (columns < instances.shape[1])[None]
    rows, columns = (
        np.minimum(rows, instances.shape[0] - 1),
        np.minimum(columns, instances.shape[1] - 1),
    )
    return np.where(inside, instances[np.ix_(rows, columns)], BACKGROUND).astype(np.uint8)


def _source(count: int, scale: float) -> NDArray[np.int64]:
    return ((np.arange(count) + 0.5) * SIGHT_STRIDE / scale).astype(np.int64)
