"""Connections that do not say what they want are closed.

uvicorn waits for ever for the head of a request (its first line and headers) on a new connection,
and for the rest of a head that has begun: a client that sends a byte now and then holds a
connection for as long as it likes, and some thousands of them hold the service. How long a body may
take is bounded by `bodies.py`, how long an idle connection stays open by uvicorn itself.
"""

import asyncio
from typing import ClassVar

from uvicorn.config import HTTP_PROTOCOLS
from uvicorn.protocols.http.h11_impl import H11Protocol


def bound_heads(longest_s: float) -> None:
    """Let servers that uvicorn starts in this process from now on close such connections.

    BentoML starts uvicorn with the protocol named "auto".

    Args:
        longest_s: From the connection, or from the first byte of a head, to the head's end.
    """
    PromptProtocol.longest_s = longest_s
    HTTP_PROTOCOLS["auto"] = f"{__name__}:{PromptProtocol.__name__}"


class PromptProtocol(H11Protocol):
    """HTTP/1.1 with a bound on the time that a request's head may take."""

    longest_s: ClassVar[float]
    _due: asyncio.TimerHandle | None = None

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
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._due = self.loop.call_later(self.longest_s, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None
