import subprocess
import sys
import time
from pathlib import Path

import pytest

from components.errors import SettingsError
from components.home import Home
from components.modeling.registry import ModelRegistry
from components.operations.health.checking import (
    Box,
    Diagnosis,
    Finding,
    all_checks,
    examine,
    report_health,
)
from components.operations.stages import batch_metrics as metrics
from components.operations.stages.metric_files import Sample, read_value
from components.operations.stages.metrics import metrics_file
from components.settings.health import HealthSettings
from tests.bundles import make_bundle


@pytest.fixture
def box(tmp_path: Path) -> Box:
    home = Home(tmp_path / "home")
    home.prepare()
    return Box(home, HealthSettings.load())


def test_a_check_that_does_not_exist_is_named(box: Box) -> None:
    with pytest.raises(SettingsError, match=r"colour.*choose of processor, memory"):
        list(examine(box, ["memory", "colour"]))


def test_only_the_checks_asked_for_are_made(box: Box) -> None:
    assert [diagnosis.check for diagnosis in examine(box, ["disk", "memory"])] == ["memory", "disk"]


def test_an_error_raised_on_purpose_is_a_fault_with_its_sentence(box: Box) -> None:
    box.home.configs.mkdir()
    (box.home.configs / "train_config.yaml").write_text("minuts: 3\n")
    (diagnosis,) = examine(box, ["settings"])
    assert diagnosis.finding.state == "fault"
    assert "minuts" in diagnosis.finding.found


def test_names_of_checks_fit_a_label() -> None:
    assert all(name.isidentifier() for name in all_checks())


def test_findings_become_metrics_and_what_was_left_out_does_not(box: Box, tmp_path: Path) -> None:
    registry = ModelRegistry(box.home.registry)
    version = registry.register(make_bundle(tmp_path / "bundle")).version
    registry.promote(version)
    before = time.time()
    report_health(
        box,
        [
            Diagnosis("memory", Finding("good", "enough")),
            Diagnosis("clock", Finding("warning", "free")),
            Diagnosis("model", Finding("fault", "none")),
            Diagnosis("prefect", Finding("left out", "not set")),
            Diagnosis("disk", Finding("good", "", "", (Sample(metrics.HOME_FREE, 7.0),))),
        ],
    )
    path = metrics_file(box.home, "health")
    states = {
        check: read_value(path, metrics.HEALTH_STATE, {"check": check})
        for check in ("memory", "clock", "model", "prefect", "disk")
    }
    assert states == {"memory": 0, "clock": 1, "model": 2, "prefect": None, "disk": 0}
    assert read_value(path, metrics.HOME_FREE, {}) == 7.0
    looked = read_value(path, metrics.HEALTH_CHECKED, {})
    assert looked is not None
    assert before <= looked <= time.time()
    champion = metrics_file(box.home, "champion")
    assert read_value(champion, metrics.CHAMPION_INFO, {"version": version}) == 1


def test_the_doctor_needs_no_more_than_the_service_has() -> None:
    code = (
        "import sys; from components.operations.health.checking import all_checks; all_checks(); "
        "print([m for m in sys.argv[1:] if m in sys.modules])"
    )
    heavy = ["torch", "ezdxf", "great_expectations", "prefect", "shapely", "pandas", "matplotlib"]
    done = subprocess.run(
        [sys.executable, "-c", code, *heavy], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
