"""Alerts whose causes take hours, or another machine: real Prometheus finds them on an ill box."""

import os
from collections.abc import Iterator

import pytest

from tests.deploy.ill_box import Exporter, Past, Values, ill_box
from tests.deploy.programs import need, wait_for
from tests.deploy.stack import Stack

MISSING = need("prometheus", "promtool", "prometheus-alertmanager") or (
    "" if os.environ.get("DXFVISION_DEPLOY") else "takes minutes: make test-deploy"
)

DISK = 'device="/dev/sda1",fstype="ext4",mountpoint="/"'
SMALL = 'device="/dev/sdb1",fstype="ext4",mountpoint="/data"'
ROUTE = 'method="POST",route="/predict"'
TELLS: dict[str, Values] = {
    "node": {
        f"node_filesystem_size_bytes{{{DISK}}}": (1e11, 0),
        f"node_filesystem_avail_bytes{{{DISK}}}": (2e10, -1e6),
        f"node_filesystem_readonly{{{DISK}}}": (0, 0),
        f"node_filesystem_size_bytes{{{SMALL}}}": (1e11, 0),
        f"node_filesystem_avail_bytes{{{SMALL}}}": (4e9, 0),
        f"node_filesystem_readonly{{{SMALL}}}": (0, 0),
        f"node_filesystem_files{{{DISK}}}": (1e6, 0),
        f"node_filesystem_files_free{{{DISK}}}": (4e4, 0),
        "node_memory_MemTotal_bytes": (4e9, 0),
        "node_memory_MemAvailable_bytes": (2e8, 0),
        "node_vmstat_oom_kill": (0, 0.2),
        "node_timex_sync_status": (0, 0),
        'node_hwmon_temp_celsius{chip="coretemp",sensor="temp1"}': (93, 0),
        "dxfvision_prefect_oldest_running_seconds": (13 * 3600, 1),
        "dxfvision_drift_state": (2, 0),
        "dxfvision_drift_pictures": (400, 0),
        'dxfvision_pipeline_stage_last_success_timestamp_seconds{stage="backup"}': (1e9, 0),
        'dxfvision_pipeline_stage_last_success_timestamp_seconds{stage="self-check"}': (1e9, 0),
    },
    "dxfvision": {
        "dxfvision_ready": (0, 0),
        "dxfvision_workers": (4, 0),
        "dxfvision_workers_wanted": (4, 0),
        'dxfvision_model_info{version="a"}': (1, 0),
        'dxfvision_model_info{version="b"}': (1, 0),
        "dxfvision_process_resident_bytes": (2e9, 0),
        "dxfvision_pictures_total": (5000, 0),
        f'dxfvision_requests_total{{{ROUTE},status="200"}}': (0, 20),
        'dxfvision_request_seconds_count{route="/predict"}': (0, 20),
        'dxfvision_request_seconds_bucket{route="/predict",le="1.0"}': (0, 0),
        'dxfvision_detections_total{label="bracket"}': (0, 40),
        'dxfvision_detections_total{label="unknown"}': (0, 30),
        'dxfvision_detections_total{label="ambiguous"}': (0, 30),
        "dxfvision_detection_score_sum": (0, 50),
        "dxfvision_detection_score_count": (0, 100),
        "dxfvision_picture_sharpness_sum": (0, 500),
        "dxfvision_picture_sharpness_count": (0, 20),
        'dxfvision_verdicts_total{label="bracket",verdict="ok"}': (0, 20),
        'dxfvision_verdicts_total{label="bracket",verdict="not ok"}': (0, 30),
        'dxfvision_verdicts_total{label="bracket",verdict="cannot judge"}': (0, 50),
        'dxfvision_second_opinion_objects_total{agreement="same"}': (0, 20),
        'dxfvision_second_opinion_objects_total{agreement="renamed"}': (0, 20),
    },
}
WEEK = (160.0, 7.0)
PASTS: dict[str, tuple[Past, ...]] = {
    "": (
        Past("dxfvision:detection_score:mean1h", 0.9, WEEK),
        Past("dxfvision:detections_ambiguous:ratio1h", 0.02, WEEK),
        Past("dxfvision:detections_unknown:ratio1h", 0.02, WEEK),
        Past("dxfvision:picture_sharpness:mean30m", 200.0, WEEK),
        Past("dxfvision:second_opinion_differs:ratio6h", 0.1, WEEK),
        Past("dxfvision:verdicts_not_ok:ratio1h", 0.05, WEEK),
        Past("dxfvision:verdicts_unjudged:ratio1h", 0.05, WEEK),
    ),
    "dxfvision": (
        # Pictures came until 20 minutes ago, the service was small six hours ago.
        Past("dxfvision_pictures_total", 4000.0, (1.5, 0.34), rise=10.0),
        Past("dxfvision_process_resident_bytes", 1e9, (7.5, 5.0)),
    ),
}
FOUND = (
    "AmbiguousShareHigh",
    "BackupTooOld",
    "BoxHot",
    "CannotJudgeShareHigh",
    "ClockNotInTime",
    "DiskFull",
    "DiskRunsFull",
    "InodesRunOut",
    "LatencyBurns",
    "LatencyBurnsFast",
    "LatencyBurnsSlowly",
    "MemoryLow",
    "ModelVersionsDiffer",
    "NoPictures",
    "NotOkShareHigh",
    "PicturesBlurred",
    "PicturesDrift",
    "ProcessKilledForMemory",
    "RunLastsTooLong",
    "ScheduledWorkLate",
    "ScoresDrop",
    "SecondOpinionDiffers",
    "ServiceMemoryGrows",
    "ServiceNotReady",
    "UnknownShareHigh",
)

Ill = tuple[Stack, dict[str, Exporter]]


@pytest.fixture(scope="module")
def ill(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ill]:
    if MISSING:
        pytest.skip(MISSING)
    with ill_box(tmp_path_factory.mktemp("ill"), TELLS, PASTS) as running:
        yield running


@pytest.mark.parametrize("alert", FOUND)
def test_an_ill_is_found_and_reaches_alertmanager(ill: Ill, alert: str) -> None:
    stack, _ = ill
    wait_for(alert, lambda: stack.firing(alert))
    wait_for("Alertmanager", lambda: alert in stack.alerts_sent())


def test_what_follows_from_something_worse_is_not_told(ill: Ill) -> None:
    stack, _ = ill
    for alert, worse in (
        ("NoPictures", "ServiceNotReady"),
        ("LatencyBurns", "LatencyBurnsFast"),
        ("LatencyBurnsSlowly", "LatencyBurnsFast"),
    ):
        wait_for(worse, lambda worse=worse: stack.mail.told("/now", worse))
        wait_for(alert, lambda alert=alert: stack.alerts_sent().get(alert) == "suppressed")


def test_a_worker_that_is_missing_is_found_and_its_return_as_well(ill: Ill) -> None:
    stack, exporters = ill
    wait_for("four workers", lambda: stack.query("dxfvision_workers == 4"))
    exporters["dxfvision"].values["dxfvision_workers"] = (3, 0)
    wait_for("WorkersMissing", lambda: stack.firing("WorkersMissing"))
    exporters["dxfvision"].values["dxfvision_workers"] = (4, 0)
    wait_for("recovery", lambda: not stack.firing("WorkersMissing"))


def test_nothing_else_is_found(ill: Ill) -> None:
    stack, _ = ill
    named = {row["metric"]["alertname"] for row in stack.query('ALERTS{alertstate="firing"}')}
    assert named - set(FOUND) <= {"Watchdog", "HealthFault"}
