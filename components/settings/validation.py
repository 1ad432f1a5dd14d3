"""Settings of the checks on a dataset: `configs/validation_config.yaml` says what each means."""

from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from components.settings.base import Table, YamlSettings

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]


class Limits(Table):
    """Smallest and largest value allowed, both included."""

    min: float
    max: float

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        """Refuse limits that nothing can meet."""
        if self.min > self.max:
            raise ValueError(f"min {self.min} is above max {self.max}")
        return self


class ReportSettings(Table):
    """How much a report tells."""

    failing_rows: int = Field(ge=1, le=1000)
    data_docs: bool


class ImageSettings(Table):
    """Limits for one picture."""

    min_side_px: int = Field(ge=1)
    max_side_px: int = Field(ge=1)
    min_range: NotNegative
    brightness: Limits
    sharpness: Limits
    max_saturated_share: Share
    min_well_exposed_share: Share
    min_look_alike_rms: NotNegative
    min_layout_rms: NotNegative


class SplitSettings(Table):
    """Limits for the pictures of one split together."""

    min_images: Count
    max_empty_share: Share
    min_visible_median: Share
    median_brightness: Limits
    median_sharpness: Limits
    min_brightness_spread: NotNegative
    min_shift_p: Share


class SplitCounts(Table):
    """One count for each split."""

    train: Count
    val: Count
    test: Count


class ClassSettings(Table):
    """Limits for the number of objects of each part."""

    min_count: SplitCounts
    max_imbalance: float = Field(ge=1)


class AnnotationSettings(Table):
    """Limits for one object."""

    min_area_px: Count
    visible_fraction: Limits
    max_fraction_excess: Share
    min_mask_iou: Share
    min_semantic_share: Share
    min_coco_iou: Share
    min_coco_polygon_iou: Share
    min_yolo_iou: Share
    max_box_error_px: NotNegative
    max_coco_box_error_px: NotNegative
    max_side_ratio: Positive


class ValidationSettings(YamlSettings):
    """All limits a dataset is held to."""

    file_name: ClassVar[str] = "validation_config.yaml"

    workers: Count
    report: ReportSettings
    images: ImageSettings
    splits: SplitSettings
    classes: ClassSettings
    annotations: AnnotationSettings
