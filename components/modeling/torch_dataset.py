"""From pictures to batches of tensors, on a thread beside the training.

Batch number i depends on (pictures, settings, seed, i) alone, so training that was interrupted goes
on with exactly the batches it would have seen. A picture costs more than cutting a crop, so a
sliding window of pictures serves several batches:

    row of pictures    a b c d e f g h i j ...
    batch 0 draws from [-------]
    batch 1 draws from   [-------]            moved on by `fresh_per_step`

A thread suffices: OpenCV releases the interpreter while it works, and a worker process would
load torch once more.
"""

from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple, Protocol

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from components.modeling.losses import Targets
from components.modeling.picture_sources import PictureSource
from components.modeling.targets import CropTargets, Picture, Window, cropped
from components.modeling.utils.seeding import rng_of
from components.settings.train import AugmentSettings, TrainSettings

BYTES_MAX = 255


class Batch(NamedTuple):
    """Pictures, shape (N, H, W, 3), uint8 RGB, and their targets."""

    images: Tensor
    targets: Targets


class BatchSource(Protocol):
    """Makes batch number i."""

    def batch(self, number: int) -> Batch:
        """Return a batch; numbers are asked for in rising order."""


class CropSource:
    """Random crops for training.

    Args:
        pictures: Where they are cut from; closed with the source.
        settings: How crops are taken and coloured.
        seed: Decides everything together with the batch's number.
    """

    def __init__(self, pictures: PictureSource, settings: TrainSettings, seed: int) -> None:
        """Keep the sources; nothing is read yet."""
        self._pictures = pictures
        self._crops, self._augment, self._seed = settings.crops, settings.augment, seed
        self._long_side_px = settings.prediction.long_side_px
        self._offset_unit_px = settings.loss.offset_unit_px
        self.whole_from: int | None = None
        """Number of the first batch that shows whole pictures; None while it is not known."""

    def batch(self, number: int) -> Batch:
        """Return training batch `number`: crops, or whole pictures from `whole_from` on."""
        rng = rng_of(self._seed, "batch", number)
        whole = self.whole_from is not None and number >= self.whole_from
        first = number * self._crops.fresh_per_step
        if whole:
            sizes = self._crops.whole_sizes_px
            size, count = sizes[rng.integers(len(sizes))], self._crops.whole_batch
        else:
            size, count = (self._crops.size_px,) * 2, self._crops.batch
        span = self._pictures.move_to(first, self._crops.window)
        pairs = []
        for position in first + rng.integers(span, size=count):
            picture = self._pictures.picture(int(position))
            window = self._whole(rng, picture, size) if whole else self._crop(rng, picture)
            image, targets = cropped(picture, window, size)
            pairs.append((recoloured(image, self._augment, rng), targets))
        return stacked(pairs, self._offset_unit_px)

    def close(self) -> None:
        """Close the pictures."""
        self._pictures.close()

    def _crop(self, rng: np.random.Generator, picture: Picture) -> Window:
        height, width = picture.image.shape[:2]
        low, high = np.log(self._crops.scale)
        unit = self._long_side_px / max(height, width)
        side = round(self._crops.size_px / (unit * np.exp(rng.uniform(low, high))))
        side = min(side, height, width)
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        if len(picture.boxes) and rng.random() < self._crops.around_object:
            x0, y0, x1, y1 = picture.boxes[rng.integers(len(picture.boxes))]
            x, y = rng.uniform(x0, x1), rng.uniform(y0, y1)
        x0 = int(np.clip(round(x - side / 2), 0, width - side))
        y0 = int(np.clip(round(y - side / 2), 0, height - side))
        return Window(x0, y0, side, side, _flip(rng), bool(rng.random() < 0.5))

    def _whole(self, rng: np.random.Generator, picture: Picture, size: tuple[int, int]) -> Window:
        """Return the largest window of the wanted shape, or a little less."""
        height, width = picture.image.shape[:2]
        zoom = rng.uniform(1.0, self._crops.whole_zoom)
        per_px = min(width / size[0], height / size[1]) / zoom
        w, h = int(size[0] * per_px), int(size[1] * per_px)
        x0, y0 = int(rng.integers(width - w + 1)), int(rng.integers(height - h + 1))
        return Window(x0, y0, w, h, _flip(rng))


def _flip(rng: np.random.Generator) -> int | None:
    return (None, 0, 1, -1)[rng.integers(4)]


def recoloured(
    image: NDArray[np.uint8], settings: AugmentSettings, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Return a picture with another exposure and, sometimes, its channels in another order.

    Args:
        image: Shape (H, W, 3).
        settings: Ranges.
        rng: Where chance comes from.
    """
    gain = rng.uniform(*settings.gain)
    offset = rng.uniform(-settings.offset, settings.offset)
    values = np.arange(BYTES_MAX + 1) * gain + offset * BYTES_MAX
    table = np.clip(np.rint(values), 0, BYTES_MAX).astype(np.uint8)
    changed = cv2.LUT(image, table)
    if rng.random() < settings.channel_shuffle:
        changed = changed[..., rng.permutation(3)]
    return np.asarray(changed, np.uint8)


def stacked(pairs: Sequence[tuple[NDArray[np.uint8], CropTargets]], offset_unit_px: float) -> Batch:
    """Return crops of one size as a batch of tensors.

    Args:
        pairs: Pictures and their targets.
        offset_unit_px: Unit of the offset targets.
    """
    images = torch.from_numpy(np.stack([image for image, _ in pairs]))
    objects = np.stack([t.sight for _, t in pairs]).astype(np.float32) / BYTES_MAX
    background = np.clip(1.0 - objects.sum(1, keepdims=True), 0.0, 1.0)
    sight = torch.from_numpy(np.concatenate([background, objects], 1))
    heat = torch.from_numpy(np.stack([t.heat for _, t in pairs])[:, None])
    offset = torch.from_numpy(np.stack([t.offset for _, t in pairs]) / np.float32(offset_unit_px))
    seam = torch.from_numpy(np.stack([t.seam for _, t in pairs])[:, None])
    on_object = np.stack([t.on_object for _, t in pairs])[:, None].astype(np.float32)
    label = torch.from_numpy(np.stack([t.label for _, t in pairs]))
    targets = Targets(sight, seam, label, heat, offset, torch.from_numpy(on_object))
    return Batch(images, targets)


def prefetched(source: BatchSource, first: int, depth: int) -> Generator[Batch, None, None]:
    """Yield batches from `first` on for ever, made on one thread that runs ahead.

    Args:
        source: Makes the batches; used by that thread only.
        first: Number of the first batch.
        depth: How many batches may wait; bounds memory.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="batches") as thread:
        waiting: deque[Future[Batch]] = deque()
        number = first
        try:
            while True:
                while len(waiting) <= depth:
                    waiting.append(thread.submit(source.batch, number))
                    number += 1
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
