"""Errors of the HTTP API: one schema, one place where each gets its status.

    {"error": {"status": 413, "code": "picture_too_large", "message": ..., "remedy": ...,
               "id": "5f0c..."}}

The sender's fault is 4xx with a sentence that says what to do; ours is 5xx with an id that stands
in the log beside the traceback, and nothing else.
"""

from collections.abc import Mapping
from http import HTTPStatus

from starlette.requests import ClientDisconnect
from starlette.responses import Response

from components.errors import (
    CalibrationError,
    ImageError,
    ModelError,
    PipelineError,
    ServiceError,
)
from components.modeling.pictures import (
    BrokenPictureError,
    LargePictureError,
    UnsupportedPictureError,
)
from components.serving.schemas import ErrorAnswer, ErrorBody


class RequestError(ServiceError):
    """A request that gets an error as its answer.

    Attributes:
        status: HTTP status.
        code: Fixed word for programs.
        message: What was wanted and what came.
        remedy: What to do.
        headers: Headers the answer carries besides the usual ones.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        remedy: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Keep the parts of the answer."""
        super().__init__(f"{message}; {remedy}")
        # A plain number, not HTTPStatus: it is logged.
        self.status, self.code = int(status), code
        self.message, self.remedy = message, remedy
        self.headers = dict(headers or {})


class ClientGoneError(RequestError):
    """The client closed the connection before its request was whole or its answer ready."""

    def __init__(self) -> None:
        """Use the status that proxies use for this; nobody receives it."""
        super().__init__(499, "client_gone", "the client closed the connection", "ask again")


_PICTURE_ERRORS: dict[type[ImageError], tuple[int, str]] = {
    BrokenPictureError: (HTTPStatus.BAD_REQUEST, "picture_undecodable"),
    LargePictureError: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "picture_too_large"),
    UnsupportedPictureError: (HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "picture_type"),
}


def request_error(error: Exception) -> RequestError:
    """Return what a request that failed with `error` is answered."""
    if isinstance(error, RequestError):
        return error
    if isinstance(error, ClientDisconnect):
        return ClientGoneError()
    if isinstance(error, ImageError):
        status, code = _PICTURE_ERRORS.get(type(error), (HTTPStatus.BAD_REQUEST, "picture"))
        return RequestError(status, code, *_message_and_remedy(error))
    if isinstance(error, CalibrationError):
        return RequestError(
            HTTPStatus.UNPROCESSABLE_ENTITY, "camera_uncalibrated", *_message_and_remedy(error)
        )
    if isinstance(error, ModelError):
        return not_ready("the model cannot answer")
    return RequestError(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal",
        "the service met an error of its own",
        "look for this id in the service's log, and report it if it comes again",
    )


def not_ready(reason: str) -> RequestError:
    """Return the answer while no model can be used."""
    return RequestError(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "not_ready",
        f"the service has no model in use: {reason}",
        "try again in a few seconds; /readyz says when",
        {"Retry-After": "2"},
    )


def error_body(error: RequestError, request_id: str) -> ErrorBody:
    """Return the error as the schema has it."""
    return ErrorBody(
        status=error.status,
        code=error.code,
        message=error.message,
        remedy=error.remedy,
        id=request_id,
    )


def error_response(error: RequestError, request_id: str) -> Response:
    """Return the error as an HTTP response."""
    body = ErrorAnswer(error=error_body(error, request_id))
    return Response(
        body.model_dump_json(),
        status_code=error.status,
        headers=error.headers,
        media_type="application/json",
    )


def _message_and_remedy(error: PipelineError) -> tuple[str, str]:
    """Split a sentence of ours, "what was wrong; what to do"."""
    message, separator, remedy = str(error).rpartition("; ")
    return (message, remedy) if separator else (remedy, "send another picture")
