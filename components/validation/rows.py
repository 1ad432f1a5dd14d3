"""The rows of the three tables that are measured: one of a file, of a picture, of an object.

None stands for what could not be measured because of a fault that another column tells.
"""

from dataclasses import dataclass, fields
from typing import Any

PICTURES = ("thumbnail", "layout")
"""Columns of `ImageRow` that hold small pictures and no figures."""


@dataclass(frozen=True, slots=True)
class FileRow:
    """One file of the dataset.

    Attributes:
        file: Path relative to the home folder.
        kind: `image`, `semantic mask`, `instance mask`, `coco`, `yolo`, `whole`, `stray`.
        present: Whether it exists.
        unchanged: Whether it has the hash that manifest or card give it; None if it is missing.
        readable: Whether it can be decoded; None if that was not tried.
        listed: Whether the manifest knows of it.
    """

    file: str
    kind: str
    present: bool
    unchanged: bool | None
    readable: bool | None
    listed: bool


@dataclass(frozen=True, slots=True)
class ImageRow:
    """One picture; grey levels are 0 to 255.

    Attributes:
        index: Number of the sample.
        image: Path relative to the home folder.
        split: As in the manifest.
        group: As in the manifest; None if it is empty.
        ground: As in the manifest; None if it is empty.
        width_px: As in the manifest.
        height_px: As in the manifest.
        sizes_agree: Whether picture and masks have that size.
        parts: Number of annotated parts.
        others: Number of annotated objects that are no part.
        brightness: Mean grey level.
        contrast: Standard deviation of the grey levels.
        grey_range: Brightest less darkest grey level.
        sharpness: Variance of the Laplacian (3x3, four neighbours) of the picture at a longer side
            of 320 px at most.
        saturated_share: Share of pixels at grey level 254 or above.
        pixels_sha256: Hash of the decoded grey pixels.
        thumbnail: The picture as 32x32 grey levels, row by row.
        layout: How full of objects each cell of 32x32 is, 0 to 255, row by row.
        stray_instance_px: Pixels in the instance mask that belong to no annotation.
        stray_semantic_px: Labelled pixels in the semantic mask outside all objects.
        coco_lists_image: Whether the COCO files have the picture with its size.
        extra_coco: COCO annotations that are no object of the manifest, in both files.
        extra_yolo: YOLO lines that are no object of the manifest.
    """

    index: int
    image: str
    split: str
    group: str | None
    ground: str | None
    width_px: int
    height_px: int
    sizes_agree: bool | None
    parts: int
    others: int
    brightness: float | None
    contrast: float | None
    grey_range: float | None
    sharpness: float | None
    saturated_share: float | None
    pixels_sha256: str | None
    thumbnail: bytes | None
    layout: bytes | None
    stray_instance_px: int | None
    stray_semantic_px: int | None
    coco_lists_image: bool | None
    extra_coco: int | None
    extra_yolo: int | None


@dataclass(frozen=True, slots=True)
class AnnotationRow:
    """One object in one picture; the manifest's mask is what all else is compared with.

    Attributes:
        index: Number of the sample.
        image: Path of the picture, relative to the home folder.
        split: As in the manifest.
        instance_id: Its value in the instance mask.
        label: As in the manifest.
        is_part: Whether it is a part and no other object.
        area_px: As in the manifest.
        area_error_px: `area_px` less the pixels of the mask, without sign.
        whole_area_px: Pixels inside the frame, also hidden ones.
        x0_px: Left edge of the box.
        y0_px: Upper edge of the box.
        x1_px: Right edge of the box.
        y1_px: Lower edge of the box.
        box_inside: Whether the box has a size and lies inside the picture.
        box_error_px: Largest distance of an edge of the box from the mask's box.
        side_ratio: Longer side of the box / its shorter side.
        visible_fraction: As in the manifest.
        mask_iou: IoU with the object's pixels in the instance mask.
        semantic_share: Share of its pixels with its label's number in the semantic mask.
        coco_label: Its label in the COCO file with run lengths.
        coco_iou: IoU with its run lengths in COCO; 0 if COCO lacks it.
        coco_box_error_px: Largest distance of an edge of the COCO box from the mask's box.
        coco_polygon_label: Its label in the COCO file with polygons.
        coco_polygon_iou: IoU with its polygons in COCO; 0 if they are missing.
        yolo_label: Its label in the YOLO file.
        yolo_iou: IoU with its YOLO polygon, without the seams; 0 if YOLO lacks it, None if the
            object is nowhere more than two pixels thick: no polygon describes that well.
    """

    index: int
    image: str
    split: str
    instance_id: int
    label: str
    is_part: bool
    area_px: int
    area_error_px: int | None
    whole_area_px: int | None
    x0_px: float
    y0_px: float
    x1_px: float
    y1_px: float
    box_inside: bool
    box_error_px: float | None
    side_ratio: float | None
    visible_fraction: float
    mask_iou: float | None
    semantic_share: float | None
    coco_label: str | None
    coco_iou: float | None
    coco_box_error_px: float | None
    coco_polygon_label: str | None
    coco_polygon_iou: float | None
    yolo_label: str | None
    yolo_iou: float | None


@dataclass(frozen=True, slots=True)
class SplitRow:
    """What the COCO and YOLO files say of one split as a whole.

    Attributes:
        split: Its name.
        coco_categories_agree: Whether COCO's categories are the labels in their order; None if
            the file cannot be read.
        yolo_names_agree: Whether the names of YOLO's classes are the labels in their order; None
            if the file cannot be read.
    """

    split: str
    coco_categories_agree: bool | None
    yolo_names_agree: bool | None


def columns(row: type[Any]) -> tuple[str, ...]:
    """Return the names of the columns of a table of such rows.

    Examples:
        >>> columns(FileRow)
        ('file', 'kind', 'present', 'unchanged', 'readable', 'listed')
    """
    return tuple(field.name for field in fields(row))
