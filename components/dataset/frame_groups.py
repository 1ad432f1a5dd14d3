"""Which frames of a camera belong together, and in which split each group stands.

Frames of one moment or of one motionless scene show almost the same: one in `train` and one in
`val` would make a network that has learned them by heart look good. So frames that were taken
shortly after each other, and frames that look alike whenever they were taken, are one *group*.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

from components.domain import Split

_GOLDEN = (5**0.5 - 1) / 2
THUMBNAIL_PX = 24
EXIF_TIME = "%Y:%m:%d %H:%M:%S"


@dataclass(frozen=True, slots=True, eq=False)
class Stamp:
    """What tells frames of one scene.

    Attributes:
        taken_s: When it was taken, seconds since 1970.
        thumbnail: Grey levels, shape (24 * 24,), float32.
    """

    taken_s: float
    thumbnail: NDArray[np.float32]


def stamp_of(path: Path, image: NDArray[np.uint8]) -> Stamp:
    """Return the stamp of a frame.

    Args:
        path: Its file; the time is that of its EXIF data, else that of its last change.
        image: RGB, shape (H, W, 3).
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (THUMBNAIL_PX,) * 2, interpolation=cv2.INTER_AREA)
    return Stamp(taken_s(path), np.asarray(small, np.float32).ravel())


def taken_s(path: Path) -> float:
    """Return when a frame was taken, in seconds since 1970; EXIF times are taken for UTC."""
    try:
        with Image.open(path) as image:
            exif = image.getexif()
            text = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal)
            text = text or exif.get(ExifTags.Base.DateTime)
        return datetime.strptime(str(text), EXIF_TIME).replace(tzinfo=UTC).timestamp()
    except (OSError, ValueError, SyntaxError):
        return path.stat().st_mtime


def groups_of(stamps: Sequence[Stamp], gap_s: float, alike_levels: float) -> list[int]:
    """Return the number of each frame's group; groups are numbered in the order of time.

    Args:
        stamps: Of the frames, in any order.
        gap_s: Frames taken less than this apart are one group.
        alike_levels: Frames whose thumbnails differ by less than this mean of grey levels are one.
    """
    order = sorted(range(len(stamps)), key=lambda place: stamps[place].taken_s)
    group = np.arange(len(stamps))
    for rank, place in enumerate(order):
        before = order[:rank]
        if not before:
            continue
        thumbnails = np.stack([stamps[other].thumbnail for other in before])
        differences = np.abs(thumbnails - stamps[place].thumbnail).mean(axis=1)
        joined = [before[k] for k in np.flatnonzero(differences < alike_levels)]
        if stamps[place].taken_s - stamps[before[-1]].taken_s < gap_s:
            joined.append(before[-1])
        for other in joined:
            group[group == group[place]] = group[other]
    numbers: dict[int, int] = {}
    for place in order:
        numbers.setdefault(int(group[place]), len(numbers))
    return [numbers[int(group[place])] for place in range(len(stamps))]


def split_of_frames(group: int, val_share: float) -> Split:
    """Return the split of a group of frames: `train` or `val`, never `test`; the first is `train`.

    Examples:
        >>> [split_of_frames(group, 0.2) for group in range(5)]
        ['train', 'train', 'train', 'val', 'train']
    """
    return "val" if (group * _GOLDEN) % 1.0 >= 1.0 - val_share else "train"
