"""Faults are caused on the real stack, and told: each test mends what it broke."""

import json
import re
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from components.errors import ValidationError
from components.inspection.camera.calibration import keep_calibration
from components.modeling.champion import promoted, read_champion, write_champion
from components.modeling.registry import ModelRegistry
from components.operations.health import checking as health
from components.operations.pipeline import jobs
from components.operations.promotion import promoting
from components.operations.stages import metrics as stage_metrics
from components.operations.stages.metrics import StageReport, metrics_file, report_champion
from components.progress import SilentProgress
from components.serving.launch import running_service
from components.settings.serve import ServeSettings
from tests.bundles import make_bundle
from tests.deploy.actions import ask_service, large_picture, look, plain_picture
from tests.deploy.programs import wait_for
from tests.deploy.stack import DRAWINGS, Stack
from tests.unit.operations.proofs import calibration, certificate


def test_a_blinded_camera_is_told(asked: Stack) -> None:
    for _ in range(20):
        ask_service(asked, plain_picture(255))
    wait_for("PicturesOverexposed", lambda: asked.firing("PicturesOverexposed"))


def test_a_black_camera_is_told(asked: Stack) -> None:
    for _ in range(340):
        ask_service(asked, plain_picture(0))
    wait_for("PicturesDark", lambda: asked.firing("PicturesDark"))
    wait_for("a message", lambda: asked.mail.told("/this_week", "PicturesDark"))


def test_a_damaged_dataset_is_told(asked: Stack) -> None:
    run = jobs.open_run(asked.home.root, None, "tiny", 0)
    picture = next(asked.home.images("train").iterdir())
    content = picture.read_bytes()
    picture.write_bytes(content[:-9])
    with pytest.raises(ValidationError):
        jobs.validate(run, SilentProgress(), always=True)
    wait_for("DatasetInvalid", lambda: asked.firing("DatasetInvalid"))
    (labels,) = wait_for("StageFailed", lambda: asked.firing("StageFailed"))
    assert labels["stage"] == "validate"
    picture.write_bytes(content)
    jobs.validate(run, SilentProgress(), always=True)
    wait_for("recovery", lambda: not asked.firing("StageFailed"))
    wait_for("recovery", lambda: not asked.firing("DatasetInvalid"))


def test_a_broken_file_of_metrics_is_told(asked: Stack) -> None:
    broken = asked.home.metrics / "broken.prom"
    broken.write_text("this is no metric{")
    wait_for("MetricsFileBroken", lambda: asked.firing("MetricsFileBroken"))
    assert asked.query("dxfvision_pipeline_stage_succeeded"), "other files are read all the same"
    broken.unlink()
    wait_for("recovery", lambda: not asked.firing("MetricsFileBroken"))


