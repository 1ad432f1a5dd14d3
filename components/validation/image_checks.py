"""What is expected of one picture, and that no picture is there twice."""

from components.domain import SPLITS
from components.settings.validation import ImageSettings, Limits
from components.validation.checks import (
    RANGES,
    REGENERATE,
    Check,
    all_true,
    between,
    complete,
    has_columns,
    none_of,
    not_empty,
)
from components.validation.rows import PICTURES, ImageRow, columns


def image_checks(limits: ImageSettings) -> tuple[Check, ...]:
    """Return the checks of each picture by itself, and of doubles."""
    side = (limits.min_side_px, limits.max_side_px)
    return (
        not_empty("There is at least one picture"),
        has_columns([name for name in columns(ImageRow) if name not in PICTURES]),
        Check(
            "index-unique",
            "No two samples have the same number",
            REGENERATE,
            "ExpectColumnValuesToBeUnique",
            {"column": "index"},
        ),
        Check(
            "split-known",
            f"The split is one of {', '.join(SPLITS)}",
            REGENERATE,
            "ExpectColumnValuesToBeInSet",
            {"column": "split", "value_set": list(SPLITS)},
        ),
        *complete(("group", "ground")),
        between("width", "width_px", "Width in pixels", side, RANGES),
        between("height", "height_px", "Height in pixels", side, RANGES),
        all_true(
            "sizes-agree",
            "sizes_agree",
            "Picture, semantic mask and instance mask have the size that the manifest gives",
            REGENERATE,
        ),
        between(
            "not-blank",
            "grey_range",
            "Grey levels between the darkest and the brightest pixel",
            (limits.min_range, None),
            RANGES,
        ),
        *_exposure_checks(limits),
        *_picture_truth_checks(),
        *_double_checks(limits),
    )


def _exposure_checks(limits: ImageSettings) -> tuple[Check, ...]:
    """Return the checks of light and focus; wild lamps may spoil a picture in some hundred."""
    ranges: tuple[tuple[str, str, str, Limits | tuple[float | None, float | None]], ...] = (
        ("brightness", "brightness", "Mean grey level", limits.brightness),
        ("sharpness", "sharpness", "Variance of the Laplacian", limits.sharpness),
        (
            "saturated",
            "saturated_share",
            "Share of saturated pixels",
            (None, limits.max_saturated_share),
        ),
    )
    return tuple(
        between(name, column, text, limit, RANGES, mostly=limits.min_well_exposed_share)
        for name, column, text, limit in ranges
    )


def _picture_truth_checks() -> tuple[Check, ...]:
    """Return the checks that nothing is labelled that the manifest does not know."""
    strays = (
        (
            "no-stray-instances",
            "stray_instance_px",
            "pixels in the instance mask that belong to no annotation",
        ),
        (
            "no-stray-labels",
            "stray_semantic_px",
            "labelled pixels in the semantic mask outside all objects",
        ),
        (
            "no-extra-coco",
            "extra_coco",
            "COCO annotations of the picture without an object in the manifest",
        ),
        (
            "no-extra-yolo",
            "extra_yolo",
            "YOLO lines of the picture without an object in the manifest",
        ),
    )
    listed = all_true(
        "coco-lists-image",
        "coco_lists_image",
        "The split's COCO file has the picture with its size",
        REGENERATE,
    )
    return (*(none_of(*stray) for stray in strays), listed)


def _double_checks(limits: ImageSettings) -> tuple[Check, ...]:
    """Return the checks that no picture is there twice."""
    return (
        Check(
            "no-duplicates",
            "No two pictures have the same pixels",
            "remove one of them, or generate with another seed",
            "ExpectColumnValuesToBeUnique",
            {"column": "pixels_sha256"},
        ),
        between(
            "no-look-alikes",
            "look_alike_rms",
            "RMS difference in grey levels from the most similar picture of another split",
            (limits.min_look_alike_rms, None),
            "widen the ranges of backgrounds and placement in data_config.yaml",
        ),
        between(
            "no-same-layouts",
            "layout_rms",
            "RMS difference of where objects lie, in levels 0 to 255, from the most similar layout "
            "of another split",
            (limits.min_layout_rms, None),
            "widen the ranges of `scene` in data_config.yaml",
        ),
    )
