"""Where the parts of a COCO file truly lie, if it tells.

Two forms are read, both beside the usual fields of an annotation:

- `"mm_to_px"`: the homography, 3x3, of our own pictures: drawing with its origin in the middle of
  the outline's box, pixel centres at integers;
- `"H_dxf_mm_to_px"`, 3x3, with `"pose": {"cx", "cy", ...}`: the homography of the drawing as its
  file has it, pixel centres at halves; (cx, cy) is where the middle of the box is seen.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from components.domain import Pose, Rle
from components.errors import DatasetError
from components.geometry.masks import mask_from_rle
from components.geometry.transforms import pose_from_matrix

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PosedObject:
    """One object of a picture whose place is known.

    Attributes:
        label: Name of the part.
        rle: Its visible pixels.
        visible_fraction: Share of it that can be seen, 0..1.
        pose: Its place.
    """

    label: str
    rle: Rle
    visible_fraction: float
    pose: Pose

    def mask(self) -> NDArray[np.bool_]:
        """Return its visible pixels, shape (H, W)."""
        return mask_from_rle(self.rle)


def read_poses(coco: Path) -> list[list[PosedObject]]:
    """Return the objects with a known place of each picture, in the file's order.

    Raises:
        DatasetError: If the file cannot be read or a pose in it is damaged.
    """
    try:
        content = json.loads(coco.read_bytes())
        names = {int(c["id"]): str(c["name"]) for c in content["categories"]}
        sizes = {int(i["id"]): (int(i["height"]), int(i["width"])) for i in content["images"]}
        found: dict[int, list[PosedObject]] = {number: [] for number in sizes}
        for row in content["annotations"]:
            matrix = _matrix(row)
            if matrix is not None and not row.get("iscrowd"):
                number = int(row["image_id"])
                found[number].append(
                    PosedObject(
                        names[int(row["category_id"])],
                        _rle(row["segmentation"], *sizes[number]),
                        float(row.get("visible_fraction", 1.0)),
                        pose_from_matrix(matrix),
                    )
                )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(
            f"{coco}: its poses cannot be read ({type(error).__name__}: {error})"
        ) from error
    return list(found.values())


def _matrix(row: dict[str, Any]) -> Floats | None:
    """Return an annotation's homography in our conventions; None if it has none."""
    if "mm_to_px" in row:
        return np.array(row["mm_to_px"], dtype=np.float64).reshape(3, 3)
    if "H_dxf_mm_to_px" not in row:
        return None
    matrix = np.array(row["H_dxf_mm_to_px"], dtype=np.float64).reshape(3, 3)
    place = np.linalg.solve(matrix, [row["pose"]["cx"], row["pose"]["cy"], 1.0])
    origin, half = np.eye(3), np.eye(3)
    origin[:2, 2], half[:2, 2] = place[:2] / place[2], -0.5
    return np.asarray(half @ matrix @ origin, dtype=np.float64)


def _rle(segmentation: Any, height: int, width: int) -> Rle:
    """Return a mask in any of COCO's forms as compressed run lengths."""
    if isinstance(segmentation, dict) and isinstance(segmentation["counts"], str):
        return Rle(size=[height, width], counts=segmentation["counts"])
    encoded = coco_mask.frPyObjects(segmentation, height, width)
    merged = coco_mask.merge(encoded) if isinstance(encoded, list) else encoded
    return Rle(size=[height, width], counts=merged["counts"].decode())
