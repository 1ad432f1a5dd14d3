"""The real stack while all is well: what dashboards and rules ask for is there."""

import os
import random
import time
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from components.monitoring.panels import Shown
from components.monitoring.preview import write_previews
from components.monitoring.write import PAGES
from tests.deploy.actions import ask_service, look
from tests.deploy.programs import wait_for
from tests.deploy.stack import Stack
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
        # A scrape of a busy machine may come late.
        ask = partial(asked.query, expression)
        rows = ask() if shown.absent else wait_for(expression, ask, 20)
        assert all(row["value"][1] != "NaN" for row in rows) or "quantile" in expression


def test_the_data_of_every_page_can_be_drawn(asked: Stack, tmp_path: Path) -> None:
    folder = Path(os.environ.get("DXFVISION_PICTURES", tmp_path))
    if folder != tmp_path:
        _work_for_a_while(asked)
    written = write_previews(asked.url("prometheus"), folder, minutes=1.5)
    assert all(path.stat().st_size > 10_000 for path in written)


def _work_for_a_while(stack: Stack) -> None:
    """Ask about pictures, so that lines which people will look at tell of something."""
    pictures = [file.read_bytes() for file in sorted(stack.home.images("test").glob("*"))]
    end_s = time.monotonic() + 80
    while time.monotonic() < end_s:
        ask_service(stack, random.choice(pictures))
        time.sleep(random.uniform(0.1, 0.9))


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
