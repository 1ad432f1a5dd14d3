"""What is expected of one object in one picture, in every format it is written in."""

from components.settings.validation import AnnotationSettings
from components.validation.checks import (
    RANGES,
    REGENERATE,
    REPORT,
    Check,
    all_true,
    at_least,
    between,
    has_columns,
    not_empty,
)
from components.validation.rows import AnnotationRow, columns


def annotation_checks(limits: AnnotationSettings) -> tuple[Check, ...]:
    """Return the checks of each object."""
    return (
        not_empty("There is at least one object"),
        has_columns(columns(AnnotationRow)),
        all_true("label-known", "label_known", "The label is a drawing's or `other`", REGENERATE),
        Check(
            "instance-unique",
            "No two objects of a picture have the same number",
            REPORT,
            "ExpectCompoundColumnsToBeUnique",
            {"column_list": ["image", "instance_id"]},
        ),
        between(
            "area", "part_area_px", "Visible pixels of a part", (limits.min_area_px, None), RANGES
        ),
        between(
            "visible-fraction",
            "part_visible_fraction",
            "Visible fraction of a part",
            limits.visible_fraction,
            RANGES,
        ),
        between(
            "visible-fraction-bounded",
            "fraction_excess",
            "Visible fraction less its bound, visible / in-frame pixels,",
            (None, limits.max_fraction_excess),
            REPORT,
        ),
        between(
            "area-agrees",
            "area_error_px",
            "Difference between the stated area and the mask's, in pixels,",
            (0, 0),
            REPORT,
        ),
        *_box_checks(limits),
        *_agreement_checks(limits),
    )


def _box_checks(limits: AnnotationSettings) -> tuple[Check, ...]:
    """Return the checks of boxes."""
    return (
        all_true("box-inside", "box_inside", "The box lies inside the picture", REPORT),
        between(
            "box-agrees",
            "box_error_px",
            "Largest distance of an edge of the box from the mask's, in pixels,",
            (None, limits.max_box_error_px),
            REPORT,
        ),
        between(
            "coco-box-agrees",
            "coco_box_error_px",
            "Largest distance of an edge of the COCO box from the mask's, in pixels,",
            (None, limits.max_coco_box_error_px),
            REPORT,
        ),
        between(
            "box-shape",
            "side_ratio",
            "Longer side of the box / its shorter side",
            (None, limits.max_side_ratio),
            RANGES,
        ),
    )


def _agreement_checks(limits: AnnotationSettings) -> tuple[Check, ...]:
    """Return the checks of masks and of the COCO and YOLO files against the manifest."""
    agreements = (
        (
            "instance-mask-agrees",
            "mask_iou",
            "IoU of the instance mask and the manifest's mask",
            limits.min_mask_iou,
        ),
        (
            "semantic-mask-agrees",
            "semantic_share",
            "Share of an object's pixels with its label's number in the semantic mask",
            limits.min_semantic_share,
        ),
        (
            "coco-mask-agrees",
            "coco_iou",
            "IoU of the run lengths in COCO and the manifest's mask",
            limits.min_coco_iou,
        ),
        (
            "coco-polygon-agrees",
            "coco_polygon_iou",
            "IoU of the polygons in COCO and the manifest's mask",
            limits.min_coco_polygon_iou,
        ),
        (
            "yolo-polygon-agrees",
            "yolo_iou",
            "IoU of the YOLO polygon and the manifest's mask",
            limits.min_yolo_iou,
        ),
    )
    return (
        *(at_least(*agreement) for agreement in agreements),
        all_true("coco-label-agrees", "coco_label_agrees", "COCO gives the same label", REPORT),
        all_true("yolo-label-agrees", "yolo_label_agrees", "YOLO gives the label of COCO", REPORT),
    )
