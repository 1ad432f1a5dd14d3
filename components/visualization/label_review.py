"""The review sheet of labelled frames: a page to accept and reject on, and a contact sheet.

The page needs nothing but the pictures beside it. Its button saves `review.csv`, which
`dxfvision autolabel --apply` takes; nothing is sent anywhere.
"""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

import cv2
import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from numpy.typing import NDArray

from components.domain import Sample
from components.files import write_bytes, write_text
from components.modeling.pictures import TRUSTED_MAX_PIXELS, read_picture
from components.visualization.contact_sheet import label_colours, tiled, with_labels

Picture = NDArray[np.uint8]

PAGE_NAME, SHEET_NAME = "review.html", "sheet.png"
PICTURES_NAME = "pictures"
TEMPLATE = "label_review.html.j2"
LONG_SIDE_PX = 960
TILE_HW = (240, 320)
MOST_TILES, COLUMNS = 60, 6


def write_review_sheet(
    folder: Path,
    samples: Sequence[Sample],
    refused: Iterable[tuple[Path, Sequence[str]]],
    rejected: AbstractSet[str],
) -> None:
    """Write the review page, its pictures and a contact sheet.

    Args:
        folder: Where to.
        samples: Labelled frames; `image` is the frame's own file.
        refused: Frames that were not labelled, with the reasons.
        rejected: Hashes of frames that were rejected before.
    """
    for old in (folder / PICTURES_NAME).glob("*.jpg"):
        old.unlink()
    labels = sorted({a.label for sample in samples for a in sample.annotations})
    colours = label_colours(labels)
    cards: list[dict[str, object]] = []
    tiles: list[Picture] = []
    for sample in samples:
        drawn = _shrunk(with_labels(_bgr(sample.image), sample, colours), LONG_SIDE_PX)
        name = f"{PICTURES_NAME}/{sample.index:06d}.jpg"
        write_bytes(folder / name, cv2.imencode(".jpg", drawn)[1].tobytes())
        digest = sample.sha256[str(sample.image)]
        cards.append(_card(sample, name, digest, digest in rejected))
        if len(tiles) < MOST_TILES:
            tiles.append(_tile(drawn))
    page = _environment().get_template(TEMPLATE).render(cards=cards, refused=list(refused))
    write_text(folder / PAGE_NAME, page)
    (folder / SHEET_NAME).unlink(missing_ok=True)
    if tiles:
        sheet = cv2.imencode(".png", tiled(tiles, COLUMNS))[1].tobytes()
        write_bytes(folder / SHEET_NAME, sheet)


def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("components.visualization", "."),
        autoescape=select_autoescape(["html.j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _card(sample: Sample, picture: str, digest: str, rejected: bool) -> dict[str, object]:
    """Return what the page shows of one frame."""
    found = [f"{a.label} ({100 * a.visible_fraction:.0f} % visible)" for a in sample.annotations]
    return {
        "picture": picture,
        "frame": str(sample.image),
        "sha256": digest,
        "rejected": rejected,
        "found": found,
        "group": sample.group,
        "split": sample.split,
    }


def _bgr(path: Path) -> Picture:
    return np.asarray(
        cv2.cvtColor(read_picture(path, TRUSTED_MAX_PIXELS), cv2.COLOR_RGB2BGR), np.uint8
    )


def _shrunk(picture: Picture, long_side_px: int) -> Picture:
    scale = long_side_px / max(picture.shape[:2])
    if scale >= 1.0:
        return picture
    height, width = (max(round(side * scale), 1) for side in picture.shape[:2])
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _tile(picture: Picture) -> Picture:
    """Return a picture in the middle of a tile, whole."""
    height, width = TILE_HW
    scale = min(height / picture.shape[0], width / picture.shape[1])
    size = max(round(picture.shape[1] * scale), 1), max(round(picture.shape[0] * scale), 1)
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    tile = np.full((height, width, 3), 255, np.uint8)
    top, left = (height - size[1]) // 2, (width - size[0]) // 2
    tile[top : top + size[1], left : left + size[0]] = small
    return tile
