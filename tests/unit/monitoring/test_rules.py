"""Rules, their runbooks and their own tests belong together, and name only what exists."""

import re
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

from components.operations.stages.metrics_table import metrics_page
from tests.unit.monitoring.declarations import (
    MONITORING,
    ROOT,
    Rule,
    alerts,
    declared_series,
    is_foreign,
    read_yaml,
    rules,
    used_series,
)

SECTIONS = ["Meaning", "Impact", "Diagnosis", "Mitigation"]
ALWAYS_FIRES = "Watchdog"


def named(rule: Rule) -> str:
    return rule.name


def test_the_table_of_metrics_is_current() -> None:
    written = (ROOT / "docs" / "metrics.md").read_text("utf-8")
    assert written == metrics_page(), "metrics changed: `make monitoring`"


def test_names_of_series_are_found_in_queries() -> None:
    query = 'sum by (up_to) (rate(dxfvision_a_total{job="node_x"}[5m])) / dxfvision:b:ratio > up'
    assert used_series(query) == {"dxfvision_a_total", "dxfvision:b:ratio", "up"}


@pytest.mark.parametrize("rule", rules(), ids=named)
def test_rules_use_declared_series_only(rule: Rule) -> None:
    own = {series for series in used_series(rule.body["expr"]) if not is_foreign(series)}
    assert own <= declared_series()


def test_no_alert_has_the_name_of_another() -> None:
    names = [rule.name for rule in alerts()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("alert", alerts(), ids=named)
def test_an_alert_tells_severity_sentence_and_runbook(alert: Rule) -> None:
    assert alert.body["labels"]["severity"] in ("critical", "warning", "none")
    notes = alert.body["annotations"]
    assert re.fullmatch(r".+[.?]", notes["summary"])
    assert notes["runbook_url"] == f"{{{{ $externalURL }}}}/consoles/{alert.name}.md"


@pytest.mark.parametrize("alert", alerts(), ids=named)
def test_an_alert_has_its_runbook(alert: Rule) -> None:
    text = (MONITORING / "runbooks" / f"{alert.name}.md").read_text("utf-8")
    assert text.startswith(f"# {alert.name}\n\nSeverity {alert.body['labels']['severity']}")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == SECTIONS
    assert all(body.strip() for body in re.split(r"^## .+$", text, flags=re.MULTILINE)[1:])
    # Prometheus shows it as a page of its own, and would take braces for its templates.
    assert "{{" not in text


def test_no_runbook_is_left_of_an_alert_that_has_gone() -> None:
    pages = {path.stem for path in (MONITORING / "runbooks").glob("*.md")}
    assert pages == {alert.name for alert in alerts()}


@pytest.mark.parametrize("page", sorted((MONITORING / "runbooks").glob("*.md")), ids=str)
def test_runbooks_name_declared_series_and_runbooks_that_exist(page: Path) -> None:
    text = page.read_text("utf-8")
    series = set(re.findall(r"\bdxfvision[_:][a-z0-9_:]+\b", text))
    assert series <= declared_series()
    for other in re.findall(r"\(([A-Z][a-z]+[A-Z][A-Za-z]+)\)", text):
        assert (page.parent / f"{other}.md").exists()


def test_every_alert_is_tested_to_fire_and_to_keep_quiet() -> None:
    seen: dict[str, set[bool]] = defaultdict(set)
    for file in (MONITORING / "tests").glob("*.yml"):
        for case in read_yaml(file)["tests"]:
            for check in case["promql_expr_test"]:
                (name,) = re.findall(r'alertname="(\w+)"', check["expr"])
                seen[name].add(bool(check["exp_samples"]))
    expected = {alert.name: {True, False} for alert in alerts()} | {ALWAYS_FIRES: {True}}
    assert dict(seen) == expected


def test_every_alert_is_caused_on_the_real_stack() -> None:
    texts = "".join(file.read_text("utf-8") for file in (ROOT / "tests" / "deploy").glob("*.py"))
    caused = set(re.findall(r'"([A-Z][a-z]+[A-Za-z]+)"', texts))
    assert {alert.name for alert in alerts()} <= caused


def test_routes_and_inhibitions_name_alerts_that_exist() -> None:
    config = read_yaml(MONITORING / "alertmanager.yml")
    known = [alert.name for alert in alerts()]
    for rule in config["inhibit_rules"]:
        for matcher in rule["source_matchers"] + rule["target_matchers"]:
            label, _, pattern = re.fullmatch(r'(\w+)(=~|!~|=)"(.+)"', matcher).groups()
            if label == "alertname":
                # A group holds bars of its own: its names are looked for as they stand.
                whole = re.fullmatch(r"\w+\(.+\)", pattern) is not None
                for each in [pattern] if whole else pattern.split("|"):
                    assert any(re.fullmatch(each, name) for name in known), each


def test_the_example_has_the_same_routes_and_inhibitions() -> None:
    bare = read_yaml(MONITORING / "alertmanager.yml")
    example = read_yaml(MONITORING / "alertmanager.example.yml")
    assert example["route"] == bare["route"]
    assert example["inhibit_rules"] == bare["inhibit_rules"]
    names = [[receiver["name"] for receiver in each["receivers"]] for each in (bare, example)]
    assert names[0] == names[1]


def test_every_target_file_exists_and_names_its_box() -> None:
    config = (MONITORING / "prometheus.yml").read_text("utf-8")
    named = set(re.findall(r"targets/(\w+\.yml)", config))
    for folder in ("targets", "targets-compose"):
        assert {path.name for path in (MONITORING / folder).iterdir()} == named
        for name in named:
            (group,) = read_yaml(MONITORING / folder / name)
            assert group["targets"]
            assert group["labels"]["box"]


@pytest.mark.parametrize(
    "command",
    [
        ["promtool", "check", "config", "prometheus.yml"],
        ["amtool", "check-config", "alertmanager.yml", "alertmanager.example.yml"],
        [
            "promtool",
            "test",
            "rules",
            *sorted(str(p) for p in (MONITORING / "tests").glob("*.yml")),
        ],
    ],
    ids=lambda command: " ".join(command[:3]),
)
def test_the_tools_of_prometheus_agree(command: list[str]) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed: apt-get install prometheus")
    done = subprocess.run(command, cwd=MONITORING, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
