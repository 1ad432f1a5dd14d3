"""Settings of the HTTP service: `configs/serve_config.yaml`."""

from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from components.settings.base import Table, YamlSettings

Seconds = Annotated[float, Field(gt=0, le=3600)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Role = Literal["predict", "operate"]


class LimitSettings(Table):
    """What one request and all of them together may cost; per worker process."""

    max_body_mib: float = Field(gt=0, le=1024)
    held_mib: float = Field(gt=0, le=65536)
    max_megapixels: float = Field(gt=0, le=80)
    max_batch: int = Field(ge=1, le=256)
    running: int = Field(ge=1, le=64)
    waiting: int = Field(ge=0, le=1024)
    upload_s: Seconds
    timeout_s: Seconds

    @property
    def max_body_bytes(self) -> int:
        """Largest request body in bytes."""
        return int(self.max_body_mib * 2**20)

    @property
    def held_bytes(self) -> int:
        """Most that all bodies hold together, in bytes."""
        return int(self.held_mib * 2**20)

    @property
    def max_pixels(self) -> int:
        """Largest picture in pixels."""
        return int(self.max_megapixels * 1e6)

    @model_validator(mode="after")
    def _room_for_the_largest_body(self) -> Self:
        if self.held_mib < self.max_body_mib:
            raise ValueError("held_mib must be at least max_body_mib, or no such body is taken")
        return self


class AnswerSettings(Table):
    """What an answer holds unless the request says otherwise."""

    score_threshold: float | None = Field(ge=0, le=1)
    polygon_tolerance_px: float = Field(ge=0, le=16)


class ModelSettings(Table):
    """How the champion is watched and checked."""

    watch_every_s: Seconds
    retry_after_s: Seconds
    golden_min_iou: float = Field(gt=0, le=1)
    golden_score_tolerance: float = Field(gt=0, le=1)


class SecondOpinionSettings(Table):
    """How many answers are compared with the OpenCV baseline's."""

    share: float = Field(ge=0, le=1)


class TokenHashes(Table):
    """SHA-256 of access tokens by role."""

    predict: tuple[Sha256, ...]
    operate: tuple[Sha256, ...]


class AccessSettings(Table):
    """Who may ask, and how often."""

    tokens: TokenHashes
    tokens_file: Path | None
    public_metrics: bool
    requests_per_s: float = Field(gt=0)
    burst: int = Field(ge=1)


class TlsSettings(Table):
    """Certificate files; both or none."""

    certificate: Path | None
    key: Path | None

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key must both be set, or neither")
        return self


class ServeSettings(YamlSettings):
    """Settings of `dxfvision serve`."""

    file_name: ClassVar[str] = "serve_config.yaml"

    host: str
    port: int = Field(ge=1, le=65535)
    workers: int = Field(ge=1, le=64)
    runtime: Literal["onnxruntime", "openvino"]
    runtime_threads: int = Field(ge=1, le=64)
    precision: Literal["fp32", "int8"] | None
    start_s: Seconds
    stop_s: Seconds
    limits: LimitSettings
    answer: AnswerSettings
    models: ModelSettings
    second_opinion: SecondOpinionSettings
    access: AccessSettings
    tls: TlsSettings
