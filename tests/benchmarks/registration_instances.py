"""Objects whose drawing and place are known, for the figures of registration.

They come from pictures by another renderer with exact homographies, and from our own scenes; their
masks are the truth's own, or degraded to what a network knows that sees every fourth pixel.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from components.data_preprocessing.shapes import random_part
from components.dataset.samples import make_sample
from components.domain import Part, Pose
from components.geometry.dxf_reader import read_drawing
from components.geometry.masks import mask_from_rle
from components.geometry.transforms import pose_from_matrix
from components.settings.data import DataSettings
from components.settings.drawings import DrawingSettings

Mask = NDArray[np.bool_]
STRIDE = 4
"""Pixels of the picture per pixel of a degraded mask."""


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """One object of a picture with its truth."""

    label: str | None
    mask: Mask
    others: Mask
    visible: float
    pose: Pose | None


def photoreal(folder: Path) -> Iterator[Instance]:
    """Yield the instances of the photorealistic pictures."""
    truth = json.loads((folder / "coco.json").read_text("utf-8"))
    names = {category["id"]: category["name"] for category in truth["categories"]}
    by_image: dict[int, list[dict[str, Any]]] = {}
    for row in truth["annotations"]:
        by_image.setdefault(row["image_id"], []).append(row)
    for rows in by_image.values():
        masks = [mask_from_rle(row["segmentation"]) for row in rows]
        every = np.any(masks, axis=0)
        for row, mask in zip(rows, masks, strict=True):
            yield Instance(
                names[row["category_id"]],
                mask,
                every & ~mask,
                row["visible_fraction"],
                pose_of(row),
            )


def pose_of(row: dict[str, Any]) -> Pose:
    """Return the exact pose in our conventions: origin in the box's centre, pixels from 0."""
    matrix = np.array(row["H_dxf_mm_to_px"], dtype=np.float64).reshape(3, 3)
    place = np.linalg.solve(matrix, [row["pose"]["cx"], row["pose"]["cy"], 1.0])
    origin, half = np.eye(3), np.eye(3)
    origin[:2, 2], half[:2, 2] = place[:2] / place[2], -0.5
    return pose_from_matrix(half @ matrix @ origin)


def scenes(parts: list[Part], count: int) -> Iterator[Instance]:
    """Yield the distractors of our own scenes with some parts."""
    settings = DataSettings.load().model_copy(update={"width_px": 640, "height_px": 480})
    names = {part.name for part in parts}
    for index in range(count):
        sample = make_sample(parts, settings, 2026, index)
        known = [a.instance_id for a in sample.annotations if a.label in names]
        every = np.isin(sample.instances, known)
        for row in sample.annotations:
            if row.label not in names and row.area_px >= 400:
                mask = sample.instances == row.instance_id
                yield Instance(None, mask, every & ~mask, row.visible_fraction, None)


def random_parts(count: int) -> Iterator[Instance]:
    """Yield parts of no drawing in our own scenes."""
    settings = DataSettings.load().model_copy(update={"width_px": 640, "height_px": 480})
    rng = np.random.default_rng(7)
    for index in range(count):
        parts = [random_part(rng, f"random_{k}") for k in range(5)]
        sample = make_sample(parts, settings, 2027, index)
        every = np.isin(
            sample.instances, [a.instance_id for a in sample.annotations if a.pose is not None]
        )
        for row in sample.annotations:
            if row.pose is not None and row.area_px >= 400:
                mask = sample.instances == row.instance_id
                yield Instance(None, mask, every & ~mask, row.visible_fraction, None)


def degraded(mask: Mask) -> tuple[Mask, Mask, NDArray[np.float32]]:
    """Return a mask in steps of `STRIDE` pixels; a smooth one; and its probability."""
    height, width = mask.shape
    small = cv2.resize(
        mask.astype(np.float32), (width // STRIDE, height // STRIDE), interpolation=cv2.INTER_AREA
    )
    steps = cv2.resize(
        np.where(small >= 0.5, 1, 0).astype(np.uint8), (width, height), None, 0, 0, 0
    )
    smooth = np.asarray(cv2.resize(small, (width, height)), dtype=np.float32)
    return steps > 0, smooth >= 0.5, smooth


def more_drawings(folder: Path, count: int) -> list[Part]:
    """Return parts of drawings that hold one part each."""
    settings = DrawingSettings.load()
    parts: list[Part] = []
    for path in sorted(folder.glob("*.dxf")):
        if len(parts) >= count:
            break
        if path.stat().st_size < 200_000:
            drawing = read_drawing(path, settings)
            if len(drawing.parts) == 1:
                part = drawing.parts[0]
                parts.append(Part(f"other_{len(parts):03d}", part.outline, part.holes))
    return parts
