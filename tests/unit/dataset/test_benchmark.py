"""The benchmark measures what it says."""

import pytest

from components.dataset.benchmark import SIZES, benchmark_generation, core_cost
from components.progress import SilentProgress


def test_cost_of_a_core_is_more_than_the_limit_and_holds_its_stages(parts, settings):
    cost = core_cost(parts, settings.model_copy(update={"images": 12}))
    assert set(cost.stages_ms) == {"compose", "render", "label", "encode"}
    assert all(spent > 0 for spent in cost.stages_ms.values())
    assert cost.total_ms > cost.limit_ms > 0
    assert cost.images_per_cpu_second * cost.total_ms == pytest.approx(1000)


def test_every_executor_worker_count_and_size_is_measured(parts, settings):
    result = benchmark_generation(
        parts,
        settings,
        SilentProgress(),
        executors=("sequential", "thread"),
        workers=(1, 2),
        images=4,
        repetitions=1,
    )
    measured = {(rate.width_px, rate.executor, rate.workers) for rate in result.rates}
    runs = {("sequential", 1), ("thread", 1), ("thread", 2)}
    assert measured == {(width, *run) for width, _ in SIZES for run in runs}
    assert all(rate.images_per_second > 0 for rate in result.rates)
    assert [cost.width_px for cost in result.costs] == [width for width, _ in SIZES]
