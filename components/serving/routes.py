"""How a route of the API turns whatever goes wrong into the one error schema."""

import logging
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import Response

from components.serving.problems import RequestError, error_response, request_error
from components.serving.schemas import ErrorAnswer

logger = logging.getLogger(__name__)

_MEANINGS = {
    400: "The picture cannot be decoded.",
    401: "A known access token is needed.",
    403: "The token is of another role; without tokens: the host or the origin is foreign.",
    404: "No such route.",
    405: "The route takes another method.",
    408: "The body took too long to arrive.",
    413: "The body or the picture is too large.",
    415: "The bytes are no picture of a supported format.",
    422: "A parameter, a form field or the named camera is wrong.",
    429: "Too many requests at once.",
    500: "An error of the service's own.",
    503: "No model is in use yet.",
    504: "The answer was not ready in time.",
}

_ROUTING_FAULTS = {
    404: ("not_found", "there is no such route"),
    405: ("method_not_allowed", "this route does not take this method"),
}


class SafeRoute(APIRoute):
    """A route that answers each of its errors in the error schema."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the route's handler with the errors caught."""
        handler = super().get_route_handler()

        async def safe_handler(request: Request) -> Response:
            try:
                return await handler(request)
            except Exception as error:
                return _answer(request, error)

        return safe_handler


def answer_unrouted(app: FastAPI) -> None:
    """Make the application answer unknown routes and methods in the error schema.

    Likewise what goes wrong outside of our routes, such as with the files of a page.
    """

    async def answer(request: Request, error: Exception) -> Response:
        return _answer(request, error)

    app.add_exception_handler(HTTPException, answer)
    app.add_exception_handler(Exception, answer)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the errors of a route as its documentation wants them."""
    return {status: {"model": ErrorAnswer, "description": _MEANINGS[status]} for status in statuses}


def _answer(request: Request, error: Exception) -> Response:
    request_id = str(request.scope.get("state", {}).get("request_id", ""))
    problem = _problem(error)
    if problem.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.error("the request failed", exc_info=error)
    return error_response(problem, request_id)


def _problem(error: Exception) -> RequestError:
    if isinstance(error, RequestValidationError):
        return _wrong_fields(error)
    if isinstance(error, HTTPException):
        return _routing_error(error)
    return request_error(error)


def _wrong_fields(error: RequestValidationError) -> RequestError:
    faults = "; ".join(
        f"{'.'.join(str(step) for step in fault['loc'])}: {fault['msg']}"
        for fault in error.errors()
    )
    return RequestError(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "wrong_fields",
        faults,
        "correct these parameters; /docs lists them",
    )


def _routing_error(error: HTTPException) -> RequestError:
    code, message = _ROUTING_FAULTS.get(error.status_code, ("bad_request", error.detail))
    return RequestError(
        error.status_code,
        code,
        message,
        "see /docs for the routes, their methods and what they take",
        error.headers,
    )
