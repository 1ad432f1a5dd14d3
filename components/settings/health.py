"""Settings of the doctor: `configs/health_config.yaml`."""

from typing import Annotated, ClassVar

from pydantic import Field

from components.settings.base import YamlSettings

HttpAddress = Annotated[str, Field(pattern="^https?://")]


class HealthSettings(YamlSettings):
    """What a box must have; meanings and units stand in the file."""

    file_name: ClassVar[str] = "health_config.yaml"

    min_cores: int = Field(ge=1)
    min_memory_mib: float = Field(gt=0)
    min_disk_gib: float = Field(gt=0)
    min_inodes_share: float = Field(ge=0, le=1)
    max_temperature_c: float = Field(gt=0, le=150)
    max_model_age_days: float = Field(gt=0)
    min_certificate_days: float = Field(gt=0)
    min_calibration_days: float = Field(gt=0)
    max_run_hours: float = Field(gt=0)
    max_backup_days: float = Field(gt=0)
    max_database_mib: float = Field(gt=0)
    cameras: list[HttpAddress]
    prometheus_url: str | None = Field(pattern="^https?://")
    timeout_s: float = Field(gt=0, le=60)
