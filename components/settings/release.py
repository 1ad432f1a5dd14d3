"""Settings of `configs/release_config.yaml`: what a model must show before it is promoted."""

from pathlib import Path
from typing import ClassVar

from pydantic import Field

from components.settings.base import YamlSettings


class ReleaseSettings(YamlSettings):
    """Gate between a trained model and the champion.

    Attributes:
        max_map_loss: How much mask mAP of served answers on the test split a new model may lose
            against the champion and still take its place, 0..1.
        max_part_loss: The same for the average precision of each drawing.
        min_part_objects: Drawings with fewer objects in the test split are not judged one by one.
        max_golden_loss: Share of the objects on the champion's golden pictures that it may find
            less.
        min_agnostic_map: Mask mAP of the network alone, without regard to labels, below which no
            model is ever promoted, 0..1.
        ready_s: Longest wait for a running service to be ready on a version just promoted.
        service_url: Where that service answers; None takes host and port of serve_config.yaml.
        trusted_keys: PEM files with public keys; with any, only models that one of them signed are
            imported.
        trial_pictures: Pictures of the test split that are sent to the service in its trial.
    """

    file_name: ClassVar[str] = "release_config.yaml"

    max_map_loss: float = Field(ge=0, le=1)
    max_part_loss: float = Field(ge=0, le=1)
    min_part_objects: int = Field(ge=1)
    max_golden_loss: float = Field(ge=0, le=1)
    min_agnostic_map: float = Field(ge=0, le=1)
    trial_pictures: int = Field(ge=1, le=500)
    ready_s: float = Field(gt=0, le=3600)
    service_url: str | None
    trusted_keys: tuple[Path, ...]
