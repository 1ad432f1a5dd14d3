from pathlib import Path

import pytest

from components.errors import ModelError
from components.modeling.model_card import read_card, to_markdown, write_card
from tests.bundles import make_bundle


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(tmp_path_factory.mktemp("bundle") / "bright") / "card.json"


def test_card_comes_back(path: Path, tmp_path: Path) -> None:
    card = read_card(path)
    write_card(tmp_path / "card.json", card)
    assert read_card(tmp_path / "card.json") == card


def test_page_names_labels_and_figures(path: Path) -> None:
    card = read_card(path).model_copy(update={"metrics": {"val_map": 0.4321}})
    page = to_markdown(card)
    assert "| Drawings | plate, ring |" in page
    assert "| val_map | 0.432 |" in page


def test_missing_card_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"card\.json: cannot be read"):
        read_card(tmp_path / "card.json")


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ('"labels"', '"names"', "labels: Field required"),
        ('"dxfvision-card-1"', '"card-99"', "expected format dxfvision-card-1, got 'card-99'"),
        ("{", "", "the file: Invalid JSON"),
    ],
    ids=["a field is missing", "another format", "no JSON"],
)
def test_damaged_card_is_refused(
    path: Path, tmp_path: Path, before: str, after: str, fault: str
) -> None:
    (tmp_path / "card.json").write_text(path.read_text().replace(before, after, 1))
    with pytest.raises(ModelError, match=fault):
        read_card(tmp_path / "card.json")