def test_a_champion_that_is_refused_is_told(asked: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    alias = asked.home.registry / "champion.json"
    content = alias.read_text()
    alias.write_text(json.dumps(json.loads(content) | {"version": "000000000000"}))
    wait_for("ModelRefused", lambda: asked.firing("ModelRefused"))
    assert look(asked, monkeypatch)["model"]["state"] == "fault"
    (labels,) = wait_for("HealthFault", lambda: asked.firing("HealthFault"))
    assert labels["check"] == "model"
    alias.write_text(content)
    look(asked, monkeypatch)
    wait_for("recovery", lambda: not asked.firing("HealthFault"))


def test_a_receiver_that_refuses_is_told(asked: Stack) -> None:
    asked.mail.status = 400
    wait_for("NotificationsFail", lambda: asked.firing("NotificationsFail"))
    asked.mail.status = 200


def test_a_configuration_that_cannot_be_read_is_told(asked: Stack) -> None:
    config = asked.folder / "prometheus.yml"
    content = config.read_text()
    config.write_text("scrape_configs: 7\n")
    reload = f"{asked.url('prometheus')}/-/reload"
    assert httpx.post(reload).status_code == httpx.codes.INTERNAL_SERVER_ERROR
    wait_for("ConfigNotLoaded", lambda: asked.firing("ConfigNotLoaded"))
    config.write_text(content)
    assert httpx.post(reload).is_success
    wait_for("recovery", lambda: not asked.firing("ConfigNotLoaded"))


def test_runs_that_nobody_takes_and_runs_that_fail_are_told(
    asked: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    due = datetime.now(UTC) - timedelta(minutes=5)
    states: list[dict[str, Any]] = [
        {"type": "SCHEDULED", "state_details": {"scheduled_time": due.isoformat()}},
        {"type": "FAILED"},
    ]
    with httpx.Client(base_url=f"{asked.url('prefect')}/api") as prefect:
        flow = prefect.post("/flows/", json={"name": "by-hand"}).raise_for_status().json()["id"]
        for state in states:
            body = {"flow_id": flow, "state": state}
            prefect.post("/flow_runs/", json=body).raise_for_status()
    seen = "0 running, 1 late, 1 failed today"
    wait_for("a late run", lambda: look(asked, monkeypatch)["prefect"]["found"] == seen)
    wait_for("RunsLate", lambda: asked.firing("RunsLate"))
    wait_for("RunsFailed", lambda: asked.firing("RunsFailed"))


def test_a_drawing_that_cannot_be_read_is_told(asked: Stack, tmp_path: Path) -> None:
    drawings = shutil.copytree(DRAWINGS, tmp_path / "drawings")
    (drawings / "letter.dxf").write_text("Dear Sir or Madam")
    read_drawings(asked, drawings)
    wait_for("DrawingsRejected", lambda: asked.firing("DrawingsRejected"))
    read_drawings(asked, DRAWINGS)
    wait_for("recovery", lambda: not asked.firing("DrawingsRejected"))


def read_drawings(stack: Stack, folder: Path) -> None:
    run = jobs.open_run(stack.home.root, folder, "tiny", 0)
    jobs.read_drawing_folder(run, SilentProgress())


def test_a_model_that_does_not_pass_the_gate_is_told(
    asked: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = jobs.open_run(asked.home.root, None, "tiny", 0)
    with monkeypatch.context() as patch:
        patch.setenv("DXFVISION_RELEASE__MIN_AGNOSTIC_MAP", "1.0")
        assert promoting.promote_model(run).figures["promoted"] is False
    wait_for("ReleaseRefused", lambda: asked.firing("ReleaseRefused"))
    assert promoting.promote_model(run).figures["promoted"] is True
    wait_for("recovery", lambda: not asked.firing("ReleaseRefused"))


def test_a_stage_that_was_killed_half_a_day_ago_is_told(
    asked: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    half_a_day_ago = time.time() - 13 * 3600
    with monkeypatch.context() as patch:
        patch.setattr(stage_metrics.time, "time", lambda: half_a_day_ago)
        StageReport(asked.home, "train-generic").begin()
    (labels,) = wait_for("StageNeverEnded", lambda: asked.firing("StageNeverEnded"))
    assert labels["stage"] == "train-generic"
    metrics_file(asked.home, "train-generic").unlink()


def test_a_doctor_that_stopped_looking_is_told(
    asked: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    an_hour_ago = time.time() - 3600
    with monkeypatch.context() as patch:
        patch.setattr(health.time, "time", lambda: an_hour_ago)
        look(asked, monkeypatch)
    wait_for("HealthChecksStopped", lambda: asked.firing("HealthChecksStopped"))
    look(asked, monkeypatch)
    wait_for("recovery", lambda: not asked.firing("HealthChecksStopped"))


def test_an_old_champion_is_told(asked: Stack) -> None:
    version = ModelRegistry(asked.home.registry).champion()
    assert version is not None
    record = version.path / "model.yaml"
    content = record.read_text()
    record.write_text(re.sub(r"creation_time: '\d{4}", "creation_time: '2020", content))
    report_champion(asked.home)
    wait_for("ModelTooOld", lambda: asked.firing("ModelTooOld"))
    record.write_text(content)
    report_champion(asked.home)


def test_a_certificate_and_a_calibration_that_end_soon_are_told(
    asked: Stack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file, key = certificate(tmp_path, 10)
    keep_calibration(asked.home.calibrations, calibration(3))
    with monkeypatch.context() as patch:
        patch.setenv("DXFVISION_SERVE__TLS__CERTIFICATE", str(file))
        patch.setenv("DXFVISION_SERVE__TLS__KEY", str(key))
        found = look(asked, patch)
    assert (found["certificate"]["state"], found["calibrations"]["state"]) == ("warning",) * 2
    wait_for("CertificateExpires", lambda: asked.firing("CertificateExpires"))
    wait_for("CalibrationExpires", lambda: asked.firing("CalibrationExpires"))
    shutil.rmtree(asked.home.calibrations)


def test_a_rule_that_cannot_be_evaluated_is_told(asked: Stack) -> None:
    broken = asked.folder / "rules" / "broken.yml"
    rule = {"record": "broken", "expr": "up * on (box) up"}
    broken.write_text(yaml.safe_dump({"groups": [{"name": "broken", "rules": [rule]}]}))
    reload = f"{asked.url('prometheus')}/-/reload"
    assert httpx.post(reload).is_success
    wait_for("RulesFail", lambda: asked.firing("RulesFail"))
    broken.unlink()
    assert httpx.post(reload).is_success


def test_a_promotion_that_the_service_does_not_follow_is_told(asked: Stack, tmp_path: Path) -> None:
    registry = ModelRegistry(asked.home.registry)
    other = registry.register(make_bundle(tmp_path / "bundle"))
    with (other.path / "model.onnx").open("ab") as file:
        file.write(b"damaged after it was registered")
    content = registry.champion_file.read_text()
    earlier = read_champion(registry.champion_file)
    write_champion(registry.champion_file, promoted(earlier, other.version))
    report_champion(asked.home)
    wait_for("ChampionNotServed", lambda: asked.firing("ChampionNotServed"))
    registry.champion_file.write_text(content)
    report_champion(asked.home)
    wait_for("recovery", lambda: not asked.firing("ChampionNotServed"))


def test_requests_beyond_what_the_service_takes_are_told(asked: Stack) -> None:
    picture = large_picture()
    url = f"{asked.url('dxfvision')}/predict"

    def ask(_: int) -> int:
        return httpx.post(url, content=picture, timeout=60).status_code

    def told() -> list[dict[str, str]]:
        with ThreadPoolExecutor(160) as crowd:
            assert set(crowd.map(ask, range(160))) <= {200, 429, 504}
        return asked.firing("RequestsTurnedAway")

    wait_for("RequestsTurnedAway", told, 150)


def test_a_service_that_fails_its_clients_is_told_once(asked: Stack) -> None:
    """Nothing can be answered within a millisecond: 504, and only the fastest burn is told."""
    asked.service.close()
    settings = ServeSettings.load(profile="quick")
    limits = settings.limits.model_copy(update={"timeout_s": 0.001})
    hurried = settings.model_copy(update={"limits": limits})
    asked.service.enter_context(running_service(asked.home, hurried, asked.ports["dxfvision"]))
    url = f"{asked.url('dxfvision')}/predict"
    ready = f"{asked.url('dxfvision')}/readyz"
    # The first worker that is ready ends the start; the others follow.
    wait_for("every worker", lambda: all(httpx.get(ready).is_success for _ in range(40)))
    asked.mail.got.clear()

    def fails() -> list[dict[str, str]]:
        for _ in range(10):
            answer = httpx.post(url, content=plain_picture(90))
            assert answer.status_code == httpx.codes.GATEWAY_TIMEOUT, answer.text
        return asked.firing("AvailabilityBurnsFast")

    wait_for("AvailabilityBurnsFast", fails)
    wait_for("AvailabilityBurns", lambda: asked.firing("AvailabilityBurns"))
    wait_for("a message", lambda: asked.mail.told("/now", "AvailabilityBurnsFast"))
    wait_for("AvailabilityBurnsSlowly", lambda: asked.firing("AvailabilityBurnsSlowly"))
    assert not asked.mail.told("/this_week", "AvailabilityBurnsSlowly")
