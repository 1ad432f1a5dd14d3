"""Every Prometheus metric of the camera agent, named once; served at its `/metrics`.

One process, so values are whole; every label has few values: cameras and sinks are those of the
settings, faults and reasons are ours.
"""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 2.0, 5.0, 10.0)

UP = Gauge(
    "dxfvision_camera_up",
    "1 while frames come and are good to be judged, else 0.",
    ["camera"],
    registry=REGISTRY,
)
SOURCE_LIVE = Gauge(
    "dxfvision_camera_source_live",
    "1 if the source must give frames all the time, 0 if it is a folder or a file.",
    ["camera"],
    registry=REGISTRY,
)
LAST_FRAME = Gauge(
    "dxfvision_camera_last_frame_timestamp_seconds",
    "When the newest frame was captured, s since 1970; 0 before the first one.",
    ["camera"],
    registry=REGISTRY,
)
LAST_JUDGED = Gauge(
    "dxfvision_camera_last_judged_timestamp_seconds",
    "When the frame that was judged last was captured, s since 1970; 0 before the first one.",
    ["camera"],
    registry=REGISTRY,
)
FAULT = Gauge(
    "dxfvision_camera_fault",
    "1 while this is wrong: no frames, frozen, black, defocus, glare, judge, or a sink.",
    ["camera", "fault"],
    registry=REGISTRY,
)
FRAMES = Counter(
    "dxfvision_camera_frames", "Frames that were captured.", ["camera"], registry=REGISTRY
)
REFUSED = Counter(
    "dxfvision_camera_frames_refused",
    "Frames that were not judged, by reason: stale, unchanged, frozen, black, defocus, glare.",
    ["camera", "reason"],
    registry=REGISTRY,
)
STARTS = Counter(
    "dxfvision_camera_capture_starts",
    "Starts of the capture process; more than the first one are reconnections.",
    ["camera"],
    registry=REGISTRY,
)
KILLS = Counter(
    "dxfvision_camera_capture_kills",
    "Capture processes that were killed because a read did not come back in time.",
    ["camera"],
    registry=REGISTRY,
)
VERDICTS = Counter(
    "dxfvision_camera_verdicts",
    "Judged pictures by verdict: ok, not ok, cannot judge, found, empty.",
    ["camera", "verdict"],
    registry=REGISTRY,
)
OBJECTS = Counter(
    "dxfvision_camera_objects",
    "Objects on judged pictures by label and their own verdict; without one, `none`.",
    ["camera", "label", "verdict"],
    registry=REGISTRY,
)
JUDGE_SECONDS = Histogram(
    "dxfvision_camera_judge_seconds",
    "Time of judging one frame, in this process or by the service.",
    ["camera"],
    buckets=_SECONDS,
    registry=REGISTRY,
)
DELAY_SECONDS = Histogram(
    "dxfvision_camera_delay_seconds",
    "Time from a frame's capture to its verdict.",
    ["camera"],
    buckets=_SECONDS,
    registry=REGISTRY,
)
TRIGGERS = Counter(
    "dxfvision_camera_triggers",
    "Triggers by outcome: judged, not_judged, refused (too many waited).",
    ["camera", "outcome"],
    registry=REGISTRY,
)
SINK_SENT = Counter(
    "dxfvision_camera_sink_records",
    "Records that a sink took.",
    ["camera", "sink"],
    registry=REGISTRY,
)
SINK_DROPPED = Counter(
    "dxfvision_camera_sink_dropped",
    "Records that were lost for a sink because too many waited for it.",
    ["camera", "sink"],
    registry=REGISTRY,
)
SINK_WAITING = Gauge(
    "dxfvision_camera_sink_waiting",
    "Records that wait for a sink.",
    ["camera", "sink"],
    registry=REGISTRY,
)
EVIDENCE_BYTES = Gauge(
    "dxfvision_camera_evidence_bytes", "Size of all pictures kept.", ["camera"], registry=REGISTRY
)
EVIDENCE_REMOVED = Counter(
    "dxfvision_camera_evidence_removed",
    "Pictures that were removed to make room.",
    ["camera"],
    registry=REGISTRY,
)
BRIGHTNESS = Gauge(
    "dxfvision_camera_brightness",
    "Mean grey value of the newest frame, 0..255.",
    ["camera"],
    registry=REGISTRY,
)
EDGE_BLUR = Gauge(
    "dxfvision_camera_edge_blur_pixels",
    "Blur of the newest frame's strongest edges, standard deviation; absent edges keep the last.",
    ["camera"],
    registry=REGISTRY,
)
SATURATION = Gauge(
    "dxfvision_camera_saturated_share",
    "Share of pixels of the newest frame with a channel at 255.",
    ["camera"],
    registry=REGISTRY,
)


REFUSALS = ("stale", "unchanged", "frozen", "black", "defocus", "glare")
VERDICT_NAMES = ("ok", "not ok", "cannot judge", "found", "empty")


def begin_at_zero(camera: str) -> None:
    """Begin the counters of a camera at zero, so that their first increase is seen as one."""
    for reason in REFUSALS:
        REFUSED.labels(camera, reason)
    for verdict in VERDICT_NAMES:
        VERDICTS.labels(camera, verdict)


def exposition() -> bytes:
    """Return all metrics in Prometheus' text format."""
    return generate_latest(REGISTRY)
