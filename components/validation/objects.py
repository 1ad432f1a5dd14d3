"""Measures the objects of one sample against its masks and its COCO and YOLO records."""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from components.domain import OTHER_LABEL, Rle, Sample
from components.geometry.masks import mask_from_rle, xyxy_from_mask
from components.validation.agreement import Pairing, Record, box_error, rle_area
from components.validation.rows import AnnotationRow

Pixels = NDArray[np.uint8] | NDArray[np.uint16]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """What the manifest and the mask pictures say of one sample.

    Attributes:
        sample: As in the manifest.
        masks: Visible pixels of each annotation, shape (H, W), bool; None where its run lengths
            are not of the picture's size.
        semantic: Semantic mask, shape (H, W); None if it cannot be used.
        instances: Instance mask, shape (H, W); None if it cannot be used.
    """

    sample: Sample
    masks: tuple[Mask | None, ...]
    semantic: Pixels | None
    instances: Pixels | None

    def stray_instance_px(self) -> int | None:
        """Return the number of pixels in the instance mask that belong to no annotation.

        None where two annotations have one number: the other one's pixels belong to it then.
        """
        numbers = [annotation.instance_id for annotation in self.sample.annotations]
        if self.instances is None or len(set(numbers)) < len(numbers):
            return None
        counts = np.bincount(self.instances.reshape(-1), minlength=1)
        return int(counts.sum() - sum(counts[i] for i in {0, *numbers} if i < len(counts)))

    def stray_semantic_px(self) -> int | None:
        """Return the number of labelled pixels in the semantic mask outside all objects."""
        if self.semantic is None:
            return None
        labelled = self.semantic != 0
        for mask in self.masks:
            if mask is not None:
                labelled &= ~mask
        return int(np.count_nonzero(labelled))


@dataclass(frozen=True, slots=True)
class Described:
    """Which record describes which object; None for a file that cannot be read.

    Attributes:
        coco: In the COCO file with run lengths.
        polygons: In the COCO file with polygons.
        yolo: In the YOLO file.
    """

    coco: Pairing | None
    polygons: Pairing | None
    yolo: Pairing | None


def read_truth(sample: Sample, semantic: Pixels | None, instances: Pixels | None) -> Truth:
    """Return the truth of a sample; masks that are not of its size are left out."""
    size = (sample.height_px, sample.width_px)
    masks = tuple(_mask(annotation.visible, size) for annotation in sample.annotations)
    fitting = [
        pixels if pixels is not None and pixels.shape == size else None
        for pixels in (semantic, instances)
    ]
    return Truth(sample, masks, fitting[0], fitting[1])


def annotation_rows(
    truth: Truth, numbers: Mapping[str, int], described: Described
) -> tuple[AnnotationRow, ...]:
    """Measure every object of a sample.

    Args:
        truth: The sample and its masks.
        numbers: Number of each label in the semantic mask; that of `OTHER_LABEL` too.
        described: Which record of each format describes which object.
    """
    return tuple(
        _row(truth, place, numbers, described) for place in range(len(truth.sample.annotations))
    )


def _row(
    truth: Truth, place: int, numbers: Mapping[str, int], described: Described
) -> AnnotationRow:
    """Measure one object."""
    sample = truth.sample
    annotation, mask = sample.annotations[place], truth.masks[place]
    x0, y0, x1, y1 = annotation.xyxy_px
    mask_box = None if mask is None else xyxy_from_mask(mask)
    coco, coco_iou = _description(described.coco, place)
    polygons, polygon_iou = _description(described.polygons, place)
    yolo, yolo_iou = _description(described.yolo, place)
    return AnnotationRow(
        index=sample.index,
        image=str(sample.image),
        split=sample.split,
        instance_id=annotation.instance_id,
        label=annotation.label,
        is_part=annotation.label != OTHER_LABEL,
        area_px=annotation.area_px,
        area_error_px=None if mask is None else abs(annotation.area_px - int(mask.sum())),
        whole_area_px=rle_area(annotation.whole),
        x0_px=x0,
        y0_px=y0,
        x1_px=x1,
        y1_px=y1,
        box_inside=0 <= x0 < x1 <= sample.width_px and 0 <= y0 < y1 <= sample.height_px,
        box_error_px=box_error(annotation.xyxy_px, mask_box),
        side_ratio=_side_ratio(x1 - x0, y1 - y0),
        visible_fraction=annotation.visible_fraction,
        mask_iou=_mask_iou(truth.instances, annotation.instance_id, mask),
        semantic_share=_semantic_share(truth.semantic, numbers.get(annotation.label), mask),
        coco_label=coco.label if coco else None,
        coco_iou=coco_iou,
        coco_box_error_px=box_error(coco.xyxy_px if coco else None, mask_box),
        coco_polygon_label=polygons.label if polygons else None,
        coco_polygon_iou=polygon_iou,
        yolo_label=yolo.label if yolo else None,
        yolo_iou=None if yolo_iou and is_hairline(mask) else yolo_iou,
    )


def is_hairline(mask: Mask | None) -> bool:
    """Return whether a mask is nowhere more than two pixels thick.

    Such an object falls into specks and lines, and a polygon through all of them is mostly seams.

    Examples:
        >>> is_hairline(np.eye(9, dtype=bool)), is_hairline(np.ones((3, 9), dtype=bool))
        (True, False)
    """
    if mask is None:
        return False
    padded = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    return float(cv2.distanceTransform(padded, cv2.DIST_C, 3).max()) <= 1.0


def _description(pairing: Pairing | None, place: int) -> tuple[Record | None, float | None]:
    """Return the record of an object and its IoU."""
    return (pairing.records[place], pairing.ious[place]) if pairing else (None, None)


def _mask(rle: Rle, size: tuple[int, int]) -> Mask | None:
    """Return the pixels of run lengths; None if they are not of that size."""
    return mask_from_rle(rle) if tuple(rle["size"]) == size else None


def _side_ratio(width: float, height: float) -> float | None:
    """Return longer / shorter side; None for a box without a size."""
    return max(width, height) / min(width, height) if min(width, height) > 0 else None


def _mask_iou(instances: Pixels | None, number: int, mask: Mask | None) -> float | None:
    """Return the IoU of an object's mask and the pixels of its number in the instance mask."""
    if instances is None or mask is None:
        return None
    painted = instances == number
    both = np.count_nonzero(painted & mask)
    either = np.count_nonzero(painted) + np.count_nonzero(mask) - both
    return both / either if either else 1.0


def _semantic_share(semantic: Pixels | None, number: int | None, mask: Mask | None) -> float | None:
    """Return the share of an object's pixels that have its label's number."""
    if semantic is None or number is None or mask is None or not mask.any():
        return None
    return float(np.mean(semantic[mask] == number))
