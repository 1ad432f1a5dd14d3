"""The row of camera agents on the page of the machine."""

from components.monitoring.pages import Row
from components.monitoring.panels import GREEN, NO_CAMERA, ORANGE, RED, Query, Shown

_BOX = '{box=~"$box"}'


def _rate(name: str, by: str) -> str:
    """Return the query of a counter's rate."""
    return f"sum by ({by}) (rate({name}{_BOX}[$__rate_interval]))"


CAMERAS = Row(
    "Cameras",
    (
        Shown(
            title="Frames come and are good",
            queries=(Query(f"dxfvision_camera_up{_BOX}", "{{camera}}"),),
            unit="bool_yes_no",
            kind="number",
            steps=((0, RED), (1, GREEN)),
            width=6,
            runbook="CameraNoFrames",
            absent=NO_CAMERA,
        ),
        Shown(
            title="Age of the newest frame",
            queries=(
                Query(
                    f"time() - (dxfvision_camera_last_frame_timestamp_seconds{_BOX} > 0)",
                    "{{camera}}",
                ),
            ),
            unit="s",
            kind="number",
            steps=((60, ORANGE),),
            width=6,
            runbook="CameraFrameStale",
            absent=NO_CAMERA,
        ),
        Shown(
            title="What is wrong",
            queries=(Query(f"dxfvision_camera_fault{_BOX} == 1", "{{camera}}: {{fault}}"),),
            unit="short",
            kind="number",
            steps=((1, ORANGE),),
            width=12,
            runbook="CameraPictureBad",
            absent="nothing, or no camera agent runs here",
        ),
        Shown(
            title="Frames a second, and those not judged",
            queries=(
                Query(_rate("dxfvision_camera_frames_total", "camera"), "{{camera}} captured"),
                Query(
                    _rate("dxfvision_camera_frames_refused_total", "camera, reason"),
                    "{{camera}} {{reason}}",
                ),
            ),
            unit="short",
            runbook="CameraFrameStale",
            absent=NO_CAMERA,
        ),
        Shown(
            title="Judged pictures by verdict",
            queries=(
                Query(
                    _rate("dxfvision_camera_verdicts_total", "camera, verdict"),
                    "{{camera}} {{verdict}}",
                ),
            ),
            unit="short",
            runbook="CameraNotJudging",
            absent=f"{NO_CAMERA}, or nothing was judged",
        ),
        Shown(
            title="From capture to verdict, 95 of 100 are faster",
            queries=(
                Query(
                    "histogram_quantile(0.95, "
                    + _rate("dxfvision_camera_delay_seconds_bucket", "le, camera")
                    + ")",
                    "{{camera}}",
                ),
            ),
            unit="s",
            absent=f"{NO_CAMERA}, or nothing was judged",
        ),
        Shown(
            title="Brightness: mean grey of 255",
            queries=(Query(f"dxfvision_camera_brightness{_BOX}", "{{camera}}"),),
            unit="short",
            runbook="CameraPictureBad",
            absent=NO_CAMERA,
        ),
        Shown(
            title="Blur of the strongest edges, px",
            queries=(Query(f"dxfvision_camera_edge_blur_pixels{_BOX}", "{{camera}}"),),
            unit="short",
            runbook="CameraPictureBad",
            absent=f"{NO_CAMERA}, or its pictures have no edges",
        ),
        Shown(
            title="Share of saturated pixels",
            queries=(Query(f"dxfvision_camera_saturated_share{_BOX}", "{{camera}}"),),
            unit="percentunit",
            runbook="CameraPictureBad",
            absent=NO_CAMERA,
        ),
        Shown(
            title="Times a camera was opened in an hour",
            queries=(
                Query(f"increase(dxfvision_camera_capture_starts_total{_BOX}[1h])", "{{camera}}"),
            ),
            unit="short",
            steps=((10, ORANGE),),
            runbook="CameraReconnects",
            absent=NO_CAMERA,
        ),
        Shown(
            title="Records that wait, and that were lost in an hour",
            queries=(
                Query(f"dxfvision_camera_sink_waiting{_BOX}", "{{camera}} {{sink}} wait"),
                Query(
                    f"increase(dxfvision_camera_sink_dropped_total{_BOX}[1h])",
                    "{{camera}} {{sink}} lost",
                ),
            ),
            unit="short",
            runbook="CameraRecordsNotDelivered",
            absent=NO_CAMERA,
        ),
        Shown(
            title="Pictures kept as evidence",
            queries=(Query(f"dxfvision_camera_evidence_bytes{_BOX}", "{{camera}}"),),
            unit="bytes",
            absent=f"{NO_CAMERA}, or it keeps no pictures",
        ),
    ),
)
"""What is asked of every camera agent."""
