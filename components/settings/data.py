"""Settings of scenes and datasets: `configs/data_config.yaml`.

The values, their units and meanings stand in that file; here are their types and ranges.
"""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, PositiveInt, model_validator

from components.settings.base import Table, YamlSettings

ExecutorName = Literal["process", "thread", "async", "sequential", "dask"]
PresetName = Literal["workbench", "conveyor", "backlight", "bright_on_dark"]
BackgroundName = Literal[
    "wood",
    "concrete",
    "terrazzo",
    "gravel",
    "cloth",
    "belt",
    "cutting_mat",
    "paper",
    "painted",
    "metal_sheet",
    "photo",
]
MaterialName = Literal[
    "brushed",
    "rolled",
    "galvanised",
    "anodised",
    "painted",
    "rusty",
    "oily",
    "scratched",
    "rubber",
    "mdf",
    "cardboard",
    "acrylic",
    "carbon",
    "pcb",
    "plastic",
]


def _ordered(pair: tuple[float, float]) -> tuple[float, float]:
    if pair[0] > pair[1]:
        raise ValueError(f"the first must not exceed the second, got {pair}")
    return pair


Share = Annotated[float, Field(ge=0.0, le=1.0)]
Weight = Annotated[float, Field(ge=0.0)]
Spread = Annotated[float, Field(ge=0.0, le=1.0)]
SidePx = Annotated[int, Field(ge=64, le=8192)]
Range = Annotated[
    tuple[Annotated[float, Field(ge=0.0)], Annotated[float, Field(ge=0.0)]],
    AfterValidator(_ordered),
]
SizeRange = Annotated[
    tuple[Annotated[float, Field(ge=0.01, le=4.0)], Annotated[float, Field(ge=0.01, le=4.0)]],
    AfterValidator(_ordered),
]
DistanceRange = Annotated[
    tuple[Annotated[float, Field(ge=0.1)], Annotated[float, Field(ge=0.1)]],
    AfterValidator(_ordered),
]
# Flatter light throws shadows without end.
ElevationRange = Annotated[
    tuple[Annotated[float, Field(ge=5.0, le=90.0)], Annotated[float, Field(ge=5.0, le=90.0)]],
    AfterValidator(_ordered),
]
QualityRange = Annotated[
    tuple[Annotated[int, Field(ge=1, le=100)], Annotated[int, Field(ge=1, le=100)]],
    AfterValidator(_ordered),
]
GreyRange = Annotated[
    tuple[Annotated[float, Field(ge=0, le=255)], Annotated[float, Field(ge=0, le=255)]],
    AfterValidator(_ordered),
]
CropRange = Annotated[
    tuple[Annotated[float, Field(ge=0.05, le=1.0)], Annotated[float, Field(ge=0.05, le=1.0)]],
    AfterValidator(_ordered),
]
SignedRange = Annotated[tuple[float, float], AfterValidator(_ordered)]
CountRange = Annotated[
    tuple[Annotated[int, Field(ge=0, le=100)], Annotated[int, Field(ge=0, le=100)]],
    AfterValidator(_ordered),
]


class SplitSettings(Table):
    """Shares of the scene groups."""

    train: Share
    val: Share
    test: Share

    @model_validator(mode="after")
    def _whole(self) -> Self:
        total = self.train + self.val + self.test
        if abs(total - 1.0) > 1e-9:
            raise ValueError(f"train, val and test must add up to 1, got {total:g}")
        return self


class ConveyorSettings(Table):
    """What a conveyor does otherwise than a workbench."""

    motion_share: Share


class BacklightSettings(Table):
    """The lit panel and what lies before it."""

    panel: GreyRange
    silhouette: GreyRange
    gradient: Range
    exposure: Range
    bevel_bright: GreyRange


class BrightOnDarkSettings(Table):
    """Bare metal on a black ground."""

    ground: GreyRange
    metal: GreyRange


