"""Settings of `configs/operations_config.yaml`: server, worker, watcher, monitor, maintenance."""

from pathlib import Path
from typing import ClassVar

from pydantic import Field

from components.settings.base import Table, YamlSettings

_PORT = Field(ge=1, le=65535)


class ServerSettings(Table):
    """The Prefect server that `dxfvision up` starts; meanings and units stand in the file."""

    host: str
    port: int = _PORT
    database_url: str | None = Field(pattern=r"^(postgresql\+asyncpg|sqlite\+aiosqlite)://")
    database_wait_s: float = Field(gt=0)
    keep_runs_days: float = Field(ge=1)
    keep_events_days: float = Field(ge=1)
    start_s: float = Field(gt=0)

    @property
    def api_url(self) -> str:
        """Where clients on this machine find its API."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host
        return f"http://{host}:{self.port}/api"


class WorkerSettings(Table):
    """The process that takes runs from the server's queues."""

    pool: str = Field(pattern="^[a-z][a-z0-9-]*$")
    runs: int = Field(ge=2, le=64)
    port: int = _PORT
    poll_s: float = Field(gt=0, le=60)


class SupervisorSettings(Table):
    """How `dxfvision up` keeps its programs alive."""

    check_s: float = Field(gt=0)
    failures: int = Field(ge=1)
    pause_s: float = Field(gt=0)
    longest_pause_s: float = Field(gt=0)
    stop_s: float = Field(gt=0)


class WatcherSettings(Table):
    """When drawings count as changed and runs as dead."""

    every_s: float = Field(gt=0)
    quiet_s: float = Field(ge=0)
    retry_s: float = Field(ge=0)
    sweep_s: float = Field(gt=0)
    pending_s: float = Field(gt=0)


class PublishSettings(Table):
    """How new drawings are served before anything was trained on them."""

    pictures: int = Field(ge=10, le=2000)
    max_map_loss: float = Field(ge=0, le=1)
    max_part_loss: float = Field(ge=0, le=1)


class MonitorSettings(Table):
    """The self-check of the running service."""

    url: str | None = Field(pattern="^https?://")
    token_file: Path | None
    longest_s: float = Field(gt=0)
    tries: int = Field(ge=1, le=100)
    pause_s: float = Field(ge=0)


Days = float | None
"""How old something may get; None for ever."""


class KeepDays(Table):
    """How long what is kept, in days; None keeps for ever."""

    versions: Days = Field(gt=0)
    evidence: Days = Field(gt=0)
    logs: Days = Field(gt=0)
    runs: Days = Field(gt=0)
    leftovers: Days = Field(gt=0)
    backups: Days = Field(gt=0)


class MaintainSettings(Table):
    """What the nightly maintenance keeps and deletes."""

    keep_days: KeepDays
    predecessors: int = Field(ge=1)
    min_free_hours: float = Field(ge=0)
    min_free_gib: float = Field(ge=0)
    min_free_pages: float = Field(ge=0, le=1)
    backup: bool


class OperationsSettings(YamlSettings):
    """Everything around the pipeline; meanings and units stand in the file."""

    file_name: ClassVar[str] = "operations_config.yaml"

    server: ServerSettings
    worker: WorkerSettings
    supervisor: SupervisorSettings
    watcher: WatcherSettings
    publish: PublishSettings
    monitor: MonitorSettings
    maintain: MaintainSettings
