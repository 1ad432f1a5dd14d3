"""What becomes of a promotion whose wait for the service does not end as it should.

The wait itself is tested with a real service in tests/service/test_settling.py.
"""

from pathlib import Path

import pytest

from components.errors import ServiceError
from components.geometry.parts_file import write_parts
from components.home import Home
from components.modeling.notes import read_notes, write_note
from components.modeling.registry import ModelRegistry, ModelVersion
from components.operations.pipeline import jobs
from components.operations.promotion import publishing, settling
from components.operations.promotion.settling import READY, promote_and_settle
from components.progress import SilentProgress
from tests.bundles import PARTS, make_bundle


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def versions(home: Home, tmp_path: Path) -> list[str]:
    """Three versions that know the same drawings; the first is the champion and was seen ready."""
    registry = ModelRegistry(home.registry)
    found = [
        registry.register(make_bundle(tmp_path / str(n), sharpness=0.1 + n / 10)).version
        for n in range(3)
    ]
    registry.promote(found[0])
    write_note(home.registry, found[0], READY, {"where": None, "seconds": 1.0})
    return found


def champion(home: Home) -> str | None:
    found = ModelRegistry(home.registry).champion()
    return found and found.version


def test_promotion_that_a_person_breaks_off_is_taken_back(
    home: Home, versions: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken_off(_: Home, version: ModelVersion) -> None:
        assert champion(home) == version.version == versions[1]
        raise KeyboardInterrupt

    monkeypatch.setattr(settling, "settle", broken_off)
    with pytest.raises(KeyboardInterrupt):
        promote_and_settle(home, versions[1])
    assert champion(home) == versions[0]


def test_of_two_promotions_at_once_the_later_stays_and_the_other_is_told(
    home: Home, versions: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = ModelRegistry(home.registry)

    def overtaken(_: Home, version: ModelVersion) -> None:
        registry.promote(versions[2])
        raise ServiceError(f"was not ready on {version.version} within 30 s")

    monkeypatch.setattr(settling, "settle", overtaken)
    with pytest.raises(ServiceError, match=rf"{versions[2]} was made the champion meanwhile"):
        promote_and_settle(home, versions[1])
    assert champion(home) == versions[2]
    # One that did not prove itself is nothing to go back to.
    assert registry.rollback().version == versions[0]


def test_champion_whose_promotion_was_killed_is_proven_by_the_next_run(
    home: Home, versions: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = jobs.open_run(home.root, None, "tiny", 0)
    write_parts(home.parts, PARTS)
    ModelRegistry(home.registry).promote(versions[1])
    asked: list[str] = []

    def never_ready(_: Home, version: ModelVersion) -> None:
        asked.append(version.version)
        raise ServiceError("the service was not ready")

    monkeypatch.setattr(publishing, "settle", never_ready)
    with pytest.raises(ServiceError, match=rf"{versions[0]} is the champion again"):
        publishing.publish_drawings(run, SilentProgress())
    assert "not ready" in read_notes(home.registry, versions[1])["failed"]["reason"]
    result = publishing.publish_drawings(run, SilentProgress())
    assert result.summary == f"{versions[0]} knows these drawings already"
    assert asked == [versions[1]]
