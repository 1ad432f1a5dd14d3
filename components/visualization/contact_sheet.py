"""Contact sheets: many pictures of a dataset on one, plain or with their labels laid over.

A sheet is a PNG; one a split and kind, made from samples spread evenly over the split.
"""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from components.dataset.card import load_dataset
from components.dataset.manifest import read_manifest
from components.domain import OTHER_LABEL, SPLITS, Sample, Split
from components.errors import DatasetError
from components.files import write_bytes
from components.geometry.masks import mask_from_rle
from components.geometry.transforms import pose_matrix, transformed
from components.home import Home

Picture = NDArray[np.uint8]

_OTHER_BGR = (160, 160, 160)
_FONT, _FONT_SCALE = cv2.FONT_HERSHEY_SIMPLEX, 0.32
_GAP_PX = 4


def label_colours(labels: Sequence[str]) -> dict[str, tuple[int, int, int]]:
    """Return a bright colour (blue, green, red) for each label, hues spread evenly."""
    hues = np.linspace(0, 180, len(labels), endpoint=False).astype(np.uint8)
    hsv = np.stack([hues, np.full_like(hues, 210), np.full_like(hues, 255)], axis=-1)[None]
    colours = np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR))[0] if len(labels) else []
    table = {
        label: (int(c[0]), int(c[1]), int(c[2])) for label, c in zip(labels, colours, strict=True)
    }
    return {**table, OTHER_LABEL: _OTHER_BGR}


def with_labels(
    picture: Picture, sample: Sample, colours: dict[str, tuple[int, int, int]]
) -> Picture:
    """Return a picture with its masks, boxes, names and the axes of its poses drawn over.

    Args:
        picture: BGR, shape (H, W, 3); not changed.
        sample: What the manifest says about it.
        colours: Colour of each label.
    """
    drawn = picture.copy()
    for annotation in sample.annotations:
        colour = colours.get(annotation.label, _OTHER_BGR)
        inside = mask_from_rle(annotation.visible)
        drawn[inside] = (0.65 * drawn[inside] + 0.35 * np.array(colour)).astype(np.uint8)
        contours, _ = cv2.findContours(
            inside.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE
        )
        cv2.drawContours(drawn, contours, -1, colour, 1, cv2.LINE_AA)
        x0, y0, x1, y1 = (round(edge) for edge in annotation.xyxy_px)
        cv2.rectangle(drawn, (x0, y0), (x1 - 1, y1 - 1), colour, 1)
        text = f"{annotation.label} {100 * annotation.visible_fraction:.0f}%"
        place = _text_place(text, x0 + 2, y0 - 3, drawn.shape[1])
        cv2.putText(drawn, text, place, _FONT, _FONT_SCALE, colour, 1, cv2.LINE_AA)
        if annotation.pose is not None:
            reach = (x1 - x0) / 4 / annotation.pose.px_per_mm
            axis = transformed(np.array([[0.0, 0.0], [reach, 0.0]]), pose_matrix(annotation.pose))
            start, end = np.rint(axis).astype(int).tolist()
            cv2.arrowedLine(drawn, start, end, (255, 255, 255), 1, cv2.LINE_AA)
    return drawn


def _text_place(text: str, x_px: int, y_px: int, width_px: int) -> tuple[int, int]:
    """Return where a line of text begins so that a picture `width_px` wide does not cut it."""
    (length, height), _ = cv2.getTextSize(text, _FONT, _FONT_SCALE, 1)
    return max(0, min(x_px, width_px - length)), max(height, y_px)


def tiled(pictures: Sequence[Picture], columns: int) -> Picture:
    """Return pictures of one size on one sheet, row by row, with gaps.

    Raises:
        ValueError: If there are no pictures or no columns.
    """
    if not pictures or columns < 1:
        raise ValueError(f"expected pictures and columns, got {len(pictures)} and {columns}")
    height, width = pictures[0].shape[:2]
    rows = -(-len(pictures) // columns)
    columns = min(columns, len(pictures))
    sheet = np.full(
        (rows * (height + _GAP_PX) + _GAP_PX, columns * (width + _GAP_PX) + _GAP_PX, 3),
        255,
        dtype=np.uint8,
    )
    for place, picture in enumerate(pictures):
        top = _GAP_PX + place // columns * (height + _GAP_PX)
        left = _GAP_PX + place % columns * (width + _GAP_PX)
        sheet[top : top + height, left : left + width] = picture
    return sheet


def write_contact_sheets(home: Home, pictures: int = 24, columns: int = 6) -> list[Path]:
    """Write a plain and a labelled sheet of each split to the reports folder.

    Args:
        home: Where the dataset lies.
        pictures: At most so many on a sheet.
        columns: How many side by side.

    Returns:
        The PNG files; splits without pictures have none.

    Raises:
        DatasetError: If there is no finished dataset or a picture cannot be read.
    """
    colours = label_colours(load_dataset(home).labels)
    samples: dict[Split, list[Sample]] = {split: [] for split in SPLITS}
    for sample in read_manifest(home.manifest):
        samples[sample.split].append(sample)
    paths = []
    for split, found in samples.items():
        spread = np.linspace(0, len(found) - 1, min(pictures, len(found))).round().astype(int)
        if not len(spread):
            continue
        chosen = [found[place] for place in spread]
        plain = [_read(home.root / sample.image) for sample in chosen]
        labelled = [
            with_labels(picture, sample, colours)
            for picture, sample in zip(plain, chosen, strict=True)
        ]
        for kind, drawn in (("pictures", plain), ("labels", labelled)):
            path = home.reports / "dataset" / f"{split}_{kind}.png"
            write_bytes(path, cv2.imencode(".png", tiled(drawn, columns))[1].tobytes())
            paths.append(path)
    return paths


def _read(path: Path) -> Picture:
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise DatasetError(
            f"{path}: the picture is missing or damaged; regenerate with `dxfvision generate`"
        )
    return np.asarray(picture, dtype=np.uint8)
