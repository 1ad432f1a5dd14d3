"""What monitoring/ declares, read for the tests."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from components.operations.stages.metrics_table import (
    batch_metrics,
    camera_metrics,
    service_metrics,
)

ROOT = Path(__file__).parents[3]
MONITORING = ROOT / "monitoring"

FOREIGN = ("up", "ALERTS", "node_", "prometheus_", "alertmanager_", "prefect_")
"""Beginnings of names that other programs expose; tests/deploy asks those for them."""


@dataclass(frozen=True)
class Rule:
    """One rule of one file."""

    file: str
    group: str
    body: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.body.get("alert") or self.body["record"])

    @property
    def is_alert(self) -> bool:
        return "alert" in self.body


def read_yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))


@cache
def rules() -> list[Rule]:
    return [
        Rule(path.name, group["name"], body)
        for path in sorted((MONITORING / "rules").glob("*.yml"))
        for group in read_yaml(path)["groups"]
        for body in group["rules"]
    ]


def alerts() -> list[Rule]:
    return [rule for rule in rules() if rule.is_alert]


@cache
def declared_series() -> set[str]:
    """Names that our own code exposes or our rules record."""
    rows = (*service_metrics(), *camera_metrics(), *batch_metrics())
    ours = {name for row in rows for name in row.series}
    return ours | {rule.name for rule in rules() if not rule.is_alert}


def used_series(expression: str) -> set[str]:
    """Names of series in a query: words that begin like one, outside of braces and strings."""
    bare = re.sub(r"\{[^}]*\}|\"[^\"]*\"|'[^']*'", " ", expression)
    words = re.findall(r"[A-Za-z_:][A-Za-z0-9_:]*", bare)
    own = {word for word in words if word.startswith("dxfvision")}
    foreign = {word for word in words if word in FOREIGN or word.startswith(FOREIGN[2:])}
    return own | foreign


def is_foreign(series: str) -> bool:
    return series in FOREIGN or series.startswith(FOREIGN[2:])
