import math

import numpy as np
import pytest
from scipy import stats

from components.operations.drift.statistics import counted, names_apart, numbers_apart, stability


def test_stability_index_is_what_the_formula_says() -> None:
    # Shares 0.5/0.5 against 0.75/0.25: 0.25 ln 1.5 + 0.25 ln 2; the prior hardly counts here.
    wanted = 0.25 * math.log(1.5) + 0.25 * math.log(2)
    found = stability(np.array([5e6, 5e6]), np.array([7.5e6, 2.5e6]))
    assert found == pytest.approx(wanted, rel=1e-5)


def test_shift_by_half_a_deviation_has_the_index_of_two_bells() -> None:
    # Of ten ranges of N(0, 1): shares of N(0.5, 1) in them.
    edges = stats.norm.ppf(np.linspace(0, 1, 11))
    shares = np.diff(stats.norm.cdf(edges - 0.5))
    wanted = float(np.sum((shares - 0.1) * np.log(shares / 0.1)))
    rng = np.random.default_rng(0)
    apart = numbers_apart(rng.normal(size=20_000).tolist(), rng.normal(0.5, size=20_000).tolist())
    assert apart.psi == pytest.approx(wanted, rel=0.1)
    assert apart.chance < 1e-12


def test_figure_of_few_values_is_compared_value_by_value() -> None:
    assert numbers_apart([0] * 90 + [1] * 10, [0] * 90 + [1] * 10).psi == 0.0
    assert numbers_apart([0] * 90 + [1] * 10, [0] * 10 + [1] * 90).psi > 1.0
    assert numbers_apart([3.0] * 50, [3.0] * 80).psi < 0.02


def test_values_never_seen_before_count() -> None:
    assert numbers_apart([5.0] * 100, [6.0] * 100).psi > 1.0


def test_drawing_that_is_no_longer_seen_shows() -> None:
    apart = names_apart({"a": 100, "b": 100}, {"a": 200})
    assert apart.psi > 0.25
    assert apart.chance < 1e-9


@pytest.mark.parametrize(
    ("one", "other"),
    [({}, {}), ({"a": 4}, {}), ({"a": 4}, {"a": 9}), ({"a": 0}, {"b": 0})],
    ids=["nothing", "nothing now", "one drawing", "no counts"],
)
def test_names_that_cannot_differ_do_not(one: dict[str, int], other: dict[str, int]) -> None:
    assert names_apart(one, other).chance == 1.0


def test_counts_add_up() -> None:
    assert counted([{"a": 1}, {"a": 2, "b": 1}]) == {"a": 3, "b": 1}
