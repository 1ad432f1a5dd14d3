"""The agent's HTTP side: is it alive, is it ready, what is wrong, its metrics, the trigger."""

import hmac
import queue
import socket
import threading
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Protocol

import uvicorn
from fastapi import FastAPI, Header, HTTPException
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST

from components.camera.telemetry import exposition
from components.camera.triggers import MAX_TEXT, Triggers
from components.errors import CameraError
from components.serving.access import is_loopback
from components.settings.camera import HttpSettings

_STOP_S = 3.0


class Told(Protocol):
    """What the endpoint asks of the agent."""

    def alive(self) -> bool:
        """Whether the agent's loop goes round."""

    def status(self) -> dict[str, Any]:
        """Return everything that is known; `ready` and `faults` among it."""

    def last_picture(self) -> bytes | None:
        """Return the newest frame as JPEG."""


def routes(
    told: Told, triggers: Triggers, wait_s: float, allowed: Callable[[str | None], None]
) -> FastAPI:
    """Return the application.

    Args:
        told: The agent.
        triggers: Are fired by `POST /trigger`.
        wait_s: Longest wait for a trigger's record.
        allowed: Raises an error if an authorization header does not open what is closed.
    """
    app = FastAPI(title="dxfvision camera", docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/livez")
    def livez() -> Response:
        return Response(status_code=200 if told.alive() else 503)

    @app.get("/readyz")
    def readyz() -> JSONResponse:
        status = told.status()
        facts = {"ready": status["ready"], "faults": status["faults"]}
        return JSONResponse(facts, 200 if status["ready"] else 503)

    @app.get("/status")
    def status() -> dict[str, Any]:
        return told.status()

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(exposition(), media_type=CONTENT_TYPE_LATEST)

    @app.get("/frame.jpg")
    def frame(authorization: str | None = Header(None)) -> Response:
        allowed(authorization)
        picture = told.last_picture()
        if picture is None:
            raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, "there was no frame yet")
        return Response(picture, media_type="image/jpeg")

    @app.post("/trigger")
    def trigger(text: str = "", authorization: str | None = Header(None)) -> dict[str, Any]:
        allowed(authorization)
        return _fired(triggers, text, wait_s)

    return app


def _fired(triggers: Triggers, text: str, wait_s: float) -> dict[str, Any]:
    """Fire and wait for the record."""
    if not triggers.accepts:
        raise HTTPException(
            HTTPStatus.CONFLICT, "the camera is not triggered over HTTP; set trigger.mode to http"
        )
    if len(text) > MAX_TEXT:
        raise HTTPException(
            HTTPStatus.UNPROCESSABLE_ENTITY, f"text: {MAX_TEXT} characters are allowed"
        )
    ask = triggers.fire(text)
    if ask is None or ask.reply is None:
        raise HTTPException(HTTPStatus.TOO_MANY_REQUESTS, "too many triggers wait; ask again later")
    try:
        return ask.reply.get(timeout=wait_s)
    except queue.Empty:
        raise HTTPException(
            HTTPStatus.GATEWAY_TIMEOUT, f"no verdict within {wait_s:g} s; the record will follow"
        ) from None


class Endpoint:
    """Serves the routes from a thread.

    Attributes:
        port: Where it listens.
    """

    def __init__(
        self,
        settings: HttpSettings,
        token: str | None,
        told: Told,
        triggers: Triggers,
        wait_s: float,
    ) -> None:
        """Listen; `start` serves.

        Args:
            settings: Where.
            token: Opens the trigger and the picture; None: they are open on loopback alone.
            told: The agent.
            triggers: Of the agent.
            wait_s: Longest wait for a trigger's record.

        Raises:
            CameraError: If the address cannot be listened on.
        """
        self._socket = _listening(settings)
        self.port = int(self._socket.getsockname()[1])
        app = routes(told, triggers, wait_s, _gate(settings, token))
        config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, args=([self._socket],), name="http", daemon=True
        )

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """End serving."""
        self._server.should_exit = True
        self._thread.join(_STOP_S)
        self._socket.close()


def _listening(settings: HttpSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise CameraError(
            f"cannot listen on {settings.host} port {settings.port} ({error.strerror or error}); "
            "stop what uses it, or set http.port in camera_config.yaml or "
            "DXFVISION_CAMERA__HTTP__PORT"
        ) from error
    return listener


def _gate(settings: HttpSettings, token: str | None) -> Callable[[str | None], None]:
    """Return what lets in, or raises."""

    def allowed(authorization: str | None) -> None:
        if token is None:
            if not is_loopback(settings.host):
                raise HTTPException(
                    HTTPStatus.FORBIDDEN, "closed on this address until http.token_file is set"
                )
            return
        given = (authorization or "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), token.encode()):
            raise HTTPException(
                HTTPStatus.UNAUTHORIZED, "send the header Authorization: Bearer ..."
            )

    return allowed
