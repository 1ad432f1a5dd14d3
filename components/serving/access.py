"""Who may ask what, and how often.

A *token* is a long random text that a client sends as `Authorization: Bearer TOKEN`. The service
knows only its SHA-256 and its *role*: `predict` may ask about pictures and read which model and
drawings answer, `operate` may also read the metrics and `/docs`. Tokens are random, not chosen
by people, so a plain hash cannot be guessed from; every known hash is compared in constant time.

Without any hash the service listens on loopback alone and answers only who asks for localhost: a
page of the internet that is open in a browser on this machine, and whose name is then made to lead
here (DNS rebinding), asks for its own. One that asks for localhost itself could read no answer, but
have pictures counted; browsers send along where it comes from.

Hashes stand in `access.tokens` of `serve_config.yaml` or in a JSON file of the same form:

    {"predict": ["9f86d081..."], "operate": ["60303ae2..."]}
"""

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from http import HTTPStatus
from ipaddress import ip_address
from urllib.parse import urlsplit

from pydantic import ValidationError

from components.errors import SettingsError
from components.serving.problems import RequestError
from components.settings.serve import AccessSettings, Role, TokenHashes

# Routes about pictures and their model; every other one but the open ones is for operators.
PICTURE_ROUTES = tuple(
    f"/{verb}{form}" for verb in ("predict", "inspect") for form in ("", "/batch", "/overlay")
)
PREDICT_ROUTES = (*PICTURE_ROUTES, "/drawings", "/model")
# The operator's page and the folder of its files hold no data, and a browser that opens them has no
# way to send a token.
PAGE, PAGE_FILES = "/", "/page/"
_MAX_CLIENTS = 10_000


def new_token() -> tuple[str, str]:
    """Return a new token for the client and its hash for the service."""
    token = secrets.token_urlsafe(32)
    return token, token_hash(token)


def token_hash(token: str) -> str:
    """Return the SHA-256 of a token as 64 hexadecimal digits."""
    return hashlib.sha256(token.encode()).hexdigest()


def known_hashes(settings: AccessSettings) -> dict[str, Role]:
    """Return the role of every token hash.

    Raises:
        SettingsError: If the file of hashes cannot be read.
    """
    tables = [settings.tokens]
    if settings.tokens_file is not None:
        try:
            tables.append(TokenHashes.model_validate_json(settings.tokens_file.read_bytes()))
        except (OSError, ValidationError) as error:
            raise SettingsError(
                f"{settings.tokens_file}: cannot be read as token hashes by role ({error}); "
                '{"predict": ["SHA-256 of a token"], "operate": []} is expected'
            ) from error
    roles: dict[str, Role] = {}
    for table in tables:
        roles.update(dict.fromkeys(table.predict, "predict"))
        roles.update(dict.fromkeys(table.operate, "operate"))
    return roles


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class Doorkeeper:
    """Decides whether a request may pass.

    Args:
        settings: Token hashes and rates.

    Raises:
        SettingsError: If the file of hashes cannot be read.
    """

    def __init__(self, settings: AccessSettings) -> None:
        """Read the hashes."""
        self._roles = known_hashes(settings)
        self._public_metrics = settings.public_metrics
        self._rates = RateLimit(settings.requests_per_s, settings.burst)

    def admit(
        self, route: str, host: str, authorization: str, address: str, origin: str = ""
    ) -> None:
        """Let a request pass or raise.

        Args:
            route: Path asked for.
            host: Name and port by which the service was asked for, the header `Host`.
            authorization: The header of that name, empty if there is none.
            address: Of the client.
            origin: Of the page that asks, the header of that name, empty if there is none.

        Raises:
            RequestError: 401 without a known token, 403 with one of another role or, where there
                are no tokens, by a foreign name or from a foreign page, 429 if this client asks
                too often.
        """
        if not self._roles:
            _check_host(host)
            _check_origin(origin)
        elif not self._is_open(route):
            address = self._check_token(route, authorization, address)
        self._rates.take(address)

    def _is_open(self, route: str) -> bool:
        """Whether a route answers without a token though there are tokens."""
        if route == "/metrics":
            return self._public_metrics
        return route == PAGE or route.startswith(PAGE_FILES)

    def _check_token(self, route: str, authorization: str, address: str) -> str:
        """Return the hash of a token that may ask for this route."""
        scheme, _, token = authorization.partition(" ")
        asked = token_hash(token.strip())
        role: Role | None = None
        for known, its_role in self._roles.items():
            if hmac.compare_digest(asked, known):
                role = its_role
        if role is None or scheme.lower() != "bearer":
            self._rates.take(address)
            raise RequestError(
                HTTPStatus.UNAUTHORIZED,
                "token_missing" if not authorization else "token_unknown",
                "a known access token is needed",
                "send the header Authorization: Bearer TOKEN",
                {"WWW-Authenticate": "Bearer"},
            )
        if role == "predict" and route not in PREDICT_ROUTES:
            raise RequestError(
                HTTPStatus.FORBIDDEN,
                "wrong_role",
                "this token may ask about pictures only",
                "use a token of the role operate",
            )
        return asked


def _check_host(host: str) -> None:
    """Refuse a request that asked for this machine by the name of another.

    Raises:
        RequestError: 403.
    """
    if not _is_here(f"//{host}"):
        raise RequestError(
            HTTPStatus.FORBIDDEN,
            "host_unknown",
            "without access tokens only requests for localhost are answered",
            "ask for http://127.0.0.1 or http://localhost, or give the service hashes of tokens "
            "(`dxfvision token` makes one) if a proxy passes on another name",
        )


def _check_origin(origin: str) -> None:
    """Refuse a request of a page that does not come from this machine.

    Raises:
        RequestError: 403.
    """
    if origin and not _is_here(origin):
        raise RequestError(
            HTTPStatus.FORBIDDEN,
            "origin_unknown",
            "without access tokens no page of another origin is answered",
            "ask from the service's own page or from a program, or give the service hashes of "
            "tokens (`dxfvision token` makes one)",
        )


def _is_here(address: str) -> bool:
    """Whether a URL leads to this machine, whatever names are made to lead here."""
    try:
        name = urlsplit(address).hostname or ""
    except ValueError:
        return False
    return name == "localhost" or is_loopback(name)


class RateLimit:
    """A leaky bucket for each client: `burst` at once, `per_s` in the long run.

    The clients seen longest ago are forgotten once there are too many, so memory stays bounded.
    """

    def __init__(self, per_s: float, burst: int) -> None:
        """Start with every bucket full."""
        self._per_s, self._burst = per_s, burst
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, client: str) -> None:
        """Take one request from a client's bucket.

        Raises:
            RequestError: 429 if it is empty.
        """
        now = time.monotonic()
        left, since = self._buckets.pop(client, (float(self._burst), now))
        left = min(left + (now - since) * self._per_s, self._burst)
        taken = left >= 1
        self._buckets[client] = (left - taken, now)
        if len(self._buckets) > _MAX_CLIENTS:
            self._buckets.popitem(last=False)
        if not taken:
            wait_s = (1 - left) / self._per_s
            raise RequestError(
                HTTPStatus.TOO_MANY_REQUESTS,
                "too_often",
                f"more than {self._per_s:g} requests a second came from this client",
                f"wait {wait_s:.2f} s before the next one",
                {"Retry-After": str(max(round(wait_s), 1))},
            )
