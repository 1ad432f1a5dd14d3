"""The benchmark measures what it says."""

import time

import pytest

from components.dataset.benchmark import Plan, _Stamps, benchmark_generation
from components.dataset.stage_costs import STAGES
from components.progress import SilentProgress


@pytest.fixture(scope="module")
def measured(parts, settings):
    plan = Plan(
        executors=("sequential", "thread"),
        workers=(1, 2),
        sizes=((96, 72), (128, 96)),
        images=32,
        repetitions=1,
    )
    return benchmark_generation(parts, settings, plan, SilentProgress())


def test_every_executor_number_of_workers_and_size_is_measured(measured):
    found = [(r.width_px, r.height_px, r.executor, r.workers) for r in measured.rates]
    runs = [("sequential", 1), ("thread", 1), ("thread", 2)]
    assert found == [(*size, *run) for size in ((96, 72), (128, 96)) for run in runs]
    assert all(rate.images_per_second.median > 0 for rate in measured.rates)
    # Starting and ending a run only cost time.
    assert all(r.whole_run.median < 1.5 * r.images_per_second.median for r in measured.rates)


def test_speed_up_is_told_of_more_workers_than_one_only(measured):
    assert [rate.speed_up is not None for rate in measured.rates] == [False, False, True] * 2


def test_costs_name_every_stage_and_their_shares_add_up_to_one(measured):
    assert [(cost.width_px, cost.height_px) for cost in measured.costs] == [(96, 72), (128, 96)]
    for cost in measured.costs:
        assert tuple(cost.stages_ms) == STAGES
        assert all(stage.median > 0 for stage in cost.stages_ms.values())
        assert sum(cost.shares.values()) == pytest.approx(1.0)
        assert cost.total_ms.median > cost.limit_ms.median > 0


def test_stages_are_what_a_whole_picture_costs(measured):
    for cost in measured.costs:
        stages = sum(stage.median for stage in cost.stages_ms.values())
        assert stages == pytest.approx(cost.total_ms.median, rel=0.6)


def test_rate_begins_when_each_worker_has_finished_a_shard(monkeypatch):
    # Two workers, shards of 10 at 5, 5, 6, 6 s: after their start 20 in 1 s.
    clock = iter((5.0, 5.0, 6.0, 6.0))
    stamps = _Stamps()
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    for _ in range(4):
        stamps.advance(10, "")
    assert stamps.steady_rate(2) == pytest.approx(20.0)


def test_start_of_a_worker_is_told_and_memory_only_when_asked_for(measured):
    # An interpreter, NumPy and OpenCV alone take longer than a tenth of a second.
    assert measured.start_seconds.median > 0.1
    assert measured.memory is None
