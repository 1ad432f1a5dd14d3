import asyncio
from pathlib import Path

import httpx
import pytest

from components.home import Home
from components.inspection.inspector import Inspector
from components.inspection.opening import open_inspector
from components.modeling.registry import ModelRegistry
from components.serving.api import create_api
from components.serving.capacity import WorkQueue
from components.serving.gate import Gate
from components.serving.inspecting import Gauge
from components.serving.live_model import LiveModel
from components.settings.inspection import InspectionSettings
from components.settings.serve import ServeSettings
from tests.bundles import make_bundle
from tests.unit.serving.talking import Talk


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(tmp_path_factory.mktemp("serving") / "bundle")


@pytest.fixture(scope="session")
def inspector(bundle: Path) -> Inspector:
    return open_inspector(bundle, InspectionSettings.load())


@pytest.fixture
def settings() -> ServeSettings:
    return ServeSettings.load(profile="tiny")


@pytest.fixture
def registry(tmp_path: Path, bundle: Path) -> ModelRegistry:
    """A registry whose champion is the bundle."""
    registry = ModelRegistry(tmp_path / "registry")
    registry.promote(registry.register(bundle).version)
    return registry


@pytest.fixture
def camera_home(tmp_path: Path) -> Home:
    """A home folder for calibrations; it has none yet."""
    return Home(tmp_path / "cameras")


@pytest.fixture
def talk(registry, settings, camera_home):
    """Run a conversation with the application."""

    def run(conversation: Talk, own: ServeSettings = settings, ready: bool = True) -> None:
        live = LiveModel(registry, own, InspectionSettings.load())
        if ready:
            live.follow()
        queue = WorkQueue(own.limits.running, own.limits.waiting, own.limits.timeout_s)
        app = Gate(create_api(live, queue, Gauge.of(camera_home), own), live, own)

        async def converse() -> None:
            # As uvicorn does, which logs what comes through and goes on.
            transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
            async with httpx.AsyncClient(
                transport=transport, base_url="http://localhost"
            ) as client:
                await conversation(client)

        asyncio.run(converse())
        queue.close()

    return run
