"""Memory of a long run."""

import subprocess
import sys

import numpy as np
import pytest

from components.dataset.memory import memory_now, memory_trend, slope
from components.home import Home
from components.progress import SilentProgress


def test_memory_of_this_process_grows_by_what_it_takes():
    before = memory_now(0)
    taken = np.ones(64 * 1024**2, dtype=np.uint8)
    after = memory_now(len(taken))
    assert after.parent - before.parent == pytest.approx(64, abs=8)


def test_trend_has_a_point_for_each_tenth_and_one_for_the_end(parts, settings, tmp_path):
    changes = {"images": 40, "width_px": 96, "height_px": 72, "executor": "sequential"}
    changed = settings.model_copy(update=changes)
    trend = memory_trend(parts, Home(tmp_path), changed, 1, SilentProgress())
    assert [point.images for point in trend.points] == [*range(4, 41, 4), 40]
    assert all(point.parent > 10 for point in trend.points)
    assert (trend.images, trend.executor) == (40, "sequential")


def test_growth_is_that_after_the_start():
    # 100 MiB at the start, then 3 MiB per 1,000 pictures.
    points = [(1000 * n, 100.0 * (n > 1) + 3.0 * n) for n in range(10)]
    assert slope(points) == pytest.approx(3.0)


def test_memory_counts_worker_processes():
    others = memory_now(0).workers
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        # An interpreter has a few MiB of its own, once it is up.
        while memory_now(0).workers < others + 2.0:
            assert child.poll() is None
