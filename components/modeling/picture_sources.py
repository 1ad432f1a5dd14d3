"""Where training takes its pictures from: a row of them, by position, without end.

A source may be asked for any position from the one it was moved to, as often as wanted; what a
picture shows depends on its position alone, so a training that was interrupted sees what it would
have seen.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from components.domain import Sample
from components.errors import DatasetError
from components.modeling.targets import Picture, picture_of
from components.modeling.utils.seeding import rng_of


class PictureSource(Protocol):
    """A row of pictures."""

    def move_to(self, first: int, span: int) -> int:
        """Make ready for positions from `first` on and forget those before.

        Args:
            first: Lowest position that will be asked for; never falls.
            span: How many positions from there on are wanted.

        Returns:
            How many are to be had, 1 to `span`.
        """

    def picture(self, position: int) -> Picture:
        """Return a picture that `move_to` made ready."""

    def close(self) -> None:
        """Give back what the source holds; it is not asked again."""


class DatasetPictures:
    """The pictures of a dataset on disk, in an order of their own in every epoch.

    Args:
        root: Home folder that the samples' paths are relative to.
        samples: What to read, at least one.
        label_numbers: Number of each drawing.
        seed: Decides the order.
    """

    def __init__(
        self, root: Path, samples: Sequence[Sample], label_numbers: dict[str, int], seed: int
    ) -> None:
        """Keep the samples; nothing is read yet."""
        self._root, self._samples, self._labels = root, samples, label_numbers
        self._seed = seed
        self._read: dict[int, Picture] = {}

    def __len__(self) -> int:
        """Return the number of pictures in an epoch."""
        return len(self._samples)

    def move_to(self, first: int, span: int) -> int:
        """Forget what was read before `first`; see `PictureSource`."""
        for position in [p for p in self._read if p < first]:
            del self._read[position]
        return min(span, len(self._samples))

    def picture(self, position: int) -> Picture:
        """Return a picture, read when it is first asked for."""
        if position not in self._read:
            epoch, place = divmod(position, len(self._samples))
            order = rng_of(self._seed, "order", epoch).permutation(len(self._samples))
            sample = self._samples[order[place]]
            self._read[position] = read_picture(self._root, sample, self._labels)
        return self._read[position]

    def close(self) -> None:
        """Forget everything."""
        self._read.clear()


class MixedPictures:
    """Pictures of one row with frames of a camera among them.

    Whether a position shows a frame follows from the position alone.

    Args:
        pictures: The row; closed with this one.
        frames: Shown now and then in their place.
        share: Of the positions that show a frame, 0..1.
        seed: Decides which.
    """

    def __init__(
        self, pictures: PictureSource, frames: DatasetPictures, share: float, seed: int
    ) -> None:
        """Keep both; nothing is read yet."""
        self.pictures, self._frames = pictures, frames
        self._share, self._seed = share, seed

    def move_to(self, first: int, span: int) -> int:
        """Move both; see `PictureSource`."""
        self._frames.move_to(first, span)
        return self.pictures.move_to(first, span)

    def picture(self, position: int) -> Picture:
        """Return a frame or a picture of the row."""
        if rng_of(self._seed, "frames", position).random() < self._share:
            return self._frames.picture(position)
        return self.pictures.picture(position)

    def close(self) -> None:
        """Close both."""
        self._frames.close()
        self.pictures.close()


def read_picture(root: Path, sample: Sample, label_numbers: dict[str, int]) -> Picture:
    """Decode a sample's picture and instance mask.

    Args:
        root: Home folder that the sample's paths are relative to.
        sample: What to read.
        label_numbers: Number of each drawing.

    Raises:
        DatasetError: If a file is missing, damaged or the two differ in size.
    """
    image = _decoded(root / sample.image, cv2.IMREAD_COLOR)
    instances = _decoded(root / sample.instance_mask, cv2.IMREAD_UNCHANGED)
    if instances.shape != image.shape[:2] or instances.dtype != np.uint8:
        raise DatasetError(
            f"{root / sample.instance_mask}: expected a mask of {image.shape[:2]} bytes like its "
            f"picture, got {instances.shape} {instances.dtype}; generate the dataset again"
        )
    rgb = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)
    return picture_of(rgb, instances, sample.annotations, label_numbers)


def _decoded(path: Path, flags: int) -> NDArray[np.uint8]:
    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise DatasetError(
            f"{path}: cannot be read ({error.strerror}); generate the dataset again"
        ) from error
    image = cv2.imdecode(data, flags) if len(data) else None
    if image is None:
        raise DatasetError(
            f"{path}: {len(data)} bytes that are no picture; generate the dataset again"
        )
    return np.asarray(image, np.uint8)
