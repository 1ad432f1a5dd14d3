"""Models swapped while clients ask: no request may fail."""

import shutil
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from components.errors import ServiceError
from components.home import Home
from components.modeling.model_card import CARD_NAME, write_card
from components.modeling.registry import ModelRegistry
from components.operations.pipeline.releases import champion_of
from components.operations.serve_bench.load import closed_load, count_statuses
from components.operations.serve_bench.speed import ROUTE

_SWAP_WAIT_S = 120.0
_OK = 200

_STEADY = 8
"""Answers of the new version in a row that show a swap in all of a few workers."""


@dataclass(frozen=True, slots=True)
class Swaps:
    """What promotions under load did.

    Attributes:
        swaps: How many.
        clients: Asking all the while.
        statuses: Answers by HTTP status.
        passed: Whether every request was answered 200.
    """

    swaps: int
    clients: int
    statuses: dict[int, int]
    passed: bool


def swap(url: str, home: Home, data: bytes, count: int, clients: int) -> Swaps:
    """Promote one version after the other while clients ask.

    Args:
        url: Of a service that runs on `home`.
        home: With two versions, as `swapping_home` makes it.
        data: An encoded picture.
        count: Promotions.
        clients: At a time.

    Raises:
        ServiceError: If a promoted version is not in use within two minutes.
    """
    registry = ModelRegistry(home.registry)
    done = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(closed_load, url, ROUTE, data, clients, lambda: not done.is_set())
        try:
            for _ in range(count):
                _promote_other(url, registry)
        finally:
            done.set()
        statuses = count_statuses(asked.result())
    return Swaps(count, clients, statuses, set(statuses) == {_OK})


@contextmanager
def swapping_home(home: Home) -> Iterator[Home]:
    """Yield a throw-away home folder with the champion and a second version of the same content."""
    champion = champion_of(home)
    with TemporaryDirectory(prefix="dxfvision-swaps-") as folder:
        other = Home(Path(folder) / "home")
        if home.configs.is_dir():
            shutil.copytree(home.configs, other.configs)
        twin = Path(folder) / "twin"
        shutil.copytree(champion.path, twin)
        card = champion.card.model_copy(update={"name": f"{champion.card.name}-twin"})
        write_card(twin / CARD_NAME, card)
        registry = ModelRegistry(other.registry)
        registry.register(twin)
        registry.promote(registry.register(champion.path).version)
        yield other


def _promote_other(url: str, registry: ModelRegistry) -> None:
    """Promote the version that is not in use and wait until all workers answer with it."""
    champion = registry.champion()
    [other] = [
        each.version
        for each in registry.list()
        if champion is None or each.version != champion.version
    ]
    registry.promote(other)
    deadline, seen = time.monotonic() + _SWAP_WAIT_S, 0
    while seen < _STEADY:
        if time.monotonic() > deadline:
            raise ServiceError(f"version {other} was not in use {_SWAP_WAIT_S:g} s after promotion")
        seen = seen + 1 if _version_in_use(url) == other else 0
        time.sleep(0.05)


def _version_in_use(url: str) -> str | None:
    """Return what the worker that takes a new connection says; None if it says nothing."""
    try:
        answer = httpx.get(f"{url}/readyz", timeout=10.0)
    except httpx.TransportError:
        return None
    version = answer.json().get("version")
    return None if version is None else str(version)
