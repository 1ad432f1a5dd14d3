"""Settings of the drawing reader: `configs/drawing_config.yaml`."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from components.settings.base import YamlSettings

UnitName = Literal[
    "mm", "cm", "dm", "m", "dam", "hm", "km", "Gm", "um", "nm", "angstrom",
    "inch", "foot", "yard", "mile", "mil", "microinch",
    "us-inch", "us-foot", "us-yard", "us-mile", "au", "light-year", "parsec",
]  # fmt: skip
"""Every unit that `$INSUNITS` can declare; `us-` are those of the United States survey."""

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(gt=0)]


class DrawingSettings(YamlSettings):
    """How DXF files become parts; the YAML file says what each value means."""

    file_name: ClassVar[str] = "drawing_config.yaml"

    unit: Literal["auto"] | UnitName
    default_unit: UnitName
    plausible_min_mm: Positive
    plausible_max_mm: Positive
    min_size_mm: Positive
    min_hole_mm: Positive
    max_size_mm: Positive

    curve_tolerance_mm: Positive
    gap_start_mm: Positive
    gap_limit_mm: Positive
    gap_factor: Annotated[float, Field(gt=1.0, le=1000.0)]
    gap_noise_mm: Positive
    overshoot_limit_mm: Positive
    duplicate_tolerance_mm: Positive
    speck_mm: Positive
    planar_tolerance_mm: Positive

    cut_layers: list[str]
    ignore_layers: list[str]
    ignore_linetypes: list[str]
    ignore_words: dict[str, list[Annotated[str, Field(min_length=1)]]]
    cut_words: list[Annotated[str, Field(min_length=1)]]

    max_file_mib: Count
    max_entities: Count
    max_vertices: Count
    max_block_depth: Annotated[int, Field(ge=1, le=200)]
    time_limit_s: Positive
    memory_limit_mib: Count
    workers: Annotated[int, Field(ge=0, le=64)]

    @model_validator(mode="after")
    def _ranges_are_in_order(self) -> Self:
        """Check that every lower bound is below its upper one."""
        for low, high in (
            ("plausible_min_mm", "plausible_max_mm"),
            ("min_size_mm", "max_size_mm"),
            ("gap_start_mm", "gap_limit_mm"),
        ):
            if getattr(self, low) >= getattr(self, high):
                raise ValueError(f"{low} must be below {high}")
        return self
