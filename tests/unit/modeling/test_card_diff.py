import pytest

from components.modeling.card_diff import MISSING, differences
from components.modeling.card_figures import (
    ConfusedLabels,
    DatasetFacts,
    HeldOutFigures,
    PartFigures,
)
from components.modeling.card_page import to_markdown
from components.modeling.model_card import ModelCard, read_card
from tests.bundles import make_bundle


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> ModelCard:
    return read_card(make_bundle(tmp_path_factory.mktemp("bundle") / "bright") / "card.json")


def held_out(ap: float) -> HeldOutFigures:
    return HeldOutFigures(
        coco_sha256="a" * 64,
        pictures=7,
        map=ap,
        agnostic_map=0.9,
        parts={"plate": PartFigures(ap=ap, ap50=0.8, objects=12)},
        confused=(ConfusedLabels(truth="plate", answer="ring", count=2, of=12),),
        latency_ms={"network": 11.5},
        machine="Some Processor",
    )


def test_equal_cards_do_not_differ(card: ModelCard) -> None:
    assert differences(card, card) == []


def test_figures_drawings_and_settings_that_differ_are_told(card: ModelCard) -> None:
    first = card.model_copy(update={"test": held_out(0.5), "settings": {"loss": {"seam": 1.0}}})
    second = card.model_copy(
        update={
            "test": held_out(0.75),
            "settings": {"loss": {"seam": 2.0}},
            "labels": ("plate", "cog"),
            "commit": "0123456789ab",
        }
    )
    rows = {row.what: row for row in differences(first, second)}
    assert rows["test.parts.plate.ap"].change == 0.25
    assert (rows["settings.loss.seam"].first, rows["settings.loss.seam"].second) == (1.0, 2.0)
    assert (rows["labels.ring"].second, rows["labels.cog"].first) == (MISSING, MISSING)
    assert (rows["commit"].first, rows["commit"].second) == (None, "0123456789ab")
    assert rows.keys() == {
        "commit",
        "labels.ring",
        "labels.cog",
        "settings.loss.seam",
        "test.map",
        "test.parts.plate.ap",
    }


def test_page_tells_dataset_commit_parts_confusions_and_latency(card: ModelCard) -> None:
    dataset = DatasetFacts(
        fingerprint="f" * 64, seed=5, pictures={"train": 8, "val": 1, "test": 7}, settings={}
    )
    changes = {"dataset": dataset, "test": held_out(0.5), "commit": "0123456789ab+"}
    page = to_markdown(card.model_copy(update=changes))
    assert "8 train, 1 val, 7 test pictures, seed 5, `ffffffffffff`." in page
    assert "commit 0123456789ab+, hash 000000000000" in page
    assert "| plate | 0.500 | 0.800 | 12 |" in page
    assert "| plate | ring | 2/12 |" in page
    assert "on Some Processor: network 11.5." in page
