"""Request bodies: bounded while they arrive, then the pictures in them.

A body is one picture as it is (`curl --data-binary @picture.jpg`), or a multipart form with a file
field `image`, which may be repeated for a batch. The picture's bytes say what it is; the content
type only tells a form from a picture.
"""

import asyncio
import logging
from dataclasses import dataclass
from http import HTTPStatus

from starlette.datastructures import FormData, Headers, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartParser
from starlette.requests import Request
from starlette.types import Message, Receive, Scope

from components.serving.problems import RequestError

FIELD = "image"
FORM_TYPE = "multipart/form-data"

# A client that still sends does not read, so a refused body is swallowed up to these bounds before
# the refusal is sent; beyond them the connection is simply closed.
_SWALLOW_BODIES = 8
_SWALLOW_S = 5.0

# It would write into the log which bytes of a body are no form.
logging.getLogger("python_multipart").setLevel(logging.CRITICAL)
# A form's file of more than 1 MiB would be written to the disk. No picture is; `HeldBytes` bounds
# the memory. 0: never.
MultiPartParser.spool_max_size = 0


@dataclass(frozen=True, slots=True)
class SentPicture:
    """One encoded picture of a request.

    Attributes:
        name: File name the client gave, for its own orientation; never used as a path.
        data: Its bytes.
    """

    name: str
    data: bytes


class HeldBytes:
    """Counts what the bodies of all requests hold in this process, until they are answered.

    Args:
        max_bytes: Together, at a time.
    """

    def __init__(self, max_bytes: int) -> None:
        """Hold nothing yet."""
        self._max_bytes, self._bytes = max_bytes, 0

    def take(self, count: int) -> bool:
        """Hold so many bytes more; false if there is no room for them."""
        if self._bytes + count > self._max_bytes:
            return False
        self._bytes += count
        return True

    def give_back(self, count: int) -> None:
        """Hold so many bytes less."""
        self._bytes -= count


class BoundedBody:
    """Counts a body while it arrives, whether its length was announced or not.

    Args:
        scope: The request's.
        receive: Where the body comes from.
        max_bytes: Largest body.
        held: What all bodies hold together.
    """

    def __init__(self, scope: Scope, receive: Receive, max_bytes: int, held: HeldBytes) -> None:
        """Read the announced length."""
        headers = Headers(scope=scope)
        length = headers.get("content-length", "")
        self._announced = int(length) if length.isdecimal() else 0
        self._asks_first = headers.get("expect", "").lower() == "100-continue"
        self._receive, self._max_bytes, self._held = receive, max_bytes, held
        self._received = 0

    async def receive(self) -> Message:
        """Pass on the next piece.

        Raises:
            RequestError: 413 once more than allowed was announced or has come; 429 if all bodies
                together hold too much.
        """
        if self._announced > self._max_bytes:
            if not self._asks_first:
                await self._swallow()
            raise self._too_large()
        message = await self._receive()
        count = len(message.get("body", b""))
        refusal = self._refusal(count)
        if refusal is not None:
            if message.get("more_body", False):
                await self._swallow()
            raise refusal
        self._received += count
        return message

    def close(self) -> None:
        """Let go of what was received; nothing is received any more."""
        self._held.give_back(self._received)
        self._received = 0

    def _refusal(self, count: int) -> RequestError | None:
        """Return why so many bytes more are refused; None, and they are held, if they are not."""
        if self._received + count > self._max_bytes:
            return self._too_large()
        return None if self._held.take(count) else _no_room()

    async def _swallow(self) -> None:
        swallowed = 0
        try:
            async with asyncio.timeout(_SWALLOW_S):
                while swallowed < _SWALLOW_BODIES * self._max_bytes:
                    message = await self._receive()
                    swallowed += len(message.get("body", b""))
                    if not message.get("more_body", False):
                        return
        except TimeoutError:
            return

    def _too_large(self) -> RequestError:
        return RequestError(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "body_too_large",
            f"the request's body is larger than the {self._max_bytes / 2**20:g} MiB allowed",
            "send smaller or fewer pictures, or raise limits.max_body_mib in serve_config.yaml",
        )


def _no_room() -> RequestError:
    return RequestError(
        HTTPStatus.TOO_MANY_REQUESTS,
        "busy",
        "the bodies of other requests take all the room there is for them",
        "try again in a second, or raise limits.held_mib in serve_config.yaml",
        {"Retry-After": "1"},
    )


async def read_pictures(request: Request, max_count: int, upload_s: float) -> list[SentPicture]:
    """Read the pictures of a request, whole.

    Args:
        request: With a body that was not read yet.
        max_count: Most pictures.
        upload_s: Longest time the body may take to arrive.

    Raises:
        RequestError: 408 if the body takes too long, 413 if it holds too many pictures or bytes,
            422 if the form has no field `image` or another one.
    """
    try:
        async with asyncio.timeout(upload_s):
            if request.headers.get("content-type", "").lower().startswith(FORM_TYPE):
                return await _read_form(request, max_count)
            return [SentPicture("body", await request.body())]
    except TimeoutError as error:
        raise RequestError(
            HTTPStatus.REQUEST_TIMEOUT,
            "upload_too_slow",
            f"the request's body did not arrive within {upload_s:g} s",
            "send smaller pictures, or raise limits.upload_s in serve_config.yaml",
        ) from error


async def _read_form(request: Request, max_count: int) -> list[SentPicture]:
    try:
        async with request.form(max_files=max_count + 1, max_fields=max_count + 1) as form:
            return await _pictures_of(form, max_count)
    except HTTPException as error:
        if error.detail.startswith("Too many files"):
            # Of so many the reader does not wait for the rest.
            raise _too_many(max_count, max_count + 2) from error
        raise
    except UnicodeError as error:
        # The form's own `charset` may be one that nothing can be read with, such as `undefined`.
        raise _wrong_form("the names in the form cannot be read as text") from error


async def _pictures_of(form: FormData, max_count: int) -> list[SentPicture]:
    entries = form.multi_items()
    strangers = sorted({name for name, _ in entries} - {FIELD})
    if strangers or not entries:
        found = ", ".join(repr(name) for name in strangers) or "no field"
        raise _wrong_form(f"expected the file field {FIELD!r} and nothing else, got {found}")
    if len(entries) > max_count:
        raise _too_many(max_count, len(entries))
    return [await _sent_picture(value) for _, value in entries]


async def _sent_picture(value: UploadFile | str) -> SentPicture:
    if isinstance(value, str):
        raise _wrong_form(f"expected a file in the field {FIELD!r}, got text")
    return SentPicture(value.filename or FIELD, await value.read())


def _wrong_form(message: str) -> RequestError:
    return RequestError(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "wrong_form",
        message,
        f"send the picture as a file: curl -F {FIELD}=@picture.jpg, or the body alone: "
        "curl --data-binary @picture.jpg",
    )


def _too_many(max_count: int, count: int) -> RequestError:
    return RequestError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "too_many_pictures",
        f"expected {max_count} picture(s) at most, got {count} or more",
        "send the pictures in several requests, or to /predict/batch",
    )
