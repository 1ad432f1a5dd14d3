"""Settings of `configs/measure_config.yaml`: measuring, tolerances, calibration."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, NonNegativeFloat, PositiveFloat, model_validator

from components.settings.base import Table, YamlSettings
from components.settings.data import PresetName

Share = Annotated[float, Field(ge=0, le=1)]
Tolerance = PositiveFloat | None
FaultName = Literal[
    "missing_hole", "extra_hole", "wrong_diameter", "burr", "notch", "short_edge", "misplaced_hole"
]
"""Faults that the benchmark plants."""


def _ordered(pair: tuple[float, float]) -> tuple[float, float]:
    if pair[0] > pair[1]:
        raise ValueError(f"the first must not exceed the second, got {pair}")
    return pair


class EdgeSettings(Table):
    """Finding the edge in the picture; the file tells what each value means."""

    smooth_px: NonNegativeFloat
    reach_mm: PositiveFloat
    reach_px: Annotated[
        tuple[Annotated[float, Field(ge=6)], Annotated[float, Field(le=60)]],
        AfterValidator(_ordered),
    ]
    least_contrast: PositiveFloat
    bias_px: NonNegativeFloat
    tilt_sd_px: PositiveFloat


class DoubtSettings(Table):
    """When nothing is said about a part."""

    most_scatter_px: PositiveFloat
    most_change_px: PositiveFloat
    least_judged: Share
    least_judged_ok: Share
    most_faults: Annotated[int, Field(ge=1)]


class FaultSettings(Table):
    """What differs by more than chance explains."""

    least_px: PositiveFloat
    sure: PositiveFloat
    hole_sure: Annotated[float, Field(ge=1)]


class HoleTolerances(Table):
    """Allowed deviations of one hole in mm; what is not given is as for the part."""

    hole_position: Tolerance = None
    hole_diameter: Tolerance = None


class LayerTolerances(HoleTolerances):
    """Allowed deviations in mm of contours on one layer; what is not given is as for the part."""

    outline: Tolerance = None
    burr: Tolerance = None
    notch: Tolerance = None


class PartTolerances(Table):
    """Allowed deviations of one part in mm; what is not given is as for all parts."""

    outline: Tolerance = None
    burr: Tolerance = None
    notch: Tolerance = None
    hole_position: Tolerance = None
    hole_diameter: Tolerance = None
    size: Tolerance = None
    extra_holes: bool | None = None
    holes: dict[Annotated[int, Field(ge=1)], HoleTolerances] = Field(default_factory=dict)
    layers: dict[str, LayerTolerances] = Field(default_factory=dict)


class Tolerances(Table):
    """Allowed deviations in mm; None is not checked."""

    outline: Tolerance
    burr: Tolerance
    notch: Tolerance
    hole_position: Tolerance
    hole_diameter: Tolerance
    size: Tolerance
    extra_holes: bool
    layers: dict[str, LayerTolerances]
    parts: dict[str, PartTolerances]


class BoardSettings(Table):
    """The printed ChArUco board."""

    columns: Annotated[int, Field(ge=3, le=40)]
    rows: Annotated[int, Field(ge=3, le=40)]
    square_mm: PositiveFloat
    marker_mm: PositiveFloat

    @model_validator(mode="after")
    def _markers_fit(self) -> Self:
        if not 0.4 * self.square_mm <= self.marker_mm <= 0.9 * self.square_mm:
            raise ValueError(
                "marker_mm must be 0.4 to 0.9 of square_mm: white must stay all round the marker"
            )
        return self


class CalibrationSettings(Table):
    """How a calibration is made and how long it holds."""

    days: PositiveFloat
    most_residual_px: PositiveFloat
    least_pictures: Annotated[int, Field(ge=1)]
    least_corners: Annotated[int, Field(ge=6)]
    moved: Annotated[float, Field(gt=0, lt=1)]
    moved_parts: Annotated[int, Field(ge=1)]
    board: BoardSettings


class DefectBenchSettings(Table):
    """The measurement of what can be seen."""

    sizes_mm: Annotated[tuple[PositiveFloat, ...], Field(min_length=1)]
    pictures: Annotated[int, Field(ge=1, le=10_000)]
    width_px: Annotated[int, Field(ge=160, le=8192)]
    height_px: Annotated[int, Field(ge=120, le=8192)]
    px_per_mm: PositiveFloat
    pose_noise_px: NonNegativeFloat
    presets: Annotated[dict[PresetName, NonNegativeFloat], Field(min_length=1)]


class MeasureSettings(YamlSettings):
    """Everything that decides measures and verdicts."""

    file_name: ClassVar[str] = "measure_config.yaml"

    edges: EdgeSettings
    doubt: DoubtSettings
    faults: FaultSettings
    given_scale_sd: Annotated[float, Field(ge=0, lt=0.5)]
    tolerances: Tolerances
    least_detection: Annotated[float, Field(gt=0, lt=1)]
    visible_px: dict[FaultName, PositiveFloat]
    calibration: CalibrationSettings
    bench: DefectBenchSettings
