from pathlib import Path

import pytest

from components.modeling.inference import Predictor
from components.modeling.registry import ModelRegistry
from components.settings.serve import ServeSettings
from tests.bundles import make_bundle


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(tmp_path_factory.mktemp("serving") / "bundle")


@pytest.fixture(scope="session")
def predictor(bundle: Path) -> Predictor:
    return Predictor.load(bundle)


@pytest.fixture
def settings() -> ServeSettings:
    return ServeSettings.load(profile="tiny")


@pytest.fixture
def registry(tmp_path: Path, bundle: Path) -> ModelRegistry:
    """A registry whose champion is the bundle."""
    registry = ModelRegistry(tmp_path / "registry")
    registry.promote(registry.register(bundle).version)
    return registry
