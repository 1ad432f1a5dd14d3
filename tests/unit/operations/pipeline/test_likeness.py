"""What looks alike is known to the export, also in home folders that have no record of it."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from components.dataset.generate import generate_dataset
from components.errors import DatasetError
from components.files import write_bytes
from components.geometry.parts_file import write_parts
from components.home import Home
from components.modeling.model_card import CARD_NAME, MODEL_NAME, read_card
from components.operations.pipeline import jobs, releases
from components.operations.pipeline.likeness import known_similarity
from components.progress import SilentProgress
from components.settings.data import DataSettings
from tests.bundles import make_bundle
from tests.unit.strategies import part, plate_with_hole, rectangle, square

PARTS = [plate_with_hole("plate"), part("blank", rectangle(100, 60)), part("square", square(40))]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    write_parts(Home(tmp_path).parts, PARTS)
    return Home(tmp_path)


def test_home_without_a_record_is_compared_once(home: Home) -> None:
    found = known_similarity(home, SilentProgress())
    assert [p.rotation_order for p in found.parts] == [1, 2, 4]
    (pair,) = found.pairs
    # A hole of 10 mm in 6000 mm².
    assert (pair.first, pair.second, pair.relation) == ("plate", "blank", "confusable")
    assert pair.iou == pytest.approx(1 - 78.54 / 6000, abs=1e-3)
    written = jobs.similarity_file(home).stat().st_mtime_ns
    assert known_similarity(home, SilentProgress()) == found
    assert jobs.similarity_file(home).stat().st_mtime_ns == written


@pytest.mark.parametrize("record", [b"{", b'{"parts": [], "pairs": []}', b'{"pairs": [{}]}'])
def test_record_that_is_damaged_or_about_other_parts_is_made_again(
    home: Home, record: bytes
) -> None:
    write_bytes(jobs.similarity_file(home), record)
    assert len(known_similarity(home, SilentProgress()).pairs) == 1


def test_home_without_parts_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="dxfvision generate"):
        known_similarity(Home(tmp_path), SilentProgress())


def test_export_writes_what_looks_alike_into_the_card(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def export(place: Home, *_: object) -> SimpleNamespace:
        bundle = make_bundle(place.exported)
        return SimpleNamespace(card=read_card(bundle / CARD_NAME))

    monkeypatch.setattr(releases, "export", export)
    small = {"images": 8, "width_px": 64, "height_px": 48, "executor": "sequential"}
    data = DataSettings.load(None, "tiny").model_copy(update=small)
    generate_dataset(PARTS, home, data, 0, SilentProgress())
    run = jobs.open_run(home.root, None, "tiny", 0)
    write_bytes(home.checkpoint, b"a network")
    assert not releases.export_model(run, SilentProgress()).skipped
    card = read_card(home.exported / CARD_NAME)
    assert card.similarity == known_similarity(home, SilentProgress())
    assert (home.exported / MODEL_NAME).exists()
    # The record is lost and made again: the same, so there is nothing to export anew.
    jobs.similarity_file(home).unlink()
    assert releases.export_model(run, SilentProgress()).skipped
