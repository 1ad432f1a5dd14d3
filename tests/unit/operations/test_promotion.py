"""Which model takes the champion's place."""

from datetime import UTC, datetime

import pytest

from components.modeling.champion import promoted, rolled_back
from components.operations.promotion import decide, was_rolled_back
from components.settings.release import ReleaseSettings

BOUNDS = ReleaseSettings(max_map_loss=0.03, min_agnostic_map=0.10, trial_pictures=1)


@pytest.mark.parametrize(
    ("new", "champion", "promote"),
    [
        (0.10, None, True),
        (0.09, None, False),
        (0.09, 0.05, False),
        (0.50, 0.52, True),
        (0.50, 0.54, False),
        (0.90, 0.10, True),
    ],
)
def test_gate_wants_a_least_quality_and_no_great_loss(
    new: float, champion: float | None, promote: bool
) -> None:
    assert decide(new, new, champion, BOUNDS).promote is promote


def test_reason_names_the_figures() -> None:
    reason = decide(0.05, 0.09, None, BOUNDS).reason
    assert reason == (
        "mask mAP 0.050 on the test split, 0.090 without regard to labels, at least 0.100 is wanted"
    )


def test_only_a_version_that_was_taken_off_counts_as_rolled_back() -> None:
    first = promoted(None, "a")
    second = promoted(first, "b")
    back = rolled_back(second)
    assert [was_rolled_back(second, version) for version in "abc"] == [False, False, False]
    assert [was_rolled_back(back, version) for version in "abc"] == [False, True, False]
    assert not was_rolled_back(promoted(back, "b"), "b")
    assert back.since <= datetime.now(UTC)
