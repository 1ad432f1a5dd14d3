"""Every Prometheus metric of the service, named once.

Worker processes write to the files of `PROMETHEUS_MULTIPROC_DIR`, which BentoML sets; `exposition`
adds them up, whichever worker is asked. Every label has few values: routes and statuses are ours,
names of parts come from the drawings of the model in use.
"""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import get_args

import psutil
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from components.domain import AMBIGUOUS, UNKNOWN_LABEL
from components.inspection.disagreement import Disagreement
from components.inspection.measuring.tolerances import Verdict
from components.serving.inspect_schemas import DeviationAnswer, InspectAnswer
from components.serving.schemas import DetectionAnswer, PredictAnswer

CONTENT_TYPE = CONTENT_TYPE_LATEST
MULTIPROCESS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"

_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_AMBIGUOUS = "ambiguous"
_SCORES = tuple(step / 20 for step in range(1, 21))

REQUESTS = Counter(
    "dxfvision_requests", "Requests by route and HTTP status.", ["route", "method", "status"]
)
REQUEST_SECONDS = Histogram(
    "dxfvision_request_seconds",
    "Time from a request's first byte to the end of its answer.",
    ["route"],
    buckets=_SECONDS,
)
STAGE_SECONDS = Histogram(
    "dxfvision_stage_seconds",
    "Time of one stage of the work on a picture: queue, decode, network, registration, encode and "
    "others; total is all but the queue.",
    ["stage"],
    buckets=_SECONDS,
)
PICTURES = Counter("dxfvision_pictures", "Pictures that were answered.")
DETECTIONS = Counter(
    "dxfvision_detections",
    "Objects found, by label; 'unknown' fits no drawing, 'ambiguous' fits two alike.",
    ["label"],
)
VERDICTS = Counter(
    "dxfvision_verdicts",
    "Parts that were measured, by drawing and verdict: ok, not ok, cannot judge.",
    ["label", "verdict"],
)
DEVIATION = Histogram(
    "dxfvision_deviation_meters",
    "Largest deviation of a measured part's features from the drawing, without its sign.",
    ["label"],
    buckets=(2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2),
)
SCORES = Histogram(
    "dxfvision_detection_score", "Scores of the objects found, 0..1.", buckets=_SCORES
)
FIT_RMS = Histogram(
    "dxfvision_fit_edge_rms_px",
    "Distance of the picture's edges from those of the drawing laid on them.",
    buckets=(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0),
)
FIT_IOU = Histogram(
    "dxfvision_fit_iou",
    "Overlap of the drawing in its place with the object's own mask, 0..1.",
    buckets=(0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.92, 0.94, 0.96, 0.98, 1.0),
)
SECOND_OPINIONS = Counter(
    "dxfvision_second_opinion_pictures", "Pictures the OpenCV baseline was asked about, too."
)
SECOND_OPINION_OBJECTS = Counter(
    "dxfvision_second_opinion_objects",
    "Parts in those pictures: 'same' to both, 'renamed' by one, 'unshared' found by one alone.",
    ["agreement"],
)
BRIGHTNESS = Histogram(
    "dxfvision_picture_brightness",
    "Mean grey value of the pictures, 0..255.",
    buckets=(16, 32, 48, 64, 96, 128, 160, 192, 208, 224, 240),
)
SHARPNESS = Histogram(
    "dxfvision_picture_sharpness",
    "Variance of the Laplacian of the pictures.",
    buckets=(5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000),
)
SATURATION = Histogram(
    "dxfvision_picture_saturated_share",
    "Share of pixels of a picture with a channel at 255.",
    buckets=(0.0005, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5),
)
RUNNING = Gauge(
    "dxfvision_requests_running", "Requests being worked on.", multiprocess_mode="livesum"
)
WAITING = Gauge(
    "dxfvision_requests_waiting", "Requests that wait for their turn.", multiprocess_mode="livesum"
)
READY = Gauge(
    "dxfvision_ready",
    "1 if every worker has a model that answered its golden pictures right.",
    multiprocess_mode="livemin",
)
MODEL_INFO = Gauge(
    "dxfvision_model_info",
    "1 for the version of the model in use, 0 for those before it.",
    ["version"],
    multiprocess_mode="livemax",
)
MODEL_LOADS = Counter(
    "dxfvision_model_loads", "Attempts to put a champion to use, by outcome.", ["outcome"]
)
RESIDENT_BYTES = Gauge(
    "dxfvision_process_resident_bytes",
    "Memory of the worker processes.",
    multiprocess_mode="livesum",
)
CPU_SECONDS = Gauge(
    "dxfvision_process_cpu_seconds",
    "Processor time the running worker processes have used.",
    multiprocess_mode="livesum",
)
OPEN_FILES = Gauge(
    "dxfvision_process_open_fds",
    "File descriptors the worker processes hold.",
    multiprocess_mode="livesum",
)
WORKERS = Gauge("dxfvision_workers", "Worker processes alive.", multiprocess_mode="livesum")
WORKERS_WANTED = Gauge(
    "dxfvision_workers_wanted",
    "Worker processes that the settings ask for.",
    multiprocess_mode="livemax",
)


