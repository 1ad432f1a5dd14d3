"""Conversations with the whole application in this process: gate, routes, queue, a real model."""

from collections.abc import Awaitable, Callable

import httpx

from components.settings.serve import ServeSettings
from tests.bundles import encoded, scene

Talk = Callable[[httpx.AsyncClient], Awaitable[None]]
PICTURE = encoded(scene(), "JPEG")


def limited(settings: ServeSettings, **limits: float) -> ServeSettings:
    return settings.model_copy(update={"limits": settings.limits.model_copy(update=limits)})


def check_error(response: httpx.Response, status: int, code: str) -> None:
    assert response.status_code == status, response.text
    error = response.json()["error"]
    assert set(error) == {"status", "code", "message", "remedy", "id"}
    assert (error["status"], error["code"]) == (status, code)
    assert error["message"]
    assert error["remedy"]
    assert error["id"] == response.headers["X-Request-Id"]
