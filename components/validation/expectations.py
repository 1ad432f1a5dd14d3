"""The suites: what is expected of each table that `statistics` makes of a dataset.

Faults are kept apart: every file is compared with the manifest, never two files with each other,
and what cannot be measured because of another fault has no value. One fault so fails one check.
"""

from components.settings.validation import ValidationSettings
from components.validation.annotation_checks import annotation_checks
from components.validation.checks import Suite
from components.validation.dataset_checks import (
    class_checks,
    file_checks,
    ground_checks,
    group_checks,
    split_checks,
)
from components.validation.image_checks import image_checks


def dataset_suites(settings: ValidationSettings) -> tuple[Suite, ...]:
    """Return the suites of all tables, with the limits of `settings`."""
    return (
        Suite("files", ("file", "kind"), file_checks()),
        Suite("images", ("image", "split"), image_checks(settings.images)),
        Suite(
            "annotations",
            ("image", "instance_id", "label"),
            annotation_checks(settings.annotations),
        ),
        Suite("splits", ("split",), split_checks(settings.splits)),
        Suite("groups", ("group", "splits"), group_checks()),
        Suite("grounds", ("ground", "splits"), ground_checks()),
        Suite("classes", ("label",), class_checks(settings.classes)),
    )
