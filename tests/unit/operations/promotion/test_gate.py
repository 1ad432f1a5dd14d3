"""Which model takes the champion's place."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from components.modeling.champion import promoted, rolled_back
from components.modeling.model_card import ModelCard, read_card
from components.operations.promotion.comparison import Comparison, Hits, PartComparison
from components.operations.promotion.gate import decide, was_rolled_back
from components.settings.release import ReleaseSettings
from tests.bundles import make_bundle

BOUNDS = ReleaseSettings.load().model_copy(
    update={
        "max_map_loss": 0.02,
        "max_part_loss": 0.10,
        "min_part_objects": 30,
        "max_golden_loss": 0.1,
        "min_agnostic_map": 0.1,
    }
)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> ModelCard:
    return read_card(make_bundle(tmp_path_factory.mktemp("bundle") / "bright") / "card.json")


def card(plain: ModelCard, agnostic_map: float = 0.5) -> ModelCard:
    metrics = {"test_map": 0.3, "test_registered_map": 0.6, "test_agnostic_map": agnostic_map}
    return plain.model_copy(update={"metrics": metrics})


def beside(*pairs: tuple[float, float], objects: int = 100) -> Comparison:
    rows = (PartComparison(f"p{n}", new, old, objects) for n, (new, old) in enumerate(pairs))
    return Comparison(tuple(rows))


@pytest.mark.parametrize(
    ("agnostic_map", "promote"), [(0.10, True), (0.09, False)], ids=["enough", "too little"]
)
def test_network_that_finds_nothing_is_refused_without_any_champion(
    plain: ModelCard, agnostic_map: float, promote: bool
) -> None:
    decision = decide(card(plain, agnostic_map), None, BOUNDS)
    assert decision.promote is promote
    assert decision.reason.startswith("mask mAP 0.600 on the test split")


@pytest.mark.parametrize(
    ("comparison", "promote"),
    [
        (beside((0.70, 0.71)), True),
        (beside((0.70, 0.73)), False),
        (beside((0.90, 0.10)), True),
        (beside((0.50, 0.61), (0.80, 0.60)), False),
        (beside((0.50, 0.61), (0.80, 0.60), objects=29), True),
    ],
    ids=["within the margin", "beyond it", "better", "one drawing beyond", "too few objects"],
)
def test_mean_and_each_drawing_have_a_margin(
    plain: ModelCard, comparison: Comparison, promote: bool
) -> None:
    assert decide(card(plain), comparison, BOUNDS).promote is promote


@pytest.mark.parametrize(
    ("found", "promote"), [(9, True), (8, False)], ids=["one of ten lost", "two of ten lost"]
)
def test_golden_pictures_of_the_champion_have_a_margin(
    plain: ModelCard, found: int, promote: bool
) -> None:
    comparison = Comparison(beside((0.7, 0.7)).parts, Hits(found, 10), Hits(10, 10))
    assert decide(card(plain), comparison, BOUNDS).promote is promote


def test_reason_names_every_figure_that_fails(plain: ModelCard) -> None:
    assert decide(card(plain), beside((0.50, 0.70)), BOUNDS).reason == (
        "mask mAP of served answers 0.500 over the 1 drawings that both know, the champion has "
        "0.700 on the same pictures; it loses 0.200, allowed is 0.020; p0 loses 0.200 (0.500, the "
        "champion 0.700), allowed is 0.100"
    )


def test_only_a_version_that_was_taken_off_counts_as_rolled_back() -> None:
    first = promoted(None, "a")
    second = promoted(first, "b")
    back = rolled_back(second)
    assert [was_rolled_back(second, version) for version in "abc"] == [False, False, False]
    assert [was_rolled_back(back, version) for version in "abc"] == [False, True, False]
    assert was_rolled_back(rolled_back(second, "restore"), "b")
    assert not was_rolled_back(promoted(back, "b"), "b")
    assert back.since <= datetime.now(UTC)


def test_shipped_bounds_are_those_of_the_file() -> None:
    text = Path("configs/release_config.yaml").read_text()
    assert f"max_part_loss: {ReleaseSettings.load().max_part_loss:.2f}" in text
