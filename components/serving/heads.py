"""Connections that do not say what they want, or do not take what they asked for, are closed.

uvicorn waits for ever for the head of a request (its first line and headers) on a new connection,
and for the rest of a head that has begun: a client that sends a byte now and then holds a
connection for as long as it likes, and some thousands of them hold the service. It waits as long
for a client that asks and does not read, and keeps the answers meanwhile. How long a body may take
is bounded by `bodies.py`, how long an idle connection stays open by uvicorn itself.

What is no HTTP is answered in the error schema, too, and no connection becomes a WebSocket: those
would pass the gate by.
"""

import asyncio
import logging
from http import HTTPStatus
from typing import ClassVar

import h11
from uvicorn.config import HTTP_PROTOCOLS
from uvicorn.protocols.http.h11_impl import H11Protocol

from components.logs.following import REQUEST_HEADER, new_id, request
from components.serving.gate import HEADERS, OTHER
from components.serving.problems import RequestError, error_response
from components.serving.telemetry import REQUESTS

logger = logging.getLogger(__name__)


def bound_heads(longest_s: float) -> None:
    """Let servers that uvicorn starts in this process from now on close such connections.

    BentoML starts uvicorn with the protocol named "auto".

    Args:
        longest_s: From the connection, or from the first byte of a head, to the head's end; and
            between two moments at which a client takes something of its answer.
    """
    PromptProtocol.longest_s = longest_s
    HTTP_PROTOCOLS["auto"] = f"{__name__}:{PromptProtocol.__name__}"


class PromptProtocol(H11Protocol):
    """HTTP/1.1 with a bound on the time that heads, and clients that do not read, may take."""

    longest_s: ClassVar[float]
    _due: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None

    # uvicorn narrows asyncio's type just so.
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Stop waiting if a head has ended, begin if another has begun."""
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._stop_waiting()
        elif self._due is None and (before is None or before.response_complete):
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_waiting()
        self._stop_watching()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Watch whether the client takes what waits for it."""
        super().pause_writing()
        self._watch()

    def resume_writing(self) -> None:
        """Watch the rest."""
        super().resume_writing()
        self._watch()

    def on_response_complete(self) -> None:
        """Watch whether the client takes its answer."""
        super().on_response_complete()
        self._watch()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP as everything else is; nothing of it is logged."""
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            # An answer is on its way already.
            self.transport.close()
            return
        request_id = new_id()
        answer = error_response(_no_http(), request_id)
        own = {**HEADERS, REQUEST_HEADER: request_id, "Connection": "close"}
        headers = answer.raw_headers + [
            (name.lower().encode(), value.encode()) for name, value in own.items()
        ]
        with request(request_id):
            logger.info("what came is no HTTP/1.1: 400")
        REQUESTS.labels(OTHER, OTHER, "400").inc()
        events = (
            h11.Response(status_code=400, headers=headers, reason=b"Bad Request"),
            h11.Data(data=bytes(answer.body)),
            h11.EndOfMessage(),
        )
        self.transport.write(b"".join(self.conn.send(event) or b"" for event in events))
        self.transport.close()

    def _should_upgrade(self) -> bool:
        """Never: uvicorn's own answers a request for a WebSocket beside the application."""
        return False

    def _wait(self) -> None:
        self._due = self.loop.call_later(self.longest_s, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None

    def _watch(self) -> None:
        """Look in a while whether the client has taken anything of what waits for it now."""
        self._stop_watching()
        waiting = self.transport.get_write_buffer_size()
        if waiting:
            self._unread = self.loop.call_later(self.longest_s, self._look, waiting)

    def _look(self, before: int) -> None:
        if self.transport.get_write_buffer_size() < before:
            self._watch()
        else:
            self.transport.abort()

    def _stop_watching(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None


def _no_http() -> RequestError:
    return RequestError(
        HTTPStatus.BAD_REQUEST,
        "no_http",
        "what came is no HTTP/1.1 request, or its head is too large",
        "send a request as curl does",
    )
