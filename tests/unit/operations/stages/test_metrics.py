import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from components.errors import DatasetError, ModelError
from components.home import Home
from components.modeling.registry import ModelRegistry
from components.operations.stages import batch_metrics as metrics
from components.operations.stages.batch_metrics import BatchMetric
from components.operations.stages.figures import figure_samples
from components.operations.stages.metric_files import read_value
from components.operations.stages.metrics import metrics_file, report_champion, reported
from components.operations.stages.running import StageResult
from tests.bundles import make_bundle


@dataclass(frozen=True)
class Job:
    home: Home


@pytest.fixture
def job(tmp_path: Path) -> Job:
    home = Home(tmp_path)
    home.prepare()
    return Job(home)


@reported("evaluate")
def evaluate(job: Job, outcome: str) -> StageResult:
    if outcome == "fault":
        raise ModelError("no model")
    if outcome == "killed":
        raise KeyboardInterrupt
    figures = dict.fromkeys(("map", "map50", "agnostic_map", "miou", "part_iou"), 0.5)
    return StageResult("evaluate", "", outcome == "skipped", 3.0, figures | {"per_class": {}})


def told(job: Job, metric: BatchMetric, **labels: str) -> float | None:
    return read_value(metrics_file(job.home, "evaluate"), metric, labels)


def stage(job: Job, metric: BatchMetric) -> float | None:
    return told(job, metric, stage="evaluate")


def test_a_stage_that_ends_well_tells_when_how_long_and_its_figures(job: Job) -> None:
    before = time.time()
    evaluate(job, "done")
    assert stage(job, metrics.STAGE_SUCCEEDED) == 1
    assert stage(job, metrics.STAGE_SKIPPED) == 0
    assert stage(job, metrics.STAGE_SECONDS) == 3.0
    for metric in (metrics.STAGE_STARTED, metrics.STAGE_ENDED, metrics.STAGE_SUCCESS):
        moment = stage(job, metric)
        assert moment is not None
        assert before <= moment <= time.time()
    assert told(job, metrics.EVALUATION_SCORE, figure="map") == 0.5


def test_a_skipped_stage_is_a_success(job: Job) -> None:
    evaluate(job, "skipped")
    assert stage(job, metrics.STAGE_SKIPPED) == 1
    assert stage(job, metrics.STAGE_SUCCEEDED) == 1


def test_a_stage_that_fails_keeps_the_time_of_its_last_success(job: Job) -> None:
    evaluate(job, "done")
    success = stage(job, metrics.STAGE_SUCCESS)
    with pytest.raises(ModelError, match="no model"):
        evaluate(job, "fault")
    assert stage(job, metrics.STAGE_SUCCEEDED) == 0
    assert stage(job, metrics.STAGE_SUCCESS) == success
    ended = stage(job, metrics.STAGE_ENDED)
    assert ended is not None
    assert success is not None
    assert ended > success


def test_a_killed_stage_leaves_a_start_without_an_end(job: Job) -> None:
    evaluate(job, "done")
    with pytest.raises(KeyboardInterrupt):
        evaluate(job, "killed")
    started, ended = stage(job, metrics.STAGE_STARTED), stage(job, metrics.STAGE_ENDED)
    assert started is not None
    assert ended is not None
    assert started > ended


def test_figures_of_another_version_cost_their_metrics_only(job: Job) -> None:
    @reported("export")
    def export(job: Job) -> StageResult:
        return StageResult("export", "", True, 1.0, {"summary": "of an earlier version"})

    export(job)
    path = metrics_file(job.home, "export")
    assert read_value(path, metrics.STAGE_SUCCEEDED, {"stage": "export"}) == 1
    assert read_value(path, metrics.EXPORT_SAME_LABEL, {}) is None


def test_a_disk_that_takes_nothing_does_not_stop_the_work(
    job: Job, caplog: pytest.LogCaptureFixture
) -> None:
    job.home.metrics.rmdir()
    job.home.metrics.write_text("in the way")
    evaluate(job, "done")
    assert "its metrics are old now" in caplog.text


