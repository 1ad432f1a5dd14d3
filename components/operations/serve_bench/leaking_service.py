"""The service with a leak planted in it: proof that the soak would find one.

Started with `DXFVISION_LEAK_BYTES_PER_S=1e6` by
`bentoml serve components.operations.serve_bench.leaking_service:bento`; never for anything else.
"""

import os
import time

from starlette.types import ASGIApp, Receive, Scope, Send

from components.operations.serve_bench.endurance import LEAK_VARIABLE
from components.serving.service import bento


class Leak:
    """Middleware that lets the memory of its worker grow while requests come."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap the service."""
        self._app = app
        self._per_s = float(os.environ[LEAK_VARIABLE])
        self._since_s = time.monotonic()
        self._kept: list[bytes] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Leak what is due since the last request, then pass on."""
        if scope["type"] == "http":
            now = time.monotonic()
            # Written to, so that the pages are really there.
            self._kept.append(b"\1" * int((now - self._since_s) * self._per_s))
            self._since_s = now
        await self._app(scope, receive, send)


bento.add_asgi_middleware(Leak)
