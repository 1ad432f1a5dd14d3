"""Settings of training, evaluation and export: `configs/train_config.yaml`.

The values, their units and why they are what they are stand in that file; here are their types
and ranges.
"""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from components.settings.base import Table, YamlSettings

Share = Annotated[float, Field(ge=0.0, le=1.0)]
SizePx = Annotated[int, Field(ge=32, le=4096, multiple_of=32)]


class NetworkSettings(Table):
    """Widths and depths of the network."""

    stem_channels: Annotated[int, Field(ge=4, le=256)]
    stage_channels: tuple[PositiveInt, PositiveInt, PositiveInt, PositiveInt]
    stage_blocks: tuple[PositiveInt, PositiveInt, PositiveInt, PositiveInt]
    neck_channels: Annotated[int, Field(ge=4, le=256)]


class CropSettings(Table):
    """What the network is shown in one step."""

    size_px: SizePx
    batch: PositiveInt
    scale: tuple[PositiveFloat, PositiveFloat]
    around_object: Share
    whole_sizes_px: tuple[tuple[SizePx, SizePx], ...] = Field(min_length=1)
    whole_batch: PositiveInt
    whole_share: Share
    whole_zoom: Annotated[float, Field(ge=1.0, le=4.0)]
    window: PositiveInt
    fresh_per_step: PositiveInt
    prefetch: PositiveInt

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.scale[0] > self.scale[1]:
            raise ValueError(f"scale: the first must not exceed the second, got {self.scale}")
        return self


class AugmentSettings(Table):
    """Changes of colour made on the fly, besides those the generator made."""

    gain: tuple[PositiveFloat, PositiveFloat]
    offset: Share
    channel_shuffle: Share


class LossSettings(Table):
    """Weights of the terms of the loss."""

    foreground: float = Field(ge=0.0)
    seam: float = Field(ge=0.0)
    label: float = Field(ge=0.0)
    centre: float = Field(ge=0.0)
    offset: float = Field(ge=0.0)
    offset_unit_px: PositiveFloat


class OptimizerSettings(Table):
    """Muon for the kernels, AdamW for the rest, one schedule for both."""

    muon_rate: PositiveFloat
    warm_start: Annotated[float, Field(gt=0.0, le=1.0)]
    muon_momentum: Annotated[float, Field(ge=0.0, lt=1.0)]
    muon_weight_decay: float = Field(ge=0.0)
    adamw_rate: PositiveFloat
    adamw_weight_decay: float = Field(ge=0.0)
    clip_norm: PositiveFloat
    warmup: Share
    final_rate: Share
    ema_decay: Annotated[float, Field(ge=0.0, lt=1.0)]


class StreamSettings(Table):
    """Scenes that are made while the network learns."""

    workers: Annotated[int, Field(ge=1, le=64)]
    ahead: PositiveInt


class GenericSettings(Table):
    """The parts and scenes that generic weights learn from."""

    outlines: PositiveInt
    outlines_a_scene: tuple[PositiveInt, PositiveInt]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.outlines_a_scene[0] > self.outlines_a_scene[1]:
            raise ValueError(
                "outlines_a_scene: the first must not exceed the second, got "
                f"{self.outlines_a_scene}"
            )
        return self


class GroupingSettings(Table):
    """How pixels become instances; copied into the model's card and used by the service."""

    foreground: Share
    seam: Share
    vote_sigma_px: PositiveFloat
    peak_distance_px: PositiveFloat
    peak_support: Share
    min_area_px: PositiveInt
    heat_weight: Share
    sure: Share


class PredictionSettings(Table):
    """What the served model does; copied into its card."""

    long_side_px: SizePx
    score_threshold: Share
    max_detections: PositiveInt
    grouping: GroupingSettings


class ExportSettings(Table):
    """What an exported model must pass before it is written."""

    opset: Annotated[int, Field(ge=18, le=30)]
    int8: bool
    calibration_pictures: PositiveInt
    max_map_loss: Share
    min_speedup: PositiveFloat
    timing_rounds: PositiveInt
    parity_pictures: PositiveInt
    max_abs_difference: PositiveFloat
    min_same_label: Share
    min_mask_iou: Share
    golden_pictures: PositiveInt


class TrainSettings(YamlSettings):
    """All settings of `configs/train_config.yaml`."""

    file_name: ClassVar[str] = "train_config.yaml"

    from_scratch: bool
    scenes: Literal["dataset", "stream"]
    frames_share: Share
    minutes: PositiveFloat | None
    steps: PositiveInt | None
    epochs: PositiveFloat | None
    threads: Annotated[int, Field(ge=1, le=64)]
    checkpoint_every_s: PositiveFloat
    validations: int = Field(ge=0)
    patience: PositiveInt | None
    validation_pictures: PositiveInt
    network: NetworkSettings
    generic: GenericSettings
    stream: StreamSettings
    crops: CropSettings
    augment: AugmentSettings
    loss: LossSettings
    optimizer: OptimizerSettings
    prediction: PredictionSettings
    export: ExportSettings

    @model_validator(mode="after")
    def _has_an_end(self) -> Self:
        if self.minutes is None and self.steps is None and self.epochs is None:
            raise ValueError("set minutes, steps or epochs, or training has no end")
        if self.epochs is not None and self.scenes == "stream":
            raise ValueError("epochs: a stream has none; set minutes or steps")
        return self