AGREEMENTS = ("same", "renamed", "unshared")

for _agreement in AGREEMENTS:
    SECOND_OPINION_OBJECTS.labels(_agreement)
for _outcome in ("taken", "refused"):
    MODEL_LOADS.labels(_outcome)


def observe_drawings(labels: Iterable[str]) -> None:
    """Begin the counters of every drawing at zero, so that their first increase is seen as one."""
    for label in (*labels, UNKNOWN_LABEL, _AMBIGUOUS):
        DETECTIONS.labels(label)
    for label in labels:
        for verdict in get_args(Verdict):
            VERDICTS.labels(label, verdict)


def observe_answer(answer: PredictAnswer | InspectAnswer) -> None:
    """Count one answered picture."""
    PICTURES.inc()
    for stage, milliseconds in answer.timing_ms.items():
        STAGE_SECONDS.labels(stage).observe(milliseconds / 1000)
    quality = answer.image.quality
    BRIGHTNESS.observe(quality.brightness)
    SHARPNESS.observe(quality.sharpness)
    SATURATION.observe(quality.saturated_share)
    for detection in answer.detections:
        _observe_detection(detection)


def _observe_detection(detection: DetectionAnswer) -> None:
    # Which drawings are alike is told by the answer; here all pairs share one label.
    label = _AMBIGUOUS if detection.label.startswith(AMBIGUOUS) else detection.label
    DETECTIONS.labels(label).inc()
    SCORES.observe(detection.score)
    if detection.pose is not None:
        FIT_RMS.observe(detection.pose.edge_rms_px)
        FIT_IOU.observe(detection.pose.fit_iou)


def observe_inspection(answer: InspectAnswer) -> None:
    """Count one inspected picture."""
    observe_answer(answer)
    for detection in answer.detections:
        if detection.deviation is not None:
            VERDICTS.labels(detection.label, detection.deviation.verdict).inc()
            _observe_deviation(detection.label, detection.deviation)


def _observe_deviation(label: str, found: DeviationAnswer) -> None:
    """Note the feature that is farthest off; nothing where nothing is told in millimetres."""
    measured = [each.deviation_mm.value for each in found.features if each.deviation_mm]
    sizes = [abs(value) for value in measured if value is not None]
    if sizes:
        DEVIATION.labels(label).observe(max(sizes) / 1000)


def observe_disagreement(found: Disagreement) -> None:
    """Count one picture that the OpenCV baseline looked at, too."""
    SECOND_OPINIONS.inc()
    same = found.objects - found.renamed - found.unshared
    for agreement, count in zip(AGREEMENTS, (same, found.renamed, found.unshared), strict=True):
        SECOND_OPINION_OBJECTS.labels(agreement).inc(count)


def observe_process(wanted: int) -> None:
    """Write down what this worker process uses now, and how many there should be."""
    process = psutil.Process()
    with process.oneshot():
        times = process.cpu_times()
        RESIDENT_BYTES.set(process.memory_info().rss)
        CPU_SECONDS.set(times.user + times.system)
        OPEN_FILES.set(process.num_fds())
    WORKERS.set(1)
    WORKERS_WANTED.set(wanted)


def observe_version(version: str, before: str | None) -> None:
    """Write down which version is in use; `Gauge.clear` does nothing across processes."""
    if before is not None:
        MODEL_INFO.labels(before).set(0)
    MODEL_INFO.labels(version).set(1)


def exposition() -> bytes:
    """Return all metrics of all workers in Prometheus' text format."""
    folder = os.environ.get(MULTIPROCESS_VARIABLE)
    if folder is None:
        return generate_latest(REGISTRY)
    _forget_dead_workers(Path(folder))
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return generate_latest(registry)


def _forget_dead_workers(folder: Path) -> None:
    """Drop the gauges of worker processes that ended; their counters stay in the sums."""
    pids = {int(file.stem.rpartition("_")[2]) for file in folder.glob("gauge_live*.db")}
    for pid in pids:
        if not psutil.pid_exists(pid):
            # Another worker that is asked at the same time may be quicker.
            with suppress(FileNotFoundError):
                mark_process_dead(pid, str(folder))
