"""Files of metrics for node-exporter's textfile collector, each written whole."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from prometheus_client import generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from components.files import write_bytes
from components.operations.stages.batch_metrics import BatchMetric

SUFFIX = ".prom"


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of one metric.

    Attributes:
        metric: Whose.
        value: In the metric's unit.
        labels: Values of its labels, in their order.
    """

    metric: BatchMetric
    value: float
    labels: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        """Check that each label has a value."""
        if len(self.labels) != len(self.metric.labels):
            raise ValueError(f"{self.metric.name} has labels {self.metric.labels}: {self.labels}")


class _Sheet(Collector):
    """Samples in the form that prometheus_client writes."""

    def __init__(self, samples: Iterable[Sample]) -> None:
        self._families: dict[str, GaugeMetricFamily] = {}
        for sample in samples:
            metric = sample.metric
            family = self._families.setdefault(
                metric.name, GaugeMetricFamily(metric.name, metric.help, labels=metric.labels)
            )
            family.add_metric(sample.labels, sample.value)

    def collect(self) -> Iterator[Metric]:
        yield from self._families.values()


def write_metrics(path: Path, samples: Iterable[Sample]) -> None:
    """Write a file of metrics; whole or not at all, readable by other users.

    Args:
        path: Where to; its name ends in `.prom`, or node-exporter passes over it.
        samples: What it holds.

    Raises:
        OSError: If the disk does not take it.
    """
    write_bytes(path, generate_latest(_Sheet(samples)))
    # node-exporter runs as a user of its own.
    path.chmod(0o644)


def read_value(path: Path, metric: BatchMetric, labels: Mapping[str, str]) -> float | None:
    """Return one value of a file of metrics; None if the file or the value is not there.

    Args:
        path: The file.
        metric: Whose value.
        labels: Those the value has.
    """
    try:
        families = list(text_string_to_metric_families(path.read_text("utf-8")))
    except (OSError, ValueError):
        return None
    for family in families:
        for sample in family.samples:
            if sample.name == metric.name and sample.labels == labels:
                return float(sample.value)
    return None
