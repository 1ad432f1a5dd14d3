"""Reads the COCO and YOLO files of a dataset as any other tool would.

These readers know the published formats and nothing of the writers, so that a mistake in writing
is not undone in reading.

References:
    COCO: https://cocodataset.org/#format-data (box x, y, width, height; polygons or run lengths).
    YOLO: one line an object, class number and polygon as shares of width and height.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import yaml
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from components.domain import Rle
from components.geometry.masks import rle_from_mask
from components.validation.agreement import Export, Record

SUBPIXEL_BITS = 4

UNREADABLE = (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError)
"""What a damaged file may raise on the way to its records."""


@dataclass(frozen=True, slots=True)
class CocoFile:
    """One COCO file.

    Attributes:
        categories: Names by category id.
        images: Image records by file name without folders.
        annotations: Annotation records by image id.
    """

    categories: Mapping[int, str]
    images: Mapping[str, Mapping[str, Any]]
    annotations: Mapping[int, Sequence[Mapping[str, Any]]]

    def picture(self, name: str) -> "CocoPicture":
        """Return what the file says of one picture.

        Args:
            name: File name without folders.
        """
        record = self.images.get(name)
        if record is None:
            return CocoPicture(None, (), self.categories)
        return CocoPicture(
            (int(record["height"]), int(record["width"])),
            tuple(self.annotations.get(int(record["id"]), ())),
            self.categories,
        )


@dataclass(frozen=True, slots=True)
class CocoPicture:
    """What a COCO file says of one picture, as it stands there; small enough for another process.

    Attributes:
        height_width_px: None if the file does not list the picture.
        annotations: Its annotation records.
        categories: Names by category id.
    """

    height_width_px: tuple[int, int] | None
    annotations: tuple[Mapping[str, Any], ...]
    categories: Mapping[int, str]


def read_coco(path: Path) -> CocoFile | None:
    """Read a COCO file, None if it cannot be read or is none."""
    try:
        content = json.loads(path.read_text("utf-8"), object_hook=_packed)
        annotations: dict[int, list[Mapping[str, Any]]] = {}
        for annotation in content["annotations"]:
            annotations.setdefault(int(annotation["image_id"]), []).append(annotation)
        return CocoFile(
            categories={int(c["id"]): str(c["name"]) for c in content["categories"]},
            images={Path(image["file_name"]).name: image for image in content["images"]},
            annotations=annotations,
        )
    except UNREADABLE:
        return None


def _packed(record: dict[str, Any]) -> dict[str, Any]:
    """Pack the polygons of a record as arrays: a tenth of the memory of lists."""
    polygons = record.get("segmentation")
    if isinstance(polygons, list):
        record["segmentation"] = [np.array(ring, dtype=np.float32) for ring in polygons]
    return record


def coco_export(picture: CocoPicture, height: int, width: int) -> Export:
    """Return the objects of one picture in COCO.

    Args:
        picture: As it stands in the file.
        height: Of the picture, in pixels.
        width: Of the picture, in pixels.
    """
    records = tuple(
        Record(
            picture.categories.get(int(annotation["category_id"]), ""),
            coco_rle(annotation["segmentation"], height, width),
            _xyxy(annotation["bbox"]),
        )
        for annotation in picture.annotations
    )
    return Export(picture.height_width_px == (height, width), records)


def coco_rle(segmentation: Any, height: int, width: int) -> Rle:
    """Return a COCO segmentation, packed polygons or run lengths, as compressed run lengths."""
    if isinstance(segmentation, list):
        rings = [ring.tolist() for ring in segmentation]
        encoded = coco_mask.merge(coco_mask.frPyObjects(rings, height, width))
    elif isinstance(segmentation["counts"], list):
        encoded = coco_mask.frPyObjects(segmentation, height, width)
    else:
        return Rle(size=list(segmentation["size"]), counts=str(segmentation["counts"]))
    return Rle(size=[int(side) for side in encoded["size"]], counts=encoded["counts"].decode())


def read_yolo(data: bytes, names: Sequence[str], height: int, width: int) -> Export | None:
    """Read the YOLO label file of one picture, None if it is none.

    Args:
        data: One object a line: class number, then x and y of each vertex as shares.
        names: Names of the classes.
        height: Of the picture, in pixels.
        width: Of the picture, in pixels.
    """
    try:
        lines = [line.split() for line in data.decode().splitlines() if line.strip()]
        records = []
        for number, *shares in lines:
            xy = np.array(shares, dtype=np.float64).reshape(-1, 2) * (width, height)
            records.append(Record(names[int(number)], polygon_rle(xy, height, width), None))
        return Export(True, tuple(records))
    except UNREADABLE:
        return None


def read_yolo_names(path: Path) -> tuple[str, ...] | None:
    """Return the class names of YOLO's `data.yaml` in their order, None if it cannot be read."""
    try:
        names = yaml.safe_load(path.read_text("utf-8"))["names"]
        ordered = names if isinstance(names, list) else [names[key] for key in sorted(names)]
        return tuple(str(name) for name in ordered)
    except (*UNREADABLE, yaml.YAMLError):
        return None


def polygon_rle(xy_px: NDArray[np.float64], height: int, width: int) -> Rle:
    """Return the pixels of a polygon given by pixel edges, (0, 0) the picture's top left corner.

    A pixel belongs to it when its centre is inside or on the line, as OpenCV fills.

    Examples:
        >>> square = np.array([[0.5, 0.5], [2.5, 0.5], [2.5, 1.5], [0.5, 1.5]])
        >>> int(coco_mask.area(polygon_rle(square, 4, 4)))
        6
    """
    canvas = np.zeros((height, width), dtype=np.uint8)
    fixed = np.rint((xy_px - 0.5) * 2**SUBPIXEL_BITS).astype(np.int32)
    cv2.fillPoly(canvas, [fixed], (1,), shift=SUBPIXEL_BITS)
    return rle_from_mask(canvas)


def _xyxy(xywh: Sequence[float]) -> tuple[float, float, float, float]:
    """Return COCO's x, y, width, height as edges."""
    x, y, width, height = (float(value) for value in xywh)
    return x, y, x + width, y + height
