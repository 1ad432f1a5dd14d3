"""Settings of `configs/drift_config.yaml`: quality without labels."""

from typing import ClassVar, Literal

from pydantic import Field

from components.settings.base import Table, YamlSettings


class FeatureLogSettings(Table):
    """What the service writes down about the pictures it answers."""

    share_per_minute: int = Field(ge=0, le=6000)
    file_mib: float = Field(gt=0, le=1024)
    files: int = Field(ge=1, le=10_000)


class WindowSettings(Table):
    """Which pictures are compared; the file tells what each value means."""

    most_frames: int = Field(ge=10)
    least_frames: int = Field(ge=10)
    longest_h: float = Field(gt=0)
    site_frames: int = Field(ge=10)


class DriftSettings(YamlSettings):
    """Everything that decides when something has drifted; the file tells what each value means."""

    file_name: ClassVar[str] = "drift_config.yaml"

    log: FeatureLogSettings
    window: WindowSettings
    psi: float = Field(gt=0)
    chance: float = Field(gt=0, lt=1)
    figures: int = Field(ge=1)
    on_drift: Literal["ask", "improve"]
