"""A typed Python client of the service.

    with Client("http://127.0.0.1:3000") as client:
        answer = client.predict(Path("photo.jpg"))
        print([detection.label for detection in answer.detections])

A picture is a path or the bytes of an encoded picture. An error of the service becomes an
`AnswerError` with the service's own sentence; "busy" and "not ready" are asked again a few times.
"""

import ssl
import time
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Self, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from components.errors import ServiceError
from components.logs.following import request_headers
from components.serving.inspect_schemas import (
    InspectAnswer,
    InspectBatchAnswer,
    InspectOptions,
    InspectOverlayOptions,
)
from components.serving.schemas import (
    BatchAnswer,
    DrawingsAnswer,
    ErrorAnswer,
    ErrorBody,
    ModelAnswer,
    OverlayOptions,
    PredictAnswer,
    PredictOptions,
    ReadyAnswer,
)

Picture = Path | bytes
Files = list[tuple[str, tuple[str, bytes]]]
Answer = TypeVar("Answer", bound=BaseModel)

_AGAIN = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
_LONGEST_WAIT_S = 5.0
# The service closes a connection that was idle for 5 s: one that is asked on just then is lost.
_LIMITS = httpx.Limits(keepalive_expiry=3.0)


class AnswerError(ServiceError):
    """The service answered a request with an error.

    Attributes:
        body: The error as the service sent it.
    """

    def __init__(self, body: ErrorBody) -> None:
        """Keep the error."""
        super().__init__(f"{body.message}; {body.remedy} (status {body.status}, id {body.id})")
        self.body = body


class Client:
    """Talks to one service over kept-alive connections; may be shared by threads.

    Args:
        url: Base URL of the service.
        token: Access token; None if the service asks for none.
        timeout_s: Longest wait for one answer.
        retries: How often a busy or not yet ready service is asked again.
        verify: Path of the certificate to trust; True takes the system's, False trusts any.
    """

    def __init__(
        self,
        url: str,
        token: str | None = None,
        timeout_s: float = 30.0,
        retries: int = 3,
        verify: Path | bool = True,
    ) -> None:
        """Connect at the first request, not yet."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        trust = _trust(verify)
        self._http = httpx.Client(
            base_url=url, headers=headers, timeout=timeout_s, verify=trust, limits=_LIMITS
        )
        self._retries = retries

    def __enter__(self) -> Self:
        """Return the client."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def predict(self, picture: Picture, options: PredictOptions | None = None) -> PredictAnswer:
        """Find the parts in one picture.

        Raises:
            AnswerError: If the service refuses the picture or is not able to answer.
            ServiceError: If it cannot be reached or answers something else.
        """
        query = _query(options)
        response = self._ask("POST", "/predict", params=query, files=_files([picture]))
        return _parsed(response, PredictAnswer)

    def predict_batch(
        self, pictures: Sequence[Picture], options: PredictOptions | None = None
    ) -> BatchAnswer:
        """Find the parts in several pictures with one request; raises as `predict` does."""
        files = _files(pictures)
        response = self._ask("POST", "/predict/batch", params=_query(options), files=files)
        return _parsed(response, BatchAnswer)

    def overlay(self, picture: Picture, options: OverlayOptions | None = None) -> bytes:
        """Return the picture with the found parts drawn on, as PNG; raises as `predict` does."""
        query, files = _query(options), _files([picture])
        return self._ask("POST", "/predict/overlay", params=query, files=files).content

    def inspect(self, picture: Picture, options: InspectOptions | None = None) -> InspectAnswer:
        """Find the parts in one picture, measure and judge them; raises as `predict` does."""
        query, files = _query(options), _files([picture])
        return _parsed(self._ask("POST", "/inspect", params=query, files=files), InspectAnswer)

    def inspect_batch(
        self, pictures: Sequence[Picture], options: InspectOptions | None = None
    ) -> InspectBatchAnswer:
        """Inspect several pictures with one request; raises as `predict` does."""
        query, files = _query(options), _files(pictures)
        response = self._ask("POST", "/inspect/batch", params=query, files=files)
        return _parsed(response, InspectBatchAnswer)

    def inspect_overlay(
        self, picture: Picture, options: InspectOverlayOptions | None = None
    ) -> bytes:
        """Return the picture with the deviations drawn on, as PNG; raises as `predict` does."""
        query, files = _query(options), _files([picture])
        return self._ask("POST", "/inspect/overlay", params=query, files=files).content

    def model(self) -> ModelAnswer:
        """Return what is known about the model in use; raises as `predict` does."""
        return _parsed(self._ask("GET", "/model"), ModelAnswer)

    def drawings(self) -> DrawingsAnswer:
        """Return the drawings the model knows; raises as `predict` does."""
        return _parsed(self._ask("GET", "/drawings"), DrawingsAnswer)

    def ready(self) -> ReadyAnswer:
        """Return which model is ready; raises as `predict` does."""
        return _parsed(self._ask("GET", "/readyz"), ReadyAnswer)

    def _ask(
        self,
        method: str,
        route: str,
        params: Mapping[str, str] | None = None,
        files: Files | None = None,
    ) -> httpx.Response:
        response = self._send(method, route, params, files)
        for _ in range(self._retries):
            if response.status_code not in _AGAIN:
                break
            wait_s = float(response.headers.get("Retry-After", "1"))
            time.sleep(min(wait_s, _LONGEST_WAIT_S))
            response = self._send(method, route, params, files)
        if not response.is_success:
            raise AnswerError(_parsed(response, ErrorAnswer).error)
        return response

    def _send(
        self, method: str, route: str, params: Mapping[str, str] | None, files: Files | None
    ) -> httpx.Response:
        try:
            headers = request_headers()
            return self._http.request(method, route, params=params, files=files, headers=headers)
        except httpx.HTTPError as error:
            raise ServiceError(
                f"{self._http.base_url}: cannot be asked ({type(error).__name__}: {error}); "
                "start it with `dxfvision serve`, or correct the address"
            ) from error


def _trust(verify: Path | bool) -> ssl.SSLContext | bool:
    return ssl.create_default_context(cafile=verify) if isinstance(verify, Path) else verify


def _files(pictures: Sequence[Picture]) -> Files:
    return [_file(picture) for picture in pictures]


def _file(picture: Picture) -> tuple[str, tuple[str, bytes]]:
    if isinstance(picture, bytes):
        return "image", ("picture", picture)
    try:
        return "image", (picture.name, picture.read_bytes())
    except OSError as error:
        raise ServiceError(f"{picture}: cannot be read: {error.strerror}") from error


def _query(options: BaseModel | None) -> dict[str, str]:
    """Return options as query parameters; those left at their default are not sent."""
    values = options.model_dump(mode="json", exclude_defaults=True) if options else {}
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in values.items()
    }


def _parsed(response: httpx.Response, answer: type[Answer]) -> Answer:
    try:
        return answer.model_validate_json(response.content)
    except ValidationError as error:
        raise ServiceError(
            f"{response.url}: expected a {answer.__name__}, got status {response.status_code} and "
            f"{response.text[:200]!r}; is this a dxfvision service of the same version?"
        ) from error
