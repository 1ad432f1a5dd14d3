"""All sinks of one camera, as the settings name them."""

from collections.abc import Sequence
from pathlib import Path

from components.camera.evidence import Evidence
from components.camera.lines import JsonLines
from components.camera.mqtt import Mqtt
from components.camera.secret_files import read_secret
from components.camera.sinks import Delivery, Sink, SinkWorker
from components.camera.state import Faults
from components.camera.webhook import Webhook
from components.settings.camera import CameraSettings

_PICTURES_WAITING = 4
"""Frames are large: few wait for the disk."""


class Outlets:
    """Feeds every sink.

    Args:
        folder: Of this camera's files.
        settings: Which sinks.
        faults: Is told what fails.
        more: Further sinks.
    """

    def __init__(
        self, folder: Path, settings: CameraSettings, faults: Faults, more: Sequence[Sink] = ()
    ) -> None:
        """Open all.

        Raises:
            CameraError: If a file with a password or token cannot be read, or a library is missing.
        """
        sinks = settings.sinks
        self.evidence = Evidence(folder / "evidence", settings.name, settings.evidence)
        found: list[Sink] = [*more]
        if sinks.lines:
            found.append(JsonLines(folder, sinks.lines_days))
        if sinks.webhook.url is not None:
            token = read_secret(sinks.webhook.token_file, "sinks.webhook.token_file")
            found.append(Webhook(sinks.webhook, token))
        if sinks.mqtt.host is not None:
            password = read_secret(sinks.mqtt.password_file, "sinks.mqtt.password_file")
            found.append(Mqtt(sinks.mqtt, settings.name, password))
        limits = [(sink, sinks.queue) for sink in found]
        if settings.evidence.of:
            limits.append((self.evidence, _PICTURES_WAITING))
        self._workers = [
            SinkWorker(sink, settings.name, faults, limit, sinks.retry_s, sinks.longest_retry_s)
            for sink, limit in limits
        ]

    def offer(self, delivery: Delivery) -> None:
        """Give something to every sink; never waits."""
        for worker in self._workers:
            worker.offer(delivery)

    def close(self) -> None:
        """Give what waits a last chance, then end."""
        for worker in self._workers:
            worker.close()
