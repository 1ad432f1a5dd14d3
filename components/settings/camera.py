"""Settings of the camera agent: `configs/camera_config.yaml`."""

from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, PositiveFloat, model_validator

from components.settings.base import Table, YamlSettings

Seconds = Annotated[float, Field(gt=0, le=3600)]
Share = Annotated[float, Field(ge=0, le=1)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
Port = Annotated[int, Field(ge=0, le=65535)]
Url = Annotated[str, Field(pattern="^https?://")]
TriggerMode = Literal["free", "interval", "http", "file"]
Verdict = Literal["ok", "not ok", "cannot judge", "found", "empty"]


class SourceSettings(Table):
    """Where frames come from; the file tells what each value means."""

    what: str | None
    user: str | None
    password_file: Path | None
    rtsp_transport: Literal["tcp", "udp"]
    width_px: int | None = Field(ge=16, le=16384)
    height_px: int | None = Field(ge=16, le=16384)
    frames_per_s: float = Field(ge=0.01, le=120)
    max_megapixels: float = Field(gt=0, le=80)


class CaptureSettings(Table):
    """Deadlines and pauses of the capture process."""

    open_s: Seconds
    frame_s: Seconds
    first_wait_s: Seconds
    longest_wait_s: Seconds
    stable_s: Seconds
    warm_up_frames: int = Field(ge=0, le=100)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.first_wait_s > self.longest_wait_s:
            raise ValueError("first_wait_s must not exceed longest_wait_s")
        return self


class FrameSettings(Table):
    """What a frame must be to be judged."""

    max_age_s: Seconds
    frozen_s: Seconds
    frozen_share: Share
    judge_unchanged: bool
    black_level: float = Field(ge=0, le=255)
    max_blur_px: float = Field(gt=0, le=100)
    max_saturated_share: Share
    fault_s: float = Field(ge=0, le=3600)


class TriggerSettings(Table):
    """When a frame is judged."""

    mode: TriggerMode
    every_s: Seconds
    file: Path | None
    wait_s: Seconds
    waiting: int = Field(ge=1, le=1000)

    @model_validator(mode="after")
    def _file_is_named(self) -> Self:
        if self.mode == "file" and self.file is None:
            raise ValueError("mode file needs the name of a file in trigger.file")
        return self


class JudgeSettings(Table):
    """Who judges frames."""

    service: Url | None
    token_file: Path | None
    timeout_s: Seconds
    retry_s: Seconds
    encoding: Literal["png", "jpeg"]
    threads: int = Field(ge=1, le=64)
    watch_every_s: Seconds
    above_mm: float = Field(ge=-1000, le=1000)
    px_per_mm: PositiveFloat | None
    masks: bool
    contours: bool


class WebhookSettings(Table):
    """An HTTP server that gets each record."""

    url: Url | None
    timeout_s: Seconds
    token_file: Path | None


class MqttSettings(Table):
    """A broker that gets each record."""

    host: str | None
    port: int = Field(ge=1, le=65535)
    topic: str = Field(pattern=r"^[^#+\s/][^#+\s]*$")
    qos: Literal[0, 1, 2]
    user: str | None
    password_file: Path | None
    tls: bool
    ca_file: Path | None
    timeout_s: Seconds


class SinksSettings(Table):
    """Where records go."""

    queue: int = Field(ge=1, le=100_000)
    retry_s: Seconds
    longest_retry_s: Seconds
    lines: bool
    lines_days: float = Field(gt=0)
    webhook: WebhookSettings
    mqtt: MqttSettings


class EvidenceSettings(Table):
    """Which pictures are kept, and how much room they may take."""

    of: tuple[Verdict, ...]
    format: Literal["jpg", "png"]
    overlay: bool
    min_free_mib: float = Field(ge=0)
    headroom_hours: float = Field(ge=0, le=168)
    max_gib: float = Field(gt=0)
    max_per_minute: int = Field(ge=1, le=10_000)


class HttpSettings(Table):
    """Where the agent tells how it is."""

    host: str
    port: Port
    token_file: Path | None


class CameraSettings(YamlSettings):
    """Settings of `dxfvision camera`."""

    file_name: ClassVar[str] = "camera_config.yaml"

    name: Name
    source: SourceSettings
    capture: CaptureSettings
    frame: FrameSettings
    trigger: TriggerSettings
    judge: JudgeSettings
    sinks: SinksSettings
    evidence: EvidenceSettings
    http: HttpSettings
