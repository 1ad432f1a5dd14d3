"""The real stack is watched: what dashboards and rules ask for is there, and faults are told.

The tests are in the order of one life: all is well, then one fault after the other is caused.
"""

import io
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from components.cli.app import app
from components.errors import ValidationError
from components.monitoring.panels import Shown
from components.monitoring.preview import write_previews
from components.monitoring.write import PAGES
from components.operations import jobs
from components.operations.health_network import PREFECT_VARIABLE
from components.progress import SilentProgress
from tests.deploy.programs import wait_for
from tests.deploy.stack import Stack, write_target
from tests.unit.monitoring.declarations import (
    alerts,
    declared_series,
    is_foreign,
    rules,
    used_series,
)

HARDWARE = {"node_hwmon_temp_celsius"}
"""Series that a virtual machine has not."""

PANELS = [
    pytest.param(shown, id=f"{page.uid}: {shown.title}") for page in PAGES for shown in page.panels
]


def ask_service(stack: Stack, picture: bytes) -> None:
    answer = httpx.post(
        f"{stack.url('dxfvision')}/predict", content=picture, headers={"Content-Type": "image/png"}
    )
    assert answer.status_code == httpx.codes.OK, answer.text


def look(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """Let the doctor look at the box; return its lines by check."""
    monkeypatch.setenv(PREFECT_VARIABLE, f"{stack.url('prefect')}/api")
    monkeypatch.setenv("DXFVISION_SERVE__PORT", str(stack.ports["dxfvision"]))
    monkeypatch.setenv("DXFVISION_HEALTH__PROMETHEUS_URL", stack.url("prometheus"))
    done = CliRunner().invoke(app, ["doctor", "--home", str(stack.home.root), "--json"])
    return {row["check"]: row for row in map(json.loads, done.stdout.splitlines())}


@pytest.fixture(scope="module")
def asked(stack: Stack) -> Stack:
    """The stack after pictures were asked about and the doctor has looked."""
    pictures = sorted(stack.home.images("test").glob("*"))[:8]
    for _ in range(8):
        for picture in pictures:
            ask_service(stack, picture.read_bytes())
    with pytest.MonkeyPatch.context() as patch:
        look(stack, patch)
    wait_for("counters that rise", lambda: stack.query("rate(dxfvision_pictures_total[1m]) > 0"))
    wait_for("records", lambda: stack.query("dxfvision:request_errors:ratio_rate6h"))
    wait_for("what the doctor wrote", lambda: stack.query("dxfvision_health_check_state"))
    return stack


def test_every_part_of_the_stack_is_scraped(asked: Stack) -> None:
    wanted = {"dxfvision", "node", "prefect", "prometheus", "alertmanager"}
    wait_for(
        "targets",
        lambda: wanted <= {row["metric"]["job"] for row in asked.query("up == 1")},
    )


def test_no_rule_fails(asked: Stack) -> None:
    found = [rule for group in asked.ask("rules")["groups"] for rule in group["rules"]]
    assert {rule["name"] for rule in found} == {rule.name for rule in rules()}
    assert [rule["name"] for rule in found if rule["health"] != "ok"] == []


def test_our_own_programs_expose_declared_series_only(asked: Stack) -> None:
    names = {name for name in asked.ask("label/__name__/values") if name.startswith("dxfvision")}
    made = {name for name in names if not name.endswith("_created")}
    assert made - declared_series() == set()


def test_series_of_other_programs_exist(asked: Stack) -> None:
    panels = [query.expression for page in PAGES for s in page.panels for query in s.queries]
    used = {
        series
        for expression in [rule.body["expr"] for rule in rules()] + panels
        for series in used_series(expression)
        if is_foreign(series)
    }
    known = set(asked.ask("label/__name__/values"))
    assert used - known - HARDWARE == set()


@pytest.mark.parametrize("shown", PANELS)
def test_no_panel_is_empty(asked: Stack, shown: Shown) -> None:
    for query in shown.queries:
        expression = query.expression.replace("$__rate_interval", "1m").replace("$box", ".*")
        rows = asked.query(expression)
        assert rows or shown.absent, expression
        assert all(row["value"][1] != "NaN" for row in rows) or "quantile" in expression


def test_the_data_of_every_page_can_be_drawn(asked: Stack, tmp_path: Path) -> None:
    folder = Path(os.environ.get("DXFVISION_PICTURES", tmp_path))
    written = write_previews(asked.url("prometheus"), folder, minutes=1.5)
    assert all(path.stat().st_size > 10_000 for path in written)


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: alert.name)
def test_prometheus_shows_the_runbook(asked: Stack, alert: Any) -> None:
    page = httpx.get(f"{asked.url('prometheus')}/consoles/{alert.name}.md")
    assert page.text.startswith(f"# {alert.name}\n")
    assert page.headers["content-type"].startswith("text/plain")


def test_the_doctor_sees_prefect_and_prometheus(
    asked: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = look(asked, monkeypatch)
    assert found["service"]["state"] == "good"
    assert found["prefect"]["found"] == "0 running, 0 late, 0 failed today"
    assert found["scraping"]["found"] == "5 targets are scraped"
    assert found["model"]["state"] == "good"


def test_the_watchdog_comes_again_and_again(asked: Stack) -> None:
    wait_for("watchdog", lambda: asked.mail.told("/dead_man", "Watchdog"))
    assert asked.firing("Watchdog")


def test_nothing_is_critical_while_all_is_well(asked: Stack) -> None:
    rows = asked.query('ALERTS{alertstate="firing",severity="critical"}')
    assert [row["metric"]["alertname"] for row in rows] == []


def plain_picture(grey: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.full((48, 64, 3), grey, np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def test_a_blinded_camera_is_told(asked: Stack) -> None:
    for _ in range(40):
        ask_service(asked, plain_picture(255))
    wait_for("PicturesOverexposed", lambda: asked.firing("PicturesOverexposed"))


def test_a_black_camera_is_told(asked: Stack) -> None:
    for _ in range(600):
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


def test_a_service_that_ends_is_told_at_once_and_what_follows_from_it_is_not(asked: Stack) -> None:
    asked.mail.got.clear()
    asked.service.close()
    wait_for("ServiceDown", lambda: asked.firing("ServiceDown"))
    wait_for("a message", lambda: asked.mail.told("/now", "ServiceDown"))
    assert not any(
        alert in ("ServiceNotReady", "WorkersMissing") and state == "firing"
        for _, alert, state in asked.mail.got
    )


def test_a_service_that_is_no_target_is_told(asked: Stack) -> None:
    write_target(asked.folder, "dxfvision")
    wait_for("ServiceNotWatched", lambda: asked.firing("ServiceNotWatched"))


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


def test_a_prefect_server_that_ends_is_told(asked: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    asked.programs["prefect"].stop()
    (labels,) = wait_for("TargetDown", lambda: asked.firing("TargetDown"))
    assert labels["job"] == "prefect"
    assert look(asked, monkeypatch)["prefect"]["state"] == "fault"


def test_a_box_that_is_gone_is_told(asked: Stack) -> None:
    asked.programs["node"].stop()
    wait_for("BoxDown", lambda: asked.firing("BoxDown"))
    wait_for("a message", lambda: asked.mail.told("/now", "BoxDown"))


def test_no_alertmanager_is_told_on_the_page_of_prometheus(asked: Stack) -> None:
    write_target(asked.folder, "alertmanager")
    wait_for("NoAlertmanager", lambda: asked.firing("NoAlertmanager"))