def test_the_champion_tells_its_version_and_age(job: Job, tmp_path: Path) -> None:
    registry = ModelRegistry(job.home.registry)
    report_champion(job.home)
    path = metrics_file(job.home, "champion")
    assert not path.exists()
    version = registry.register(make_bundle(tmp_path / "bundle"))
    registry.promote(version.version)
    report_champion(job.home)
    assert read_value(path, metrics.CHAMPION_INFO, {"version": version.version}) == 1
    created = read_value(path, metrics.CHAMPION_CREATED, {})
    assert created == pytest.approx(version.created.timestamp())


def test_a_training_tells_its_last_loss(job: Job) -> None:
    (job.home.reports / "training.jsonl").write_text(
        '{"step": 10, "seconds": 1, "rate": 0.1, "loss": 2.0, "sight": 1.5}\n'
        '{"step": 20, "seconds": 2, "rate": 0.1, "loss": 1.0, "sight": 0.5}\n'
        '{"step": 20, "seconds": 2, "validation": {"val_map": 0.3}}\n'
    )
    figures = {"steps": 20, "seconds": 2.0, "figures": {"val_map": 0.3}}
    values = {
        (sample.metric, sample.labels): sample.value
        for sample in figure_samples("train", job.home, figures)
    }
    assert values == {
        (metrics.TRAINING_STEPS, ()): 20,
        (metrics.TRAINING_SECONDS, ()): 2.0,
        (metrics.TRAINING_SCORE, ("val_map",)): 0.3,
        (metrics.TRAINING_LOSS, ("loss",)): 1.0,
        (metrics.TRAINING_LOSS, ("sight",)): 0.5,
    }


def test_an_export_tells_parity_and_speed(job: Job) -> None:
    parity = {"same_label": 0.99, "mean_mask_iou": 0.98, "low_mask_iou": 0.9, "min_mask_iou": 0.8}
    offers = [{"precision": "int8", "runtime": "onnxruntime", "network_ms": 25.0}]
    samples = figure_samples("export", job.home, {"parity": parity, "offers": offers})
    assert {(s.metric.name, s.labels): s.value for s in samples} == {
        ("dxfvision_export_same_label_ratio", ()): 0.99,
        ("dxfvision_export_mask_iou_ratio", ("mean",)): 0.98,
        ("dxfvision_export_mask_iou_ratio", ("low",)): 0.9,
        ("dxfvision_export_mask_iou_ratio", ("min",)): 0.8,
        ("dxfvision_export_network_seconds", ("int8", "onnxruntime")): 0.025,
    }


def test_drawings_are_counted_by_verdict(job: Job) -> None:
    records = [
        {"verdict": "accepted", "parts": [{}, {}]},
        {"verdict": "rejected", "parts": []},
    ]
    similarity = {"pairs": [{"folded": False}, {"folded": True}]}
    figures = {"drawings": records, "similarity": similarity}
    samples = figure_samples("read-drawings", job.home, figures)
    assert {(s.metric.name, s.labels): s.value for s in samples} == {
        ("dxfvision_drawings", ("accepted",)): 1,
        ("dxfvision_drawings", ("repaired",)): 0,
        ("dxfvision_drawings", ("rejected",)): 1,
        ("dxfvision_drawings_parts", ()): 2,
        ("dxfvision_drawings_lookalike_pairs", ()): 1,
    }


def test_a_first_validation_without_a_dataset_fails_without_a_warning(
    job: Job, caplog: pytest.LogCaptureFixture
) -> None:
    @reported("validate")
    def validate(job: Job) -> StageResult:
        raise DatasetError("no dataset")

    with pytest.raises(DatasetError):
        validate(job)
    file = metrics_file(job.home, "validate")
    assert read_value(file, metrics.STAGE_SUCCEEDED, {"stage": "validate"}) == 0
    assert not caplog.records
