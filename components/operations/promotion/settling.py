"""After a promotion: the service turns ready on the new version, or the one before comes back.

A service that runs follows the champion by itself: it proves a version on its golden pictures and
keeps the old one if it fails. Here it is watched from outside. Without a running service one is
started for a moment on a port of its own, so that a version nobody serves yet is proven all the
same.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from components.errors import ModelError, PipelineError, ServiceError
from components.files import plain
from components.home import Home
from components.modeling.champion import read_champion
from components.modeling.notes import write_note
from components.modeling.registry import ModelRegistry, ModelVersion
from components.serving.client import AnswerError, Client
from components.serving.launch import running_service
from components.settings.release import ReleaseSettings
from components.settings.serve import ServeSettings

POLL_S = 0.2
STEADY = 8
"""Times in a row that the version must be told: each worker process turns to it on its own, and
every question goes over a new connection, to any of them. A worker that is busy with loading takes
none, so the questions are spread over a second and a half."""

READY = "ready"
"""Note on a version on which the service was seen ready."""

ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}
"""What to ask where a service listens on all addresses."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A version that serves.

    Attributes:
        version: Its name.
        where: Address of the service that turned to it; None if one was started for a moment.
        seconds: How long that took.
    """

    version: str
    where: str | None
    seconds: float


def promote_and_settle(home: Home, version: str) -> Settled:
    """Make a version the champion; if the service does not turn ready on it, take it back.

    So it is if a person breaks off the wait.

    Args:
        home: Whose registry and service.
        version: Name of the version, or its first letters.

    Raises:
        ModelError: If the version is unknown or damaged; nothing was changed.
        ServiceError: If the service was not ready on it in time; the champion before is back.
    """
    registry = ModelRegistry(home.registry)
    promoted = registry.promote(version)
    try:
        with restoring(registry, promoted):
            return settle(home, promoted)
    except KeyboardInterrupt:
        registry.restore(promoted.version)
        raise


@contextmanager
def restoring(registry: ModelRegistry, version: ModelVersion) -> Iterator[None]:
    """Bring back the champion before a version if the block fails.

    Raises:
        ServiceError: With what failed and which version serves now.
    """
    try:
        yield
    except PipelineError as error:
        state = _taken_back(registry, version)
        write_note(registry.root, version.version, "failed", {"reason": str(error)})
        raise ServiceError(f"{version.version} did not prove itself: {error}; {state}") from error


def _taken_back(registry: ModelRegistry, version: ModelVersion) -> str:
    """Bring back the champion before a version; say which one serves now."""
    back = registry.restore(version.version)
    if back is not None:
        return f"{back.version} is the champion again"
    record = read_champion(registry.champion_file)
    if record is not None and record.version != version.version:
        return f"{record.version} was made the champion meanwhile"
    return "there is no version before it to go back to"


def settle(home: Home, version: ModelVersion, tried: bool = False) -> Settled:
    """Wait until the service is ready on the champion.

    Args:
        home: Whose service.
        version: The champion.
        tried: Whether a service was ready on it already, so that none need be started for that.

    Raises:
        ServiceError: If it is not ready on it in time.
        ModelError: If the version is damaged.
    """
    serve = ServeSettings.load(home.configs)
    release = ReleaseSettings.load(home.configs)
    start = time.monotonic()
    url = release.service_url or service_url(serve)
    where: str | None = url
    if follows(url, home):
        wait_until_served(url, version.version, release.ready_s)
    elif release.service_url is not None:
        raise ServiceError(
            f"{url}: no service of this home folder answers there; mend service_url in "
            "release_config.yaml or start the service"
        )
    else:
        where = None
        if not tried:
            prove(home, serve, version)
    settled = Settled(version.version, where, round(time.monotonic() - start, 2))
    write_note(home.registry, version.version, READY, plain(settled))
    return settled


def service_url(settings: ServeSettings) -> str:
    """Return where a service with these settings is asked from this machine."""
    scheme = "https" if settings.tls.certificate else "http"
    return f"{scheme}://{ANYWHERE.get(settings.host, settings.host)}:{settings.port}"


def follows(url: str, home: Home) -> bool:
    """Return whether a service answers there that serves versions of a home folder.

    One that serves a version nobody here knows belongs to somebody else.
    """
    known = {version.version for version in ModelRegistry(home.registry).list()}
    try:
        return ready_version(url) in known
    except AnswerError:
        # It listens and has no model: it may well be ours, started before the first promotion.
        return True
    except ServiceError:
        return False


def ready_version(url: str) -> str:
    """Return the version that a service is ready with.

    Raises:
        AnswerError: If it is not ready.
        ServiceError: If it cannot be reached, or something else answers.
    """
    # The certificate is our own and need not name this address.
    with Client(url, timeout_s=5.0, retries=0, verify=False) as client:
        return client.ready().version


def wait_until_served(url: str, version: str, limit_s: float) -> None:
    """Wait until every worker of a service is ready on a version.

    Raises:
        ServiceError: If that takes longer than the limit.
    """
    deadline = time.monotonic() + limit_s
    steady, state = 0, ""
    while steady < STEADY:
        try:
            found = ready_version(url)
            state = f"it serves {found}"
        except ServiceError as error:
            found, state = "", str(error)
        steady = steady + 1 if found == version else 0
        if time.monotonic() > deadline:
            raise ServiceError(
                f"{url}: was not ready on {version} within {limit_s:g} s ({state}); its log says "
                "why"
            )
        time.sleep(POLL_S)


def prove(home: Home, settings: ServeSettings, version: ModelVersion) -> None:
    """Start a service for a moment and see that it turns ready on a version.

    Raises:
        ServiceError: If it does not.
        ModelError: If the version is damaged.
    """
    with running_service(home, settings) as url:
        found = ready_version(url)
    if found != version.version:
        raise ModelError(f"{home.registry}: {found} serves, wanted was {version.version}")
