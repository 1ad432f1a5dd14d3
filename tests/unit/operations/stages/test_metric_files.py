import stat
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from components.operations.stages.batch_metrics import (
    BATCH_METRICS,
    PARTS,
    STAGE_SECONDS,
    BatchMetric,
)
from components.operations.stages.metric_files import Sample, read_value, write_metrics

UNITS = ("seconds", "bytes", "ratio", "info", "per_second")
COUNTS = {
    "dxfvision_drawings",
    "dxfvision_drawings_parts",
    "dxfvision_drawings_lookalike_pairs",
    "dxfvision_dataset_pictures",
    "dxfvision_dataset_objects",
    "dxfvision_dataset_rendered_pictures",
    "dxfvision_validation_checks",
    "dxfvision_training_steps",
    "dxfvision_prefect_runs",
    "dxfvision_drift_pictures",
}
STATES = {
    "dxfvision_pipeline_stage_succeeded",
    "dxfvision_pipeline_stage_skipped",
    "dxfvision_release_gate_passed",
    "dxfvision_health_check_state",
    "dxfvision_training_loss",
    "dxfvision_drift_state",
    "dxfvision_drift_psi",
}


def test_a_file_holds_help_type_and_values_as_prometheus_reads_them(tmp_path: Path) -> None:
    path = tmp_path / "train.prom"
    write_metrics(path, [Sample(STAGE_SECONDS, 2.5, ("train",)), Sample(PARTS, 6)])
    families = {f.name: f for f in text_string_to_metric_families(path.read_text())}
    assert set(families) == {STAGE_SECONDS.name, PARTS.name}
    assert families[PARTS.name].type == "gauge"
    assert families[PARTS.name].documentation == PARTS.help
    assert [(s.labels, s.value) for s in families[STAGE_SECONDS.name].samples] == [
        ({"stage": "train"}, 2.5)
    ]


def test_another_user_can_read_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.prom"
    write_metrics(path, [Sample(PARTS, 1)])
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_values_are_read_back_by_their_labels(tmp_path: Path) -> None:
    path = tmp_path / "a.prom"
    samples = [Sample(STAGE_SECONDS, 1, ("train",)), Sample(STAGE_SECONDS, 2, ("export",))]
    write_metrics(path, samples)
    assert read_value(path, STAGE_SECONDS, {"stage": "export"}) == 2
    assert read_value(path, STAGE_SECONDS, {"stage": "try"}) is None
    assert read_value(tmp_path / "missing.prom", PARTS, {}) is None


@pytest.mark.parametrize("content", [b"dxfvision_drawings_parts", b"\xff\xfe", b"a b c d e"])
def test_a_damaged_file_has_no_values(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.prom"
    path.write_bytes(content)
    assert read_value(path, PARTS, {}) is None


def test_labels_without_values_are_refused() -> None:
    with pytest.raises(ValueError, match="stage"):
        Sample(STAGE_SECONDS, 1)


def test_odd_labels_are_escaped(tmp_path: Path) -> None:
    path = tmp_path / "a.prom"
    write_metrics(path, [Sample(STAGE_SECONDS, 1, ('a "b"\n\\c',))])
    assert read_value(path, STAGE_SECONDS, {"stage": 'a "b"\n\\c'}) == 1


def test_no_name_is_declared_twice() -> None:
    names = [metric.name for metric in BATCH_METRICS]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("metric", BATCH_METRICS, ids=lambda metric: metric.name)
def test_names_follow_the_conventions(metric: BatchMetric) -> None:
    assert metric.name.startswith("dxfvision_")
    assert metric.name in COUNTS | STATES or metric.name.endswith(UNITS)
    assert metric.help.endswith(".")
    # `_total` is for counters; a textfile holds none.
    assert not metric.name.endswith("_total")
