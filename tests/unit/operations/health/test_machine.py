import ctypes
import errno
import json
import os
import time
from pathlib import Path

import psutil
import pytest

from components.home import Home
from components.operations.health import machine as health_machine
from components.operations.health.checking import Box
from components.settings.health import HealthSettings


def box(folder: Path, **changes: float) -> Box:
    home = Home(folder)
    home.prepare()
    return Box(home, HealthSettings.load().model_copy(update=changes))


def test_a_box_with_too_few_cores_gets_a_warning(tmp_path: Path) -> None:
    cores = len(os.sched_getaffinity(0))
    assert health_machine.check_processor(box(tmp_path, min_cores=cores)).state != "fault"
    finding = health_machine.check_processor(box(tmp_path, min_cores=cores + 1))
    assert finding.state == "warning"


@pytest.mark.parametrize(("share", "state"), [(0.5, "good"), (1.5, "warning"), (4.0, "fault")])
def test_memory_is_judged_by_what_is_free(tmp_path: Path, share: float, state: str) -> None:
    free_mib = psutil.virtual_memory().available / 2**20
    assert (
        health_machine.check_memory(box(tmp_path, min_memory_mib=free_mib * share)).state == state
    )


@pytest.mark.parametrize(("share", "state"), [(0.5, "good"), (2.0, "warning"), (20.0, "fault")])
def test_disk_is_judged_by_what_is_free(tmp_path: Path, share: float, state: str) -> None:
    free_gib = psutil.disk_usage(str(tmp_path)).free / 2**30
    finding = health_machine.check_disk(box(tmp_path, min_disk_gib=free_gib * share))
    assert finding.state == state
    (sample,) = finding.samples
    assert sample.value == pytest.approx(free_gib * 2**30, rel=0.05)


def test_a_clock_behind_our_own_files_is_a_fault(tmp_path: Path) -> None:
    place = box(tmp_path)
    assert health_machine.check_clock(place).state != "fault"
    record = place.home.state / "train.json"
    record.write_text(json.dumps({}))
    os.utime(record, (time.time() + 3600, time.time() + 3600))
    finding = health_machine.check_clock(place)
    assert finding.state == "fault"
    assert "36" in finding.found or "3599" in finding.found


def test_a_clock_that_may_not_be_asked_about_is_not_called_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Forbidden:
        """What the kernel answers where ProtectClock=true forbids the question."""

        def adjtimex(self, _: object) -> int:
            ctypes.set_errno(errno.EPERM)
            return -1

    monkeypatch.setattr(health_machine.ctypes, "CDLL", lambda *_, **__: Forbidden())
    finding = health_machine.check_clock(box(tmp_path))
    assert (finding.state, "not permitted" in finding.found) == ("left out", True)


def test_the_installed_versions_are_those_asked_for(tmp_path: Path) -> None:
    assert health_machine.check_versions(box(tmp_path)).state == "good"


def test_another_version_than_asked_for_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = ["numpy<1", "not-installed-at-all==3", 'psutil>=1; extra == "serve"']
    monkeypatch.setattr(health_machine, "requires", lambda name: wanted)
    finding = health_machine.check_versions(box(tmp_path))
    assert finding.state == "fault"
    assert "numpy" in finding.found
    assert "not-installed" not in finding.found
    assert "psutil" not in finding.found
