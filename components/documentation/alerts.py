"""The page of every alert with its runbook, from the rules of Prometheus."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from components.documentation.markdown import cell, code, table
from components.documentation.yaml_comments import header

_HEAD = """# Alerts and runbooks

Made by `make docs` from `monitoring/rules`; a test holds it current.

Each alert names a box and has a runbook: what it means, what follows from it, how to find the
cause, what to do. Prometheus shows the same pages, so that the link in a message works on a box
without network ([how it is set up](../monitoring/README.md)). *Critical*: somebody looks now.
*Warning*: somebody looks within a day. Alertmanager keeps quiet about what follows from an alert
that fires already. Every alert has tests that it fires when it should and keeps quiet when it
should (`monitoring/tests`), and nobody is told of anything until receivers are filled in:
`monitoring/alertmanager.example.yml`.

What `dxfvision doctor` finds is an alert, too (`HealthFault`); start there.
"""

_TREE = """```{toctree}
:hidden:
:glob:

../monitoring/runbooks/*
```
"""
_SCRAPS = (
    (re.compile(r"^\{\{ \$labels\.box \}\}: "), ""),
    (re.compile(r"\{\{[^}]*\}\}"), "…"),
)


def alerts_page(rules: Path) -> str:
    """Return the page as Markdown.

    Args:
        rules: Folder with Prometheus' rule files.
    """
    parts = [_HEAD]
    for path in sorted(rules.glob("*.yml")):
        rows = [_row(alert) for alert in _alerts(path)]
        if rows:
            about = header(path.read_text("utf-8"))
            head = ("Alert", "Severity", "After", "It says")
            parts += [f"## {path.stem}\n", f"{cell(about)}\n", table(head, rows)]
    return "\n".join([*parts, _TREE])


def _alerts(path: Path) -> Iterator[dict[str, Any]]:
    for group in yaml.safe_load(path.read_text("utf-8"))["groups"]:
        yield from (rule for rule in group["rules"] if "alert" in rule)


def _row(alert: dict[str, Any]) -> tuple[str, str, str, str]:
    name = alert["alert"]
    says = alert["annotations"]["summary"]
    for scrap, instead in _SCRAPS:
        says = scrap.sub(instead, says)
    link = f"[{name}](../monitoring/runbooks/{name}.md)"
    after = code(alert["for"]) if "for" in alert else "at once"
    return link, alert["labels"]["severity"], after, cell(says)
