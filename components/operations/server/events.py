"""Events for a Prefect server, taken by it before the call returns.

Prefect's own `emit_event` hands an event to a thread that sends it later, and lets it go where the
server is away. What starts work must not be lost so: this one asks the server, and tells if it is
refused.
"""

from collections.abc import Mapping
from typing import Any

from prefect.client.orchestration import get_client
from prefect.events.schemas.events import Event


def emit_event(event: str, resource: Mapping[str, str], payload: Mapping[str, Any]) -> None:
    """Tell the server of `PREFECT_API_URL` that something happened.

    Args:
        event: Its name.
        resource: What it is about: labels with `prefect.resource.id` among them.
        payload: Plain values.

    Raises:
        httpx.HTTPError: If the server does not take it, after as many tries as any request gets.
    """
    told = Event.model_validate({"event": event, "resource": resource, "payload": payload})
    with get_client(sync_client=True) as client:
        client.request("POST", "/events", json=[told.model_dump(mode="json")])
