"""What is expected of files, splits, groups of scenes and classes."""

from components.domain import SPLITS
from components.settings.validation import ClassSettings, SplitSettings
from components.validation.checks import (
    RANGES,
    REGENERATE,
    Check,
    all_true,
    between,
)


def file_checks() -> tuple[Check, ...]:
    """Return the checks of the files on the disk."""
    return (
        all_true("present", "present", "Every file of the dataset is there", REGENERATE),
        all_true(
            "unchanged",
            "unchanged",
            "Every file has the SHA-256 that the manifest or the card gives it",
            f"restore the file from a copy, or {REGENERATE}",
        ),
        all_true("readable", "readable", "Every file can be decoded", REGENERATE),
        all_true(
            "listed",
            "listed",
            "Every file in the dataset's folders belongs to a sample of the manifest",
            "remove the file: training would not use it, other tools would",
        ),
    )


def split_checks(limits: SplitSettings) -> tuple[Check, ...]:
    """Return the checks of a split's pictures together: how many, how bright, how sharp."""
    shift = (limits.min_shift_p, None)
    shift_advice = "use more groups of scenes, or look why this split differs"
    return (
        between(
            "images",
            "images",
            "Number of pictures",
            (limits.min_images, None),
            "generate more pictures",
        ),
        between(
            "empty",
            "empty_share",
            "Share of pictures without any part",
            (None, limits.max_empty_share),
            RANGES,
        ),
        between(
            "visible-median",
            "visible_median",
            "Median visible fraction of the parts",
            (limits.min_visible_median, None),
            RANGES,
        ),
        between(
            "brightness-median",
            "brightness_median",
            "Median brightness",
            limits.median_brightness,
            RANGES,
        ),
        between(
            "brightness-spread",
            "brightness_spread",
            "Grey levels between the 5th and the 95th percentile of brightness",
            (limits.min_brightness_spread, None),
            RANGES,
            "warning",
        ),
        between(
            "sharpness-median",
            "sharpness_median",
            "Median sharpness",
            limits.median_sharpness,
            RANGES,
        ),
        between(
            "brightness-shift",
            "brightness_shift_p",
            "Kolmogorov-Smirnov p-value of brightness against the other splits",
            shift,
            shift_advice,
        ),
        between(
            "sharpness-shift",
            "sharpness_shift_p",
            "Kolmogorov-Smirnov p-value of sharpness against the other splits",
            shift,
            shift_advice,
        ),
        all_true(
            "coco-categories",
            "coco_categories_agree",
            "COCO's categories are the labels in their order",
            REGENERATE,
        ),
        all_true(
            "yolo-names",
            "yolo_names_agree",
            "The names in YOLO's data.yaml are the labels in their order",
            REGENERATE,
        ),
    )


def group_checks() -> tuple[Check, ...]:
    """Return the check that no group of scenes leaks from one split into another."""
    return (
        between(
            "no-leak",
            "split_count",
            "Number of splits that share a group of scenes",
            (1, 1),
            "make the splits again with `dxfvision generate`: the test would be too easy",
        ),
    )


def ground_checks() -> tuple[Check, ...]:
    """Return the check that no tile and no photograph lies under pictures of two splits."""
    return (
        between(
            "no-leak",
            "split_count",
            "Number of splits that share a texture's tile or a photograph as ground",
            (1, 1),
            "make the splits again with `dxfvision generate`: the test would be too easy",
        ),
    )


def class_checks(limits: ClassSettings) -> tuple[Check, ...]:
    """Return the checks of how often each part is seen."""
    counts = ((split, limits.min_count.model_dump()[split]) for split in SPLITS)
    return (
        between(
            "seen",
            "total",
            "Number of objects of each part in the dataset",
            (1, None),
            "generate more pictures, give the camera a scale that shows it, or remove the drawing",
        ),
        *(
            between(
                f"count-{split}",
                split,
                f"Number of objects of each part in {split}",
                (count, None),
                "generate more pictures",
            )
            for split, count in counts
        ),
        between(
            "balance",
            "imbalance",
            "Factor by which a part is commoner or rarer than the mean part",
            (None, limits.max_imbalance),
            "generate more pictures, or make the parts' weights equal in data_config.yaml",
            "warning",
        ),
    )
