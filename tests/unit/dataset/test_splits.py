"""Groups stay whole and splits keep their shares."""

from collections import Counter
from dataclasses import replace

import pytest

from components.dataset.manifest import read_manifest
from components.dataset.splits import group_number, leaks, split_of_group
from components.settings.data import SplitSettings

SHARES = SplitSettings(train=0.8, val=0.1, test=0.1)


@pytest.mark.parametrize("groups", [10, 24, 100, 1000])
@pytest.mark.parametrize("seed", range(5))
def test_shares_hold_within_two_groups(groups, seed):
    counts = Counter(split_of_group(seed, group, SHARES) for group in range(groups))
    assert counts["train"] == pytest.approx(0.8 * groups, abs=2)
    assert counts["val"] == pytest.approx(0.1 * groups, abs=2)
    assert counts["test"] == pytest.approx(0.1 * groups, abs=2)


def test_group_holds_the_given_number_of_samples():
    assert set(Counter(group_number(i, 3) for i in range(30)).values()) == {3}


def test_split_without_share_stays_empty():
    shares = SplitSettings(train=1.0, val=0.0, test=0.0)
    assert {split_of_group(1, group, shares) for group in range(50)} == {"train"}


def test_generated_dataset_has_no_leak(dataset):
    assert leaks(read_manifest(dataset[0].manifest)) == []


def test_leak_is_named(dataset):
    samples = list(read_manifest(dataset[0].manifest))
    other = "val" if samples[0].split == "train" else "train"
    samples[0] = replace(samples[0], split=other)
    found = leaks(samples)
    assert len(found) == 1
    assert samples[0].group in found[0]
