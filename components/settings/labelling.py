"""Settings of `configs/labelling_config.yaml`: which frames become labelled samples."""

from typing import Annotated, ClassVar

from pydantic import Field

from components.settings.base import Table, YamlSettings

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[float, Field(gt=0.0)]
NotNegative = Annotated[float, Field(ge=0.0)]


class TightSettings(Table):
    """What every part of a frame must show; the file tells what each value means."""

    least_score: Share
    least_fit_iou: Share
    most_edge_rms_px: Positive
    least_margin: NotNegative
    least_visible: Share


class LabellingSettings(YamlSettings):
    """Everything that decides which frames become samples; the file tells what each value means."""

    file_name: ClassVar[str] = "labelling_config.yaml"

    tight: TightSettings
    doubt_score: Share
    other_score: Share
    most_shared: Share
    group_gap_s: NotNegative
    alike_levels: NotNegative
    val_share: Annotated[float, Field(ge=0.0, lt=1.0)]
