"""The user's own photographs as backgrounds."""

import json
import logging
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from components.domain import Split
from components.errors import DatasetError
from components.files import file_sha256, write_json

logger = logging.getLogger(__name__)

Picture = NDArray[np.uint8]
PHOTO_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp")
_PHOTO_MAX_PX = 1600


def usable_photos(folder: Path, known: Path | None = None, shown: Path | None = None) -> list[Path]:
    """Return the pictures of a folder that can be decoded, by name; other files are logged.

    Of copies of one photograph the first stands for all: another might become the background of
    another split.

    Args:
        folder: The photographs.
        known: File that remembers by their hashes which contents could be decoded, so that no
            photograph is decoded for this twice; None remembers nothing.
        shown: File with the hashes of contents in which parts were found: as backgrounds they
            would teach that those parts are ground. None for none.
    """
    before, frames = _read_known(known), _read_known(shown)
    photos: dict[str, Path] = {}
    for path in sorted(folder.glob("*")):
        if path.name.startswith(".") or path.suffix == ".md":
            continue
        try:
            digest = _checked(path, before)
        except ValueError as error:
            logger.warning("%s: left out: %s", path, error)
            continue
        first = photos.setdefault(digest, path)
        if first is not path:
            logger.warning("%s: left out: the same bytes as %s", path, first.name)
    if known is not None and photos.keys() != before:
        write_json(known, sorted(photos))
    return [path for digest, path in photos.items() if digest not in frames]


def _read_known(path: Path | None) -> set[str]:
    """Return the hashes of photographs that a file lists; none if it cannot be read."""
    try:
        hashes = [] if path is None else json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        # Without it photographs are decoded again, and frames count as backgrounds until they are
        # labelled again.
        hashes = []
    return (
        {entry for entry in hashes if isinstance(entry, str)} if isinstance(hashes, list) else set()
    )


def _checked(path: Path, known: set[str]) -> str:
    """Return the hash of a photograph that can be used.

    Raises:
        ValueError: If it cannot, with the reason.
    """
    if path.is_dir():
        raise ValueError(f"a folder: photographs lie in {path.parent.name} itself")
    if path.suffix.lower() not in PHOTO_SUFFIXES:
        raise ValueError(f"photographs end in {', '.join(PHOTO_SUFFIXES)}")
    try:
        digest = file_sha256(path)
    except OSError as error:
        raise ValueError(f"cannot be read ({error.strerror})") from error
    if digest not in known and (_ends_early(path) or _decoded(path) is None):
        raise ValueError("not a picture that can be decoded whole")
    return digest


def _ends_early(path: Path) -> bool:
    """Return whether a JPEG stops before its last line: OpenCV would fill the rest with grey."""
    try:
        with Image.open(path, formats=["JPEG"]) as image:
            # An eighth of the size: every byte is read all the same.
            image.draft("RGB", (image.width // 8, image.height // 8))
            image.load()
    except UnidentifiedImageError:
        return False
    except (OSError, SyntaxError, Image.DecompressionBombError):
        return True
    return False


def _decoded(path: Path) -> Picture | None:
    """Return a picture as BGR, turned as its EXIF data say; None if it cannot be decoded."""
    if not cv2.haveImageReader(str(path)):
        return None
    try:
        bgr = cv2.imread(str(path), cv2.IMREAD_COLOR)
    except cv2.error:
        # Sides or pixels beyond what OpenCV takes, 2^20 and 2^30.
        return None
    return None if bgr is None else np.asarray(bgr, dtype=np.uint8)


@lru_cache(maxsize=48)
def read_photo(path: Path) -> Picture:
    """Return a photograph as RGB, shape (H, W, 3), of at most 1600 pixels a side.

    Raises:
        DatasetError: If it cannot be decoded any more; `usable_photos` finds out before.
    """
    bgr = _decoded(path)
    if bgr is None:
        raise DatasetError(
            f"{path}: the photograph could be read at the start of this run and cannot any more; "
            "leave data/raw/images as it is while a dataset is made, then run the command again"
        )
    height, width = bgr.shape[:2]
    scale = _PHOTO_MAX_PX / max(height, width)
    if scale < 1.0:
        size = max(1, round(width * scale)), max(1, round(height * scale))
        bgr = np.asarray(cv2.resize(bgr, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8)


@lru_cache(maxsize=512)
def mean_rgb_of(path: Path) -> NDArray[np.float64]:
    """Return a photograph's mean colour, RGB, 0..255, shape (3,)."""
    return np.asarray(cv2.mean(read_photo(path))[:3], dtype=np.float64)


def photos_of(split: Split, photos: Sequence[Path]) -> list[Path]:
    """Return a split's share of the photographs: each tenth for `val` and `test`, else `train`.

    With fewer than ten the last two are `val`'s and `test`'s; a single one is `train`'s.
    """
    period = min(10, len(photos))
    wanted = {period - 2: "val", period - 1: "test"} if period > 2 else {}
    return [p for i, p in enumerate(photos) if wanted.get(i % period, "train") == split]