class GroundSettings(Table):
    """What all grounds have in common."""

    pattern_zoom: DistanceRange
    stain_share: Share
    stain_zoom: DistanceRange
    stain_strength: CropRange
    sheet_share: Share
    photo_crop: CropRange


class SceneSettings(Table):
    """What lies on the table and how."""

    parts: CountRange
    distractors: CountRange
    empty_share: Share
    part_size: SizeRange
    close_up_share: Share
    close_up_size: SizeRange
    far_share: Share
    far_size: SizeRange
    thickness: Range
    thin_share: Share
    thin_thickness: Share
    mirrored_share: Share
    touching_share: Share
    overlapping_share: Share
    overlap_max: Share
    covering_share: Share
    truncated_share: Share
    hard_share: Share
    hard_contrast: Range
    same_pattern_share: Share
    same_material_share: Share
    unknown_plate_share: Share
    unknown_plate_size: SizeRange
    small_object_scale: DistanceRange


class LightSettings(Table):
    """Lamps and the shadows they throw."""

    elevation_deg: ElevationRange
    softness: Range
    shadow_depth: Range
    contact_depth: Range
    second_lamp_share: Share
    second_lamp_depth: Share
    gradient: Range
    spot_share: Share
    spot_gain: Range
    spot_radius: CropRange
    glare_share: Share
    glare: GreyRange
    tint: Spread
    bevel_px: Range
    bevel_bright_share: Share
    bevel_bright: GreyRange
    bevel_dark_share: Share
    bevel_dark: GreyRange


class CameraSettings(Table):
    """The lens, the sensor and what the camera's electronics do."""

    px_per_mm: Annotated[float, Field(gt=0.0)] | None
    tilt_sd_deg: Annotated[float, Field(ge=0.0, le=30.0)]
    tilt_max_deg: Annotated[float, Field(ge=0.0, le=40.0)]
    distance: DistanceRange
    distortion: SignedRange
    auto_exposure: Range
    exposure_sd: Spread
    white_balance_sd: Spread
    gamma_sd: Spread
    vignetting: Range
    blur_px: Range
    motion_share: Share
    motion_px: Range
    noise: Range
    shot_noise: Range
    demosaic_share: Share
    sharpen_share: Share
    sharpening: Range
    jpeg_share: Share
    jpeg_quality: QualityRange
    grey_share: Share


class DataSettings(YamlSettings):
    """Everything that decides a dataset besides the drawings and the seed."""

    file_name: ClassVar[str] = "data_config.yaml"

    images: PositiveInt
    width_px: SidePx
    height_px: SidePx
    image_format: Literal["jpg", "png"]
    image_quality: Annotated[int, Field(ge=50, le=100)]
    samples_per_group: PositiveInt
    min_area_px: PositiveInt
    splits: SplitSettings
    executor: ExecutorName
    workers: Annotated[int, Field(ge=0, le=1024)]
    shard_samples: Annotated[int, Field(ge=1, le=10_000)]
    dask_scheduler: str | None
    presets: dict[PresetName, Weight]
    conveyor: ConveyorSettings
    backlight: BacklightSettings
    bright_on_dark: BrightOnDarkSettings
    backgrounds: dict[BackgroundName, Weight]
    ground: GroundSettings
    materials: dict[MaterialName, Weight]
    scene: SceneSettings
    light: LightSettings
    camera: CameraSettings

    @model_validator(mode="after")
    def _choices(self) -> Self:
        """Check that every table of weights leaves something to choose."""
        for name in ("presets", "backgrounds", "materials"):
            if not sum(getattr(self, name).values()) > 0:
                raise ValueError(f"{name}: at least one weight must be above 0")
        return self

    def content(self) -> dict[str, object]:
        """Return what decides the bytes: everything but how the work is spread out."""
        spread = {"executor", "workers", "dask_scheduler", "shard_samples"}
        return self.model_dump(mode="json", exclude=spread)
