"""Page: is it working, and what needs me."""

from components.monitoring.pages import Page, Row
from components.monitoring.panels import GREEN, NO_CAMERA, ORANGE, RED, Query, Shown

_NO_ALERT = "no alert fires"
_NO_DOCTOR = "dxfvision doctor --every 60 does not run here"

PAGE = Page(
    "overview",
    "overview",
    "Is it working, and what needs me?",
    "6h",
    (
        Row(
            "Is it working",
            (
                Shown(
                    title="Service answers",
                    queries=(Query('up{job="dxfvision",box=~"$box"}', "{{box}}"),),
                    unit="bool_yes_no",
                    kind="number",
                    steps=((0, RED), (1, GREEN)),
                    width=4,
                    runbook="ServiceDown",
                ),
                Shown(
                    title="Ready: golden pictures right",
                    queries=(Query('dxfvision_ready{box=~"$box"}', "{{box}}"),),
                    unit="bool_yes_no",
                    kind="number",
                    steps=((0, RED), (1, GREEN)),
                    width=4,
                    runbook="ServiceNotReady",
                ),
                Shown(
                    title="Model in use",
                    queries=(Query('dxfvision_model_info{box=~"$box"} == 1', "{{version}}"),),
                    unit="short",
                    kind="number",
                    help="The version stands above its 1; two at once mean that workers differ.",
                    width=4,
                    runbook="ModelVersionsDiffer",
                ),
                Shown(
                    title="Requests that failed with 5xx, last hour",
                    queries=(
                        Query('dxfvision:request_errors:ratio_rate1h{box=~"$box"}', "{{box}}"),
                    ),
                    unit="percentunit",
                    kind="number",
                    steps=((0.005, ORANGE), (0.072, RED)),
                    width=4,
                    runbook="AvailabilityBurnsFast",
                ),
                Shown(
                    title="Pictures answered, last hour",
                    queries=(
                        Query(
                            'sum by (box) (increase(dxfvision_pictures_total{box=~"$box"}[1h]))',
                            "{{box}}",
                        ),
                    ),
                    unit="short",
                    kind="number",
                    width=4,
                    runbook="NoPictures",
                ),
                Shown(
                    title="Champion's age",
                    queries=(
                        Query(
                            'time() - dxfvision_champion_created_timestamp_seconds{box=~"$box"}',
                            "{{box}}",
                        ),
                    ),
                    unit="s",
                    kind="number",
                    steps=((180 * 86_400, ORANGE),),
                    width=4,
                    runbook="ModelTooOld",
                ),
            ),
        ),
        Row(
            "Cameras, parts, data",
            (
                Shown(
                    title="Cameras see: frames come and are good",
                    queries=(Query('dxfvision_camera_up{box=~"$box"}', "{{camera}} {{box}}"),),
                    unit="bool_yes_no",
                    kind="number",
                    steps=((0, RED), (1, GREEN)),
                    width=8,
                    runbook="CameraNoFrames",
                    absent=NO_CAMERA,
                ),
                Shown(
                    title="Parts not ok, last hour",
                    queries=(
                        Query(
                            "sum by (box) (increase("
                            'dxfvision_verdicts_total{box=~"$box",verdict="not ok"}[1h]))',
                            "{{box}}",
                        ),
                    ),
                    unit="short",
                    kind="number",
                    width=4,
                    runbook="NotOkShareHigh",
                ),
                Shown(
                    title="Drift: 1 steady, 2 drifting",
                    queries=(Query('dxfvision_drift_state{box=~"$box"}', "{{box}}"),),
                    unit="short",
                    kind="number",
                    steps=((2, ORANGE),),
                    width=4,
                    runbook="PicturesDrift",
                    absent="not looked at yet: dxfvision drift",
                ),
                Shown(
                    title="Age of the last good archive",
                    queries=(
                        Query(
                            "time() - dxfvision_pipeline_stage_last_success_timestamp_seconds"
                            '{box=~"$box",stage="backup"}',
                            "{{box}}",
                        ),
                    ),
                    unit="s",
                    kind="number",
                    steps=((3 * 86_400, ORANGE),),
                    width=4,
                    runbook="BackupTooOld",
                    absent="no archive yet: dxfvision backup",
                ),
                Shown(
                    title="Certificate holds for",
                    queries=(
                        Query(
                            'dxfvision_certificate_expiry_timestamp_seconds{box=~"$box"} - time()',
                            "{{box}}",
                        ),
                    ),
                    unit="s",
                    kind="number",
                    steps=((0, RED), (21 * 86_400, GREEN)),
                    width=4,
                    runbook="CertificateExpires",
                    absent="the service has no certificate",
                ),
            ),
        ),
        Row(
            "What needs me",
            (
                Shown(
                    title="Alerts that fire",
                    queries=(
                        Query(
                            "sum by (alertname, box, severity) (ALERTS"
                            '{alertstate="firing",alertname!="Watchdog"})',
                            "{{alertname}} {{box}}",
                        ),
                    ),
                    unit="short",
                    kind="number",
                    steps=((1, ORANGE),),
                    width=12,
                    absent=_NO_ALERT,
                ),
                Shown(
                    title="What the doctor finds: 0 good, 1 warning, 2 fault",
                    queries=(
                        Query(
                            'max by (check) (dxfvision_health_check_state{box=~"$box"})',
                            "{{check}}",
                        ),
                    ),
                    unit="short",
                    kind="number",
                    steps=((1, ORANGE), (2, RED)),
                    width=12,
                    runbook="HealthFault",
                    absent=_NO_DOCTOR,
                ),
                Shown(
                    title="Stages that ended well the last time",
                    queries=(
                        Query(
                            'min by (stage) (dxfvision_pipeline_stage_succeeded{box=~"$box"})',
                            "{{stage}}",
                        ),
                    ),
                    unit="bool_yes_no",
                    kind="number",
                    steps=((0, RED), (1, GREEN)),
                    width=16,
                    runbook="StageFailed",
                ),
                Shown(
                    title="Who answers Prometheus",
                    queries=(
                        Query(
                            'up{box=~"$box"} unless on (job, instance) '
                            '(max_over_time(up{job="camera"}[7d]) == 0)',
                            "{{job}} {{box}}",
                        ),
                    ),
                    unit="bool_yes_no",
                    kind="number",
                    steps=((0, RED), (1, GREEN)),
                    help="A camera agent that has not answered within a week is left out.",
                    width=8,
                    runbook="TargetDown",
                ),
            ),
        ),
    ),
)
"""The page."""
