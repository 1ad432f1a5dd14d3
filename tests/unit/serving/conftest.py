from pathlib import Path

import pytest

from components.inspection.inspector import Inspector
from components.inspection.opening import open_inspector
from components.modeling.registry import ModelRegistry
from components.settings.inspection import InspectionSettings
from components.settings.serve import ServeSettings
from tests.bundles import make_bundle


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
