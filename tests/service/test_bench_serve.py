"""`bench serve`'s measurements against real servers, as short as they can be."""

import pytest

from components.home import Home
from components.modeling.registry import ModelRegistry
from components.operations.serve_bench.endurance import (
    MOST_GROWTH_MB,
    leaking_command,
    overload,
    soak,
)
from components.operations.serve_bench.speed import SpeedPlan, measure_speed
from components.operations.serve_bench.swaps import swap, swapping_home
from components.serving.launch import running_service
from components.settings.serve import ServeSettings
from tests.bundles import encoded, scene

pytestmark = [pytest.mark.service, pytest.mark.alone]
PICTURE = encoded(scene(), "JPEG")


@pytest.fixture
def one_worker(settings: ServeSettings) -> ServeSettings:
    return settings.model_copy(update={"workers": 1})


def test_service_bare_server_and_process_are_measured_in_one_run(home: Home, one_worker) -> None:
    plan = SpeedPlan(requests=5, clients=2, seconds=0.5, rounds=1, batches=(1,))
    found = measure_speed(home, one_worker, PICTURE, plan)
    assert set(found.latency) == set(found.throughput) == {"in_process", "service", "bare"}
    own = found.latency["in_process"]
    assert (own.p50_ratio, own.p99_ratio, found.throughput["in_process"].ratio) == (1, 1, 1)
    for name, latency in found.latency.items():
        assert 0 < latency.p50_ms <= latency.p99_ms
        assert latency.p50_ratio == pytest.approx(latency.p50_ms / own.p50_ms, abs=0.001)
        assert found.throughput[name].per_s > 0
    assert found.network_ms[1] > 0


def test_overload_is_refused_and_probes_answer(home: Home, one_worker) -> None:
    with running_service(home, one_worker) as url:
        found = overload(url, PICTURE, seconds=2.0, clients=4)
    # On a machine that others keep busy, what waits may be too late.
    assert {200, 429} <= set(found.statuses) <= {200, 429, 504}
    assert found.probes > 0


def test_models_are_swapped_under_load_without_a_failed_request(home: Home, one_worker) -> None:
    champion = ModelRegistry(home.registry).champion()
    with swapping_home(home) as other, running_service(other, one_worker) as url:
        found = swap(url, other, PICTURE, count=2, clients=3)
    assert found.passed
    assert set(found.statuses) == {200}
    assert ModelRegistry(home.registry).champion() == champion


def test_planted_leak_is_found(home: Home, one_worker) -> None:
    minutes = 0.2
    command_of = leaking_command(minutes)
    with running_service(home, one_worker, command_of=command_of) as url:
        leaking = soak(url, PICTURE, minutes, clients=2)
    assert leaking.growth_mb > MOST_GROWTH_MB
    assert not leaking.passed
