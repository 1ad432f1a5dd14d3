"""Where requests about pictures are taken: read, queued, worked on with the model in use.

A request keeps the model it began with. Its blocking work runs in a thread of the queue; one that
waits in vain or whose client leaves is dropped.
"""

import functools
import json
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from fastapi import Request
from starlette.responses import Response

from components.errors import ImageError
from components.serving.bodies import FIELD, FORM_TYPE, SentPicture, read_pictures
from components.serving.capacity import WorkQueue
from components.serving.live_model import LiveModel, LoadedModel
from components.serving.problems import error_body, request_error
from components.serving.routes import documented
from components.settings.serve import ServeSettings

_MOVE_EVERY_S = 0.1
"""A worker asks no more often for a new connection; under overload they would be half the work."""

T = TypeVar("T")
Work = Callable[[SentPicture, LoadedModel], T]

PICTURE_ERRORS = documented(400, 401, 403, 408, 413, 415, 422, 429, 500, 503, 504)

_PICTURE = {"type": "string", "format": "binary"}
_FORM = {"type": "object", "required": [FIELD]}
ONE_PICTURE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            FORM_TYPE: {"schema": {**_FORM, "properties": {FIELD: _PICTURE}}},
            "image/*": {"schema": _PICTURE},
        },
    }
}
"""What the documentation says of a route that takes a form or a raw body."""

PICTURES: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            FORM_TYPE: {
                "schema": {**_FORM, "properties": {FIELD: {"type": "array", "items": _PICTURE}}}
            }
        },
    }
}
"""What the documentation says of a route that takes a form with several pictures."""


ONE_PNG: dict[int | str, dict[str, Any]] = {
    200: {"description": "The picture.", "content": {"image/png": {"schema": _PICTURE}}}
}
"""What the documentation says of a good answer that is a picture; its errors stay JSON."""


class PngResponse(Response):
    """A picture."""

    media_type = "image/png"


class JsonResponse(Response):
    """JSON that was encoded before, in the thread that did the work."""

    media_type = "application/json"


class Desk:
    """Takes requests about pictures.

    Args:
        live: The model in use.
        queue: Where pictures are worked on.
        settings: Bounds.
    """

    def __init__(self, live: LiveModel, queue: WorkQueue, settings: ServeSettings) -> None:
        """Keep them."""
        self._live, self._queue, self.settings = live, queue, settings
        self._moved_s = 0.0

    async def one(self, request: Request, work: Work[T]) -> T:
        """Return what work makes of the only picture of a request.

        Raises:
            RequestError: If the request is refused; see `read_pictures` and `WorkQueue.run`.
            ImageError: If the picture cannot be decoded or is too large.
        """
        loaded = self._live.current()
        [picture] = await read_pictures(request, 1, self.settings.limits.upload_s)
        return await self._run(request, functools.partial(work, picture, loaded))

    async def several(self, request: Request, work: Work[str]) -> Response:
        """Return what work makes of each picture; a bad one does not spoil the others.

        Args:
            request: With a body that was not read yet.
            work: Makes the JSON of one answer.

        Raises:
            RequestError: If the whole request is refused.
        """
        limits = self.settings.limits
        loaded = self._live.current()
        pictures = await read_pictures(request, limits.max_batch, limits.upload_s)
        request_id, given_up = request.state.request_id, threading.Event()
        outcomes = functools.partial(_outcomes, pictures, loaded, work, request_id, given_up)
        try:
            return JsonResponse(await self._run(request, outcomes))
        finally:
            given_up.set()

    async def _run(self, request: Request, work: Callable[[], T]) -> T:
        self._spread(request)
        return await self._queue.run(work, functools.partial(_gone, request))

    def _spread(self, request: Request) -> None:
        """Let a client that has to wait connect anew after its answer.

        A kept connection stays with one worker: two cameras could share one while the other idles.
        A new connection is taken by whichever worker has time for it.
        """
        now = time.monotonic()
        due = self.settings.workers > 1 and now - self._moved_s >= _MOVE_EVERY_S
        if due and self._queue.crowded:
            self._moved_s = now
            request.state.reconnect = True


def _outcomes(
    pictures: list[SentPicture],
    loaded: LoadedModel,
    work: Work[str],
    request_id: str,
    given_up: threading.Event,
) -> str:
    """Return the JSON of a batch, from the JSON of its pictures' answers.

    Once the batch is given up, because its client has gone or its time is over, no further picture
    is begun.
    """
    items = [
        _outcome(picture, loaded, work, request_id) for picture in pictures if not given_up.is_set()
    ]
    return f'{{"items":[{",".join(items)}]}}'


def _outcome(picture: SentPicture, loaded: LoadedModel, work: Work[str], request_id: str) -> str:
    answer, error = "null", "null"
    try:
        answer = work(picture, loaded)
    except ImageError as fault:
        error = error_body(request_error(fault), request_id).model_dump_json()
    return f'{{"name":{json.dumps(picture.name)},"answer":{answer},"error":{error}}}'


async def _gone(request: Request) -> None:
    """Return when the client has closed the connection; the body was read before."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
