from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from components.home import Home
from components.modeling.registry import ModelRegistry
from components.serving.launch import running_service
from components.settings.serve import ServeSettings
from tests.bundles import make_bundle
from tests.service.browser import PATIENCE_MS, Watched, chromium, chromium_path, watched_page


@pytest.fixture(scope="session")
def settings() -> ServeSettings:
    """Two workers with a short queue, and models looked at often."""
    settings = ServeSettings.load(profile="quick")
    models = settings.models.model_copy(update={"watch_every_s": 0.2, "retry_after_s": 0.5})
    limits = settings.limits.model_copy(update={"waiting": 8})
    return settings.model_copy(update={"workers": 2, "models": models, "limits": limits})


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(tmp_path_factory.mktemp("service") / "bundle")


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory, bundle: Path) -> Home:
    home = Home(tmp_path_factory.mktemp("home"))
    registry = ModelRegistry(home.registry)
    registry.promote(registry.register(bundle).version)
    return home


@pytest.fixture(scope="session")
def service_url(home: Home, settings: ServeSettings) -> Iterator[str]:
    with running_service(home, settings) as url:
        yield url


@pytest.fixture
def client(service_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service_url, timeout=30.0) as client:
        yield client


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # Five seconds, which is usual, are too few for a busy machine.
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright, chromium(playwright, str(chromium_path())) as browser:
        yield browser


@pytest.fixture
def watched(browser: Browser, service_url: str) -> Iterator[Watched]:
    with watched_page(browser, service_url) as watched:
        yield watched


@pytest.fixture
def page(watched: Watched) -> Page:
    return watched.page
