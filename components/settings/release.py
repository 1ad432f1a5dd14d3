"""Settings of `configs/release_config.yaml`: what a model must show before it is promoted."""

from typing import ClassVar

from pydantic import Field

from components.settings.base import YamlSettings


class ReleaseSettings(YamlSettings):
    """Gate between a trained model and the champion.

    Attributes:
        max_map_loss: How much mask mAP on the test split a new model may lose against the
            champion and still take its place, 0..1.
        min_agnostic_map: Mask mAP without regard to labels below which no model is ever promoted,
            0..1.
        trial_pictures: Pictures of the test split that are sent to the service in its trial.
    """

    file_name: ClassVar[str] = "release_config.yaml"

    max_map_loss: float = Field(ge=0, le=1)
    min_agnostic_map: float = Field(ge=0, le=1)
    trial_pictures: int = Field(ge=1, le=500)
