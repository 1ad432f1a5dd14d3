"""Records to an HTTP server, each by POST as JSON."""

import httpx

from components.camera.sinks import Delivery, RefusedError, Sink, SinkError
from components.camera.sources import safe_url
from components.camera.state import FaultName
from components.settings.camera import WebhookSettings

_NEVER = (400, 413, 415, 422)
"""Statuses that mean this very record; all others may be different the next time."""


class Webhook(Sink):
    """Posts each record.

    Args:
        settings: Where to.
        token: Sent with each record; None for none.
    """

    name: FaultName = "webhook"

    def __init__(self, settings: WebhookSettings, token: str | None) -> None:
        """Connect at the first record, not yet."""
        self._url = str(settings.url)
        self._told = safe_url(self._url)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._http = httpx.Client(headers=headers, timeout=settings.timeout_s)

    def send(self, delivery: Delivery) -> None:
        """Post a record.

        Raises:
            SinkError: If the server is not there or says that it cannot.
            RefusedError: If it will never take this record.
        """
        try:
            status = self._http.post(self._url, json=delivery.record).status_code
        except httpx.HTTPError as error:
            raise SinkError(
                f"{self._told}: cannot be reached ({type(error).__name__}); judging goes on"
            ) from error
        if status in _NEVER:
            raise RefusedError(f"{self._told}: answers status {status}")
        if not 200 <= status < 300:
            raise SinkError(f"{self._told}: answers status {status}; correct sinks.webhook")

    def close(self) -> None:
        """Close the connections."""
        self._http.close()
