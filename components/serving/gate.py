"""What every request passes before and after its route, as one plain ASGI middleware.

It gives the request an id, unless it brings one, asks who may pass, bounds the body, answers
`/readyz` and what BentoML would answer in its own form, adds the security headers, and writes two
metrics and one log line when the answer has gone. Nothing of a picture is ever logged.
"""

import logging
import time
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from components.logs.following import REQUEST_HEADER, request, usable_id
from components.serving.access import PICTURE_ROUTES, PREDICT_ROUTES, Doorkeeper
from components.serving.bodies import BoundedBody, HeldBytes
from components.serving.live_model import LiveModel
from components.serving.problems import RequestError, error_response
from components.serving.schemas import ReadyAnswer
from components.serving.telemetry import REQUEST_SECONDS, REQUESTS
from components.settings.serve import ServeSettings

logger = logging.getLogger(__name__)

READY_ROUTE = "/readyz"
PROBES = ("/livez", "/healthz", READY_ROUTE)
PROBE_METHODS = ("GET", "HEAD")
BENTOML_ROUTE = "/schema.json"
"""Of BentoML's own; it tells of a service without routes."""
ROUTES = (*PROBES, *PREDICT_ROUTES, "/metrics", "/docs", "/")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
OTHER = "other"
"""Route and method label of every request that asks for something else."""

# Counters begin at zero, so that their first increase is seen as one.
for _route in (*PICTURE_ROUTES, "/readyz"):
    for _status in (200, 429, 500, 503, 504):
        REQUESTS.labels(_route, "GET" if _route in PROBES else "POST", str(_status))

# Nothing from elsewhere, no framing, no guessing of types, no page address sent on.
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Gate:
    """The middleware.

    Args:
        app: The service behind it.
        live: Tells whether the service is ready.
        settings: Bounds.
    """

    def __init__(self, app: ASGIApp, live: LiveModel, settings: ServeSettings) -> None:
        """Keep what requests are checked against."""
        self._app, self._live, self._settings = app, live, settings
        self._doorkeeper = Doorkeeper(settings.access)
        self._held = HeldBytes(settings.limits.held_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        passage = _Passage(scope, send)
        with request(passage.request_id):
            await self._pass(passage, scope, receive)

    async def _pass(self, passage: "_Passage", scope: Scope, receive: Receive) -> None:
        max_bytes = self._settings.limits.max_body_bytes
        body = BoundedBody(scope, receive, max_bytes, self._held)
        try:
            if scope["path"] in PROBES:
                _check_method(scope["method"])
            else:
                self._admit(scope)
            if scope["path"] == BENTOML_ROUTE:
                raise _no_route()
            if scope["path"] == READY_ROUTE:
                await self._readiness()(scope, body.receive, passage.send)
            else:
                await self._app(scope, body.receive, passage.send)
        except RequestError as error:
            response = error_response(error, passage.request_id)
            await response(scope, body.receive, passage.send)
        finally:
            body.close()
            passage.record()

    def _admit(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        address = (scope.get("client") or ("unknown",))[0]
        self._doorkeeper.admit(
            scope["path"],
            headers.get("host", ""),
            headers.get("authorization", ""),
            address,
            headers.get("origin", ""),
        )

    def _readiness(self) -> Response:
        """Answer `/readyz`; raises 503 with the reason while no model is in use."""
        current = self._live.current()
        answer = ReadyAnswer(status="ready", version=current.version.version, since=current.since)
        return Response(answer.model_dump_json(), media_type="application/json")


def _check_method(method: str) -> None:
    """Refuse what a probe does not take.

    Raises:
        RequestError: 405.
    """
    if method not in PROBE_METHODS:
        raise RequestError(
            HTTPStatus.METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "this route does not take this method",
            "ask for it with GET",
            {"Allow": ", ".join(PROBE_METHODS)},
        )


def _no_route() -> RequestError:
    return RequestError(
        HTTPStatus.NOT_FOUND, "not_found", "there is no such route", "see /docs for the routes"
    )


class _Passage:
    """One request on its way through the gate."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope, self._send = scope, send
        self._start = time.perf_counter()
        self._status = HTTPStatus.INTERNAL_SERVER_ERROR.value
        self.request_id = usable_id(Headers(scope=scope).get(REQUEST_HEADER, ""))
        scope.setdefault("state", {})["request_id"] = self.request_id

    async def send(self, message: Message) -> None:
        """Send on, with our headers on the way."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            headers = MutableHeaders(scope=message)
            headers[REQUEST_HEADER] = self.request_id
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            if self._scope["state"].get("reconnect", False):
                headers["Connection"] = "close"
        await self._send(message)

    def record(self) -> None:
        """Count the request and write its line."""
        path, method = self._scope["path"], self._scope["method"]
        route = path if path in ROUTES else OTHER
        seconds = time.perf_counter() - self._start
        known_method = method if method in METHODS else OTHER
        REQUESTS.labels(route, known_method, str(self._status)).inc()
        REQUEST_SECONDS.labels(route).observe(seconds)
        # Who asks over and over whether all is well is told so without a line; whatever else is
        # answered bears an id that is to be found.
        often = route in PROBES or route == "/metrics"
        well = self._status < HTTPStatus.BAD_REQUEST
        level = logging.DEBUG if often and well else logging.INFO
        logger.log(
            level,
            "%s %s %d %.1f ms",
            known_method,
            route,
            self._status,
            1000 * seconds,
            extra={"route": route, "status": self._status, "seconds": round(seconds, 4)},
        )
