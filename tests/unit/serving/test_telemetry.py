"""What is counted of answers, and how."""

import subprocess
import sys

import pytest

from components.serving import telemetry
from components.serving.answers import answer_picture
from components.serving.inspect_schemas import (
    DeviationAnswer,
    FeatureAnswer,
    InspectedAnswer,
    MeasureAnswer,
)
from components.serving.schemas import PredictOptions
from tests.bundles import encoded, scene


def counted(line_start: str) -> float:
    lines = telemetry.exposition().decode().splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith(line_start))


@pytest.fixture
def answer(inspector, settings):
    return answer_picture(encoded(scene()), inspector, "v1", PredictOptions(), settings)


def test_stages_scores_and_residuals_of_an_answer_are_counted(answer):
    names = [
        'dxfvision_stage_seconds_count{stage="decode"}',
        'dxfvision_stage_seconds_count{stage="network"}',
        'dxfvision_stage_seconds_count{stage="registration"}',
        'dxfvision_stage_seconds_count{stage="encode"}',
        "dxfvision_picture_brightness_count",
        "dxfvision_detection_score_count",
        "dxfvision_fit_edge_rms_px_count",
        "dxfvision_fit_iou_count",
    ]
    before = [counted(name) for name in names]
    telemetry.observe_answer(answer)
    assert [counted(name) - old for name, old in zip(names, before, strict=True)] == [
        1, 1, 1, 1, 1, 2, 2, 2,
    ]  # fmt: skip


def test_ambiguous_pairs_share_one_label(answer):
    twins = answer.model_copy(
        update={
            "detections": [
                each.model_copy(update={"label": f"ambiguous: a{number} | b"})
                for number, each in enumerate(answer.detections)
            ]
        }
    )
    before = counted('dxfvision_detections_total{label="ambiguous"}')
    telemetry.observe_answer(twins)
    assert counted('dxfvision_detections_total{label="ambiguous"}') == before + 2
    assert counted('dxfvision_detections_total{label="ambiguous: a0 | b"}') == 0


AT_START = """
from components.serving import gate, telemetry
telemetry.observe_drawings(("bracket",))
print(telemetry.exposition().decode())
"""


def test_counters_begin_at_zero():
    done = subprocess.run(
        [sys.executable, "-c", AT_START], capture_output=True, text=True, check=True
    )
    lines = set(done.stdout.splitlines())
    assert {
        'dxfvision_requests_total{method="POST",route="/predict",status="200"} 0.0',
        'dxfvision_requests_total{method="POST",route="/inspect",status="429"} 0.0',
        'dxfvision_requests_total{method="GET",route="/readyz",status="503"} 0.0',
        'dxfvision_detections_total{label="bracket"} 0.0',
        'dxfvision_detections_total{label="unknown"} 0.0',
        'dxfvision_detections_total{label="ambiguous"} 0.0',
        'dxfvision_verdicts_total{label="bracket",verdict="not ok"} 0.0',
        'dxfvision_model_loads_total{outcome="refused"} 0.0',
        'dxfvision_second_opinion_objects_total{agreement="renamed"} 0.0',
        "dxfvision_pictures_total 0.0",
    } <= lines


def test_dead_worker_is_forgotten_though_another_worker_was_quicker(tmp_path, monkeypatch):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    (tmp_path / f"gauge_livesum_{dead.pid}.db").touch()

    def too_late(path: str) -> None:
        raise FileNotFoundError(path)

    monkeypatch.setenv(telemetry.MULTIPROCESS_VARIABLE, str(tmp_path))
    monkeypatch.setattr("os.remove", too_late)
    monkeypatch.setattr(telemetry, "MultiProcessCollector", lambda registry: None)
    assert telemetry.exposition() == b""


def feature(deviation_mm: float | None) -> FeatureAnswer:
    measured = None if deviation_mm is None else MeasureAnswer(value=deviation_mm, uncertainty=0.1)
    return FeatureAnswer(
        feature="hole 1 diameter", verdict="ok", deviation_mm=measured, tolerance_mm=0.5, reason=""
    )


@pytest.mark.parametrize(
    ("deviations_mm", "counted_parts", "sum_m"),
    [((0.1, -0.4, None), 1, 0.0004), ((None,), 0, 0.0), ((), 0, 0.0)],
)
def test_the_feature_farthest_off_is_counted_in_metres(answer, deviations_mm, counted_parts, sum_m):
    features = [feature(deviation) for deviation in deviations_mm]
    measured = DeviationAnswer.model_construct(verdict="ok", features=features)
    first = answer.detections[0]
    part = InspectedAnswer.model_construct(**dict(first), deviation=measured)
    series = f'dxfvision_deviation_meters_%s{{label="{first.label}"}}'
    before = counted(series % "count"), counted(series % "sum")
    telemetry.observe_inspection(answer.model_copy(update={"detections": [part]}))
    assert counted(series % "count") - before[0] == counted_parts
    assert counted(series % "sum") - before[1] == pytest.approx(sum_m)
