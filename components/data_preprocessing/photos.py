"""The user's own photographs as backgrounds."""

import logging
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from components.domain import Split

logger = logging.getLogger(__name__)

Picture = NDArray[np.uint8]
PHOTO_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp")
_PHOTO_MAX_PX = 1600


def usable_photos(folder: Path) -> list[Path]:
    """Return the pictures of a folder that can be decoded, by name; the others are logged."""
    photos = []
    for path in sorted(folder.glob("*")):
        if path.suffix.lower() not in PHOTO_SUFFIXES:
            continue
        if cv2.haveImageReader(str(path)) and cv2.imread(str(path)) is not None:
            photos.append(path)
        else:
            logger.warning("%s: not a picture that can be decoded; left out", path)
    return photos


@lru_cache(maxsize=48)
def read_photo(path: Path) -> Picture:
    """Return a photograph as RGB of at most 1600 pixels a side.

    Raises:
        ValueError: If it cannot be decoded; `usable_photos` finds that out before.
    """
    bgr = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if bgr is None:
        raise ValueError(f"{path}: not a picture that can be decoded")
    scale = min(1.0, _PHOTO_MAX_PX / max(bgr.shape[:2]))
    if scale < 1.0:
        bgr = cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8)


@lru_cache(maxsize=512)
def mean_rgb_of(path: Path) -> NDArray[np.float64]:
    """Return a photograph's mean colour, RGB, 0..255."""
    return np.asarray(cv2.mean(read_photo(path))[:3], dtype=np.float64)


def photos_of(split: Split, photos: Sequence[Path]) -> list[Path]:
    """Return a split's share of the photographs: each tenth for `val` and `test`, else `train`.

    With fewer than ten the last two are `val`'s and `test`'s; a single one is `train`'s.
    """
    period = min(10, len(photos))
    wanted = {period - 2: "val", period - 1: "test"} if period > 2 else {}
    return [p for i, p in enumerate(photos) if wanted.get(i % period, "train") == split]
