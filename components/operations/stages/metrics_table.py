"""Writes docs/metrics.md, the table of every metric, to the path given: `make monitoring`."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from prometheus_client.metrics import MetricWrapperBase

from components.camera import telemetry as camera_telemetry
from components.files import write_text
from components.operations.stages.batch_metrics import BATCH_METRICS
from components.serving import telemetry

_HEAD = """# Metrics

Made by `make monitoring` from `components/serving/telemetry.py`, `components/camera/telemetry.py`
and `components/operations/stages/batch_metrics.py`; a test holds it current. Names
recorded by Prometheus itself stand in `monitoring/rules`.
"""


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One metric for people.

    Attributes:
        name: As Prometheus knows it; of a histogram without `_bucket`, `_sum` and `_count`.
        kind: counter, gauge or histogram.
        labels: Names of its labels.
        help: What it is.
    """

    name: str
    kind: str
    labels: tuple[str, ...]
    help: str

    @property
    def series(self) -> tuple[str, ...]:
        """Names that queries may use."""
        if self.kind != "histogram":
            return (self.name,)
        return tuple(f"{self.name}_{suffix}" for suffix in ("bucket", "sum", "count"))


def service_metrics() -> Iterator[MetricRow]:
    """Yield what the service exposes, in the order of its module."""
    yield from _declared(telemetry)


def camera_metrics() -> Iterator[MetricRow]:
    """Yield what a camera agent exposes, in the order of its module."""
    yield from _declared(camera_telemetry)


def _declared(module: ModuleType) -> Iterator[MetricRow]:
    for metric in vars(module).values():
        if not isinstance(metric, MetricWrapperBase):
            continue
        (family,) = metric.describe()
        name = f"{family.name}_total" if family.type == "counter" else family.name
        # The library has no public way to the names of labels.
        yield MetricRow(name, family.type, tuple(metric._labelnames), family.documentation)


def batch_metrics() -> Iterator[MetricRow]:
    """Yield what batch work writes, in the order of its module."""
    for metric in BATCH_METRICS:
        text = f"{metric.help} Unit: {metric.unit}."
        yield MetricRow(metric.name, "gauge", metric.labels, text)


def metrics_page() -> str:
    """Return the page as Markdown."""
    return "\n".join(
        [
            _HEAD,
            *_table("Of the service, at `/metrics`", service_metrics()),
            "",
            *_table("Of a camera agent, at its `/metrics`", camera_metrics()),
            "",
            *_table("Of batch work, in files of `HOME/reports/metrics`", batch_metrics()),
            "",
        ]
    )


def _table(title: str, rows: Iterator[MetricRow]) -> Iterator[str]:
    yield f"## {title}\n"
    yield "| Metric | Type | Labels | Meaning |"
    yield "|---|---|---|---|"
    for row in rows:
        labels = ", ".join(f"`{label}`" for label in row.labels)
        yield f"| `{row.name}` | {row.kind} | {labels} | {row.help.replace('|', '/')} |"


if __name__ == "__main__":
    write_text(Path(sys.argv[1]), metrics_page())
