from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from components.domain import Part
from components.errors import ModelError
from components.geometry.parts_file import write_parts
from components.home import Home
from components.inspection.camera.calibration import keep_calibration
from components.modeling.registry import ModelRegistry
from components.operations.health import home as health_home
from components.operations.health.checking import Box
from components.operations.stages.metrics import StageReport
from components.operations.stages.running import StageResult
from components.settings.base import YamlSettings
from components.settings.health import HealthSettings
from tests.bundles import PARTS, make_bundle
from tests.unit.operations.proofs import calibration


@dataclass(frozen=True)
class Served:
    box: Box
    bundle: Path


@pytest.fixture
def box(tmp_path: Path) -> Box:
    home = Home(tmp_path / "home")
    home.prepare()
    return Box(home, HealthSettings.load())


@pytest.fixture
def served(box: Box, tmp_path: Path) -> Served:
    registry = ModelRegistry(box.home.registry)
    version = registry.register(make_bundle(tmp_path / "bundle"))
    registry.promote(version.version)
    return Served(box, version.path)


def test_every_settings_file_is_looked_at() -> None:
    looked_at = {settings.file_name for settings in health_home.SETTINGS}
    shipped = {path.name for path in (Path(__file__).parents[4] / "configs").glob("*.yaml")}
    assert looked_at | {"health_config.yaml"} == shipped
    assert all(issubclass(settings, YamlSettings) for settings in health_home.SETTINGS)


def test_a_home_without_a_champion_does_not_work(box: Box) -> None:
    assert health_home.check_model(box).state == "fault"


def test_a_whole_champion_is_good(served: Served) -> None:
    finding = health_home.check_model(served.box)
    assert (finding.state, "whole" in finding.found) == ("good", True)


def test_a_champion_that_was_changed_is_refused(served: Served) -> None:
    with (served.bundle / "model.onnx").open("ab") as file:
        file.write(b"x")
    with pytest.raises(ModelError, match=r"model\.onnx"):
        health_home.check_model(served.box)


def test_a_champion_of_other_drawings_is_a_warning(served: Served) -> None:
    write_parts(served.box.home.parts, PARTS)
    assert health_home.check_model(served.box).state == "good"
    write_parts(served.box.home.parts, [Part("other", PARTS[0].outline)])
    finding = health_home.check_model(served.box)
    assert (finding.state, "other drawings" in finding.found) == ("warning", True)


def test_an_old_champion_is_a_warning(served: Served) -> None:
    strict = served.box.settings.model_copy(update={"max_model_age_days": 1e-9})
    assert health_home.check_model(Box(served.box.home, strict)).state == "warning"


def test_drawings_are_counted_and_their_absence_is_a_warning(box: Box) -> None:
    assert health_home.check_drawings(box).state == "warning"
    (box.home.drawings / "a.dxf").write_text("0\nEOF\n")
    assert "not read yet" in health_home.check_drawings(box).found
    write_parts(box.home.parts, PARTS)
    assert health_home.check_drawings(box).found == "1 files, 2 parts"


def test_a_stage_that_failed_is_named_until_it_ends_well(box: Box) -> None:
    assert health_home.check_stages(box).state == "left out"
    report = StageReport(box.home, "train")
    report.begin()
    report.failed()
    finding = health_home.check_stages(box)
    assert (finding.state, finding.found) == ("warning", "train failed")
    report.done(StageResult("train", "", False, 1.0, {}))
    assert health_home.check_stages(box).state == "good"


def test_a_stage_that_never_ended_is_named_after_a_while(box: Box) -> None:
    StageReport(box.home, "train").begin()
    assert health_home.check_stages(box).state == "good"
    hasty = box.settings.model_copy(update={"max_run_hours": 1e-9})
    assert "train has not ended" in health_home.check_stages(Box(box.home, hasty)).found


@pytest.mark.parametrize(("days", "state"), [(60.0, "good"), (3.0, "warning"), (-1.0, "fault")])
def test_a_calibration_is_judged_by_its_last_day(box: Box, days: float, state: str) -> None:
    assert health_home.check_calibrations(box).state == "left out"
    keep_calibration(box.home.calibrations, calibration(days))
    finding = health_home.check_calibrations(box)
    assert (finding.state, "belt-1" in finding.found) == (state, True)
    (sample,) = finding.samples
    assert sample.labels == ("belt-1",)
    assert sample.value == pytest.approx(datetime.now(UTC).timestamp() + 86_400 * days, abs=60)
