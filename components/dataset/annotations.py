"""Scene -> what is true about its picture, and the label formats of other tools.

COCO comes in two files a split: `instances_*.json` with run-length masks, exact, and
`polygons_*.json` with polygons along the pixels' edges. YOLO polygons run through pixel centres,
as its tools fill them. Formats without holes get them by seams of no width (`masks.bridged`).
The formats list the drawings' parts only; other objects stand in the manifest and the masks.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from components.data_preprocessing.renderer import Rendering, Silhouette
from components.data_preprocessing.scene import Scene, SceneObject
from components.domain import OTHER_LABEL, Annotation
from components.geometry.masks import (
    bridged,
    chained,
    edge_polygons,
    polygons_from_mask,
    rle_from_window,
    xyxy_from_mask,
)
from components.geometry.transforms import pose_matrix

Mask = NDArray[np.uint8]
Label = tuple[Mask, int, int]
"""Visible pixels of one object in a window, and the window's first column and row."""


def label_numbers(names: Sequence[str]) -> dict[str, int]:
    """Return each part's number in masks and COCO files: from 1, by name.

    Examples:
        >>> label_numbers(["plate", "arm"])
        {'arm': 1, 'plate': 2}
    """
    return {name: number for number, name in enumerate(sorted(names), start=1)}


def annotate(scene: Scene, rendering: Rendering, min_area_px: int) -> tuple[Annotation, ...]:
    """Return what is true about each object of a picture.

    Objects with fewer visible pixels than `min_area_px` are left out and erased from
    `rendering.instances`, which is changed in place.
    """
    found = []
    pairs = zip(scene.objects, rendering.silhouettes, strict=True)
    for number, (thing, silhouette) in enumerate(pairs, start=1):
        if silhouette is None:
            continue
        window = silhouette.window.of(rendering.instances)
        visible = (window == number).view(np.uint8)
        if cv2.countNonZero(visible) < min_area_px:
            window[visible > 0] = 0
        else:
            found.append(_annotation(number, thing, silhouette, visible, scene))
    return tuple(found)


def _annotation(
    number: int, thing: SceneObject, silhouette: Silhouette, visible: Mask, scene: Scene
) -> Annotation:
    window, size = silhouette.window, (scene.view.height_px, scene.view.width_px)
    x0, y0, x1, y1 = xyxy_from_mask(visible) or (0.0, 0.0, 0.0, 0.0)
    area = cv2.countNonZero(visible)
    whole_area = cv2.countNonZero(silhouette.mask)
    seen = rle_from_window(visible, window.left, window.top, *size)
    hidden = area != whole_area
    whole = rle_from_window(silhouette.mask, window.left, window.top, *size) if hidden else seen
    return Annotation(
        instance_id=number,
        label=thing.label,
        xyxy_px=(x0 + window.left, y0 + window.top, x1 + window.left, y1 + window.top),
        area_px=area,
        visible=seen,
        whole=whole,
        visible_fraction=area / whole_area * silhouette.in_frame,
        pose=thing.pose(scene.view),
    )


def semantic_mask(
    instances: Mask, annotations: Sequence[Annotation], numbers: Mapping[str, int]
) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Return the label of each pixel, shape (H, W).

    0 is the ground, 1 to K the parts, 255 other objects; with more than 250 parts the mask is
    uint16 and other objects are 65535.

    Args:
        instances: Instance of each pixel, shape (H, W), uint8.
        annotations: Objects of the picture.
        numbers: Number of each part's name.
    """
    wide = len(numbers) > 250
    table = np.zeros(256, dtype=np.uint16)
    for annotation in annotations:
        table[annotation.instance_id] = numbers.get(annotation.label, 65535)
    if wide:
        return np.asarray(table[instances])
    # Many times faster than indexing with an array; 65535 becomes 255.
    return np.asarray(cv2.LUT(instances, table.astype(np.uint8)), dtype=np.uint8)


def windows(annotations: Sequence[Annotation], instances: Mask) -> Iterator[tuple[int, Label]]:
    """Yield the place in `annotations` and the visible pixels of each part."""
    for place, annotation in enumerate(annotations):
        if annotation.label == OTHER_LABEL:
            continue
        left, top, right, bottom = (int(edge) for edge in annotation.xyxy_px)
        mask = instances[top:bottom, left:right] == annotation.instance_id
        yield place, (mask.view(np.uint8), left, top)


def coco_polygons(label: Label) -> list[NDArray[np.int32]]:
    """Return COCO's polygons of one object, px: x, y, x, y, ... a region, holes by seams."""
    mask, left, top = label
    found = edge_polygons(mask, (left, top))
    return [bridged([p.outline_px, *p.holes_px]).ravel() for p in found]


@lru_cache(maxsize=8)
def _places(height_px: int, width_px: int) -> list[str]:
    """Return the text of each column's centre over the width, then of each row's over the height.

    Formatting them anew costs most. A space stands before each.
    """
    return [
        f" {(place + 0.5) / side:.6g}" for side in (width_px, height_px) for place in range(side)
    ]


def yolo_line(number: int, label: Label, height_px: int, width_px: int) -> str:
    """Return one line of a YOLO segmentation label.

    Args:
        number: Of the part, from 1; YOLO counts from 0.
        label: Visible pixels.
        height_px: Height of the picture.
        width_px: Width of the picture.

    Returns:
        `class x y x y ...` as shares of the sides, empty for objects without any polygon.
    """
    mask, left, top = label
    # Rows stand behind the columns in the table of texts.
    found = polygons_from_mask(mask, with_lines=True, corner_px=(left, width_px + top))
    regions = [bridged([p.outline_px, *p.holes_px]) for p in found]
    if not regions:
        return ""
    ring = bridged(chained(regions))
    texts = map(_places(height_px, width_px).__getitem__, ring.ravel().tolist())
    return f"{number - 1}{''.join(texts)}"


def coco_annotation(
    annotation: Annotation, annotation_id: int, image_id: int, number: int
) -> dict[str, Any]:
    """Return COCO's record of one object with its run-length mask.

    Of a part it also tells the homography `mm_to_px`, by which poses are measured.
    """
    x0, y0, x1, y1 = annotation.xyxy_px
    record: dict[str, Any] = {
        "id": annotation_id,
        "image_id": image_id,
        "category_id": number,
        "bbox": [x0, y0, x1 - x0, y1 - y0],
        "area": annotation.area_px,
        "iscrowd": 0,
        "segmentation": annotation.visible,
        "visible_fraction": round(annotation.visible_fraction, 4),
        "instance_id": annotation.instance_id,
    }
    if annotation.pose is not None:
        rows = pose_matrix(annotation.pose).tolist()
        record["mm_to_px"] = [[float(f"{value:.9g}") for value in row] for row in rows]
    return record


def coco_image(index: int, file_name: str, height_px: int, width_px: int) -> dict[str, Any]:
    """Return COCO's record of one picture; `file_name` is relative to the split's images."""
    return {"id": index, "file_name": file_name, "height": height_px, "width": width_px}


def coco_categories(numbers: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return COCO's list of the parts."""
    return [
        {"id": number, "name": name, "supercategory": "part"} for name, number in numbers.items()
    ]
