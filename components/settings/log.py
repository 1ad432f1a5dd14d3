"""Settings of `configs/log_config.yaml`: what the parts of the product log, and how."""

from typing import ClassVar, Literal

from pydantic import Field

from components.settings.base import Table, YamlSettings

Level = Literal["debug", "info", "warning", "error"]
Format = Literal["console", "json"]


class LogFileSettings(Table):
    """The files in HOME/logs; meanings and units stand in the file."""

    enabled: bool
    max_bytes: int = Field(ge=10_000)
    kept: int = Field(ge=1, le=50)


class LogSettings(YamlSettings):
    """What is logged; meanings and units stand in the file."""

    file_name: ClassVar[str] = "log_config.yaml"

    level: Level
    format: Format
    file: LogFileSettings
