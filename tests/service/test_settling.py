"""A promotion that goes wrong is taken back by itself: real `bentoml serve`, real bundles."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.errors import ServiceError
from components.files import fingerprint, write_json, write_text
from components.home import Home
from components.modeling.bundle_files import manifest_of, write_manifest
from components.modeling.champion import read_champion
from components.modeling.notes import read_notes
from components.modeling.registry import ModelRegistry
from components.operations.promotion.settling import follows, promote_and_settle, ready_version
from components.serving.launch import free_port, running_service
from components.settings.serve import ServeSettings
from tests.bundles import make_bundle

pytestmark = pytest.mark.service


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home folder of its own, with a port of its own and a champion."""
    home = Home(tmp_path_factory.mktemp("box"))
    serve = f"port: {free_port()}\nmodels: {{watch_every_s: 0.2, retry_after_s: 0.5}}\n"
    write_text(home.configs / "serve_config.yaml", serve)
    write_text(home.configs / "release_config.yaml", "ready_s: 12\n")
    registry = ModelRegistry(home.registry)
    registry.promote(registry.register(make_bundle(home.root / "first")).version)
    return home


@pytest.fixture(scope="module")
def service(box: Home) -> Iterator[str]:
    settings = ServeSettings.load(box.configs)
    with running_service(box, settings, settings.port) as url:
        yield url


def lying_bundle(folder: Path) -> Path:
    """Make a whole, well-formed bundle whose golden picture is answered otherwise than it says."""
    make_bundle(folder, "liar", sharpness=0.4)
    expected = folder / "golden" / "expected.json"
    write_json(expected, {"1.png": [], "2.png": []})
    return folder


def registered(home: Home, bundle: Path) -> str:
    return ModelRegistry(home.registry).register(bundle).version


def champion(home: Home) -> str:
    record = read_champion(home.registry / "champion.json")
    assert record is not None
    return record.version


def test_version_that_fails_its_golden_picture_is_taken_back_while_the_service_answers(
    box: Home, service: str, tmp_path: Path
) -> None:
    good = champion(box)
    bad = registered(box, lying_bundle(tmp_path / "liar"))
    with pytest.raises(ServiceError, match=rf"did not prove itself.*{good} is the champion again"):
        promote_and_settle(box, bad)
    assert champion(box) == good
    assert ready_version(service) == good
    assert "was not ready on" in read_notes(box.registry, bad)["failed"]["reason"]


def test_version_that_is_right_is_served_by_every_worker(
    box: Home, service: str, tmp_path: Path
) -> None:
    new = registered(box, make_bundle(tmp_path / "second", "second", sharpness=0.3))
    settled = promote_and_settle(box, new)
    assert settled.version == champion(box) == new
    assert settled.where == service
    assert {ready_version(service) for _ in range(12)} == {new}
    assert read_notes(box.registry, new)["ready"]["where"] == service


def test_service_of_another_home_folder_is_not_waited_for(service: str, tmp_path: Path) -> None:
    other = Home(tmp_path)
    registered(other, make_bundle(tmp_path / "other", "other", sharpness=0.5))
    assert not follows(service, other)


def test_without_a_running_service_one_is_started_to_prove_the_version(
    box: Home, tmp_path: Path
) -> None:
    quiet = Home(tmp_path / "quiet")
    shutil.copytree(box.configs, quiet.configs)
    serve = quiet.configs / "serve_config.yaml"
    write_text(serve, f"port: {free_port()}\nworkers: 1\nstart_s: 20\n")
    good = registered(quiet, make_bundle(tmp_path / "good"))
    assert promote_and_settle(quiet, good).where is None
    bad = registered(quiet, lying_bundle(tmp_path / "liar"))
    with pytest.raises(ServiceError, match=rf"(?s)golden picture is answered wrong.*{good} is the"):
        promote_and_settle(quiet, bad)
    assert champion(quiet) == good


def test_manifest_of_the_liar_is_in_order(tmp_path: Path) -> None:
    """Its hashes fit: nothing but its golden picture tells that it is wrong."""
    bundle = lying_bundle(tmp_path / "liar")
    registry = ModelRegistry(tmp_path / "registry")
    version = registry.register(bundle)
    assert registry.verify(version.version) == version
    write_manifest(bundle, manifest_of(bundle))
    assert version.version == fingerprint(manifest_of(bundle))[:12]
