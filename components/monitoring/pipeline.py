"""Page: batch work: stages, data, training, releases."""

from components.monitoring.pages import Page, Row
from components.monitoring.panels import GREEN, ORANGE, RED, Query, Shown

_NO_PREFECT = "no Prefect server is asked: PREFECT_API_URL and dxfvision doctor --every 60"
_NO_SCHEDULE = "the schedule maintenance or self-check has not run here"
_BOX = '{box=~"$box"}'

PAGE = Page(
    "pipeline",
    "pipeline",
    "Did the stages end well, what data and which model came of it?",
    "7d",
    (
        Row(
            "Stages",
            (
                Shown(
                    title="Time since the last success",
                    queries=(
                        Query(
                            "time() - max by (stage) "
                            f"(dxfvision_pipeline_stage_last_success_timestamp_seconds{_BOX})",
                            "{{stage}}",
                        ),
                    ),
                    unit="s",
                    kind="number",
                    width=12,
                    runbook="StageFailed",
                ),
                Shown(
                    title="Ended well the last time",
                    queries=(
                        Query(
                            f"min by (stage) (dxfvision_pipeline_stage_succeeded{_BOX})",
                            "{{stage}}",
                        ),
                    ),
                    unit="bool_yes_no",
                    kind="number",
                    steps=((0, RED), (1, GREEN)),
                    width=12,
                    runbook="StageFailed",
                ),
                Shown(
                    title="Duration of the last work",
                    queries=(
                        Query(f"dxfvision_pipeline_stage_duration_seconds{_BOX}", "{{stage}}"),
                    ),
                    unit="s",
                    width=12,
                ),
                Shown(
                    title="Flow runs on the Prefect server",
                    queries=(Query(f"dxfvision_prefect_runs{_BOX}", "{{state}}"),),
                    unit="short",
                    width=12,
                    runbook="RunsLate",
                    absent=_NO_PREFECT,
                ),
            ),
        ),
        Row(
            "Drawings and data",
            (
                Shown(
                    title="Drawings by verdict",
                    queries=(Query(f"dxfvision_drawings{_BOX}", "{{verdict}}"),),
                    unit="short",
                    kind="number",
                    width=6,
                    runbook="DrawingsRejected",
                ),
                Shown(
                    title="Pairs of drawings that look alike",
                    queries=(Query(f"dxfvision_drawings_lookalike_pairs{_BOX}", "{{box}}"),),
                    unit="short",
                    kind="number",
                    width=6,
                ),
                Shown(
                    title="Pictures of the dataset",
                    queries=(Query(f"dxfvision_dataset_pictures{_BOX}", "{{split}}"),),
                    unit="short",
                    kind="number",
                    width=6,
                ),
                Shown(
                    title="Pictures made in a second",
                    queries=(
                        Query(f"dxfvision_dataset_rendered_pictures_per_second{_BOX}", "{{box}}"),
                    ),
                    unit="short",
                    kind="number",
                    width=6,
                ),
                Shown(
                    title="Checks of the dataset by result",
                    queries=(
                        Query(f"sum by (state) (dxfvision_validation_checks{_BOX})", "{{state}}"),
                    ),
                    unit="short",
                    width=12,
                    runbook="DatasetInvalid",
                ),
                Shown(
                    title="Objects of the training split by drawing",
                    queries=(
                        Query('dxfvision_dataset_objects{box=~"$box",split="train"}', "{{label}}"),
                    ),
                    unit="short",
                    width=12,
                ),
            ),
        ),
        Row(
            "Training and releases",
            (
                Shown(
                    title="Loss of the last training, by term",
                    queries=(Query(f"dxfvision_training_loss{_BOX}", "{{term}}"),),
                    unit="short",
                ),
                Shown(
                    title="Figures of the last training on held-out pictures",
                    queries=(Query(f"dxfvision_training_score_ratio{_BOX}", "{{figure}}"),),
                    unit="percentunit",
                ),
                Shown(
                    title="Figures of the exported model on the test split",
                    queries=(Query(f"dxfvision_evaluation_score_ratio{_BOX}", "{{figure}}"),),
                    unit="percentunit",
                    runbook="ReleaseRefused",
                ),
                Shown(
                    title="Average precision by drawing",
                    queries=(Query(f"dxfvision_evaluation_part_ap_ratio{_BOX}", "{{label}}"),),
                    unit="percentunit",
                ),
                Shown(
                    title="Labels and masks before and after the export",
                    queries=(
                        Query(f"dxfvision_export_same_label_ratio{_BOX}", "same label"),
                        Query(f"dxfvision_export_mask_iou_ratio{_BOX}", "{{statistic}} mask IoU"),
                    ),
                    unit="percentunit",
                ),
                Shown(
                    title="The last model passed the gate",
                    queries=(Query(f"dxfvision_release_gate_passed{_BOX}", "{{box}}"),),
                    unit="bool_yes_no",
                    kind="number",
                    steps=((0, ORANGE), (1, GREEN)),
                    width=4,
                    runbook="ReleaseRefused",
                ),
                Shown(
                    title="Calibration holds for",
                    queries=(
                        Query(
                            f"dxfvision_calibration_expiry_timestamp_seconds{_BOX} - time()",
                            "{{camera}}",
                        ),
                    ),
                    unit="s",
                    kind="number",
                    steps=((0, RED), (7 * 86_400, GREEN)),
                    width=4,
                    runbook="CalibrationExpires",
                    absent="no camera was calibrated",
                ),
                Shown(
                    title="Slowest golden picture of the last self-check",
                    queries=(Query(f"dxfvision_self_check_slowest_seconds{_BOX}", "{{box}}"),),
                    unit="s",
                    kind="number",
                    width=4,
                    runbook="ScheduledWorkLate",
                    absent=_NO_SCHEDULE,
                ),
                Shown(
                    title="Median picture when the champion was tried",
                    queries=(Query(f"dxfvision_release_trial_seconds{_BOX}", "{{where}}"),),
                    unit="s",
                    kind="number",
                    width=4,
                ),
                Shown(
                    title="Network for one picture, by precision and runtime",
                    queries=(
                        Query(
                            f"dxfvision_export_network_seconds{_BOX}", "{{precision}} {{runtime}}"
                        ),
                    ),
                    unit="s",
                    kind="number",
                    help="Processor time, as measured at the last export.",
                    width=4,
                ),
                Shown(
                    title="Champion",
                    queries=(Query(f"dxfvision_champion_info{_BOX}", "{{version}}"),),
                    unit="short",
                    kind="number",
                    help="The version stands above its 1.",
                    width=4,
                    runbook="ChampionNotServed",
                ),
            ),
        ),
        Row(
            "Care of the box",
            (
                Shown(
                    title="Archive that was restored on trial",
                    queries=(Query(f"dxfvision_backup_bytes{_BOX}", "{{box}}"),),
                    unit="bytes",
                    runbook="BackupTooOld",
                    absent=_NO_SCHEDULE,
                ),
                Shown(
                    title="Freed by the last maintenance",
                    queries=(Query(f"dxfvision_maintenance_freed_bytes{_BOX}", "{{box}}"),),
                    unit="bytes",
                    runbook="ScheduledWorkLate",
                    absent=_NO_SCHEDULE,
                ),
                Shown(
                    title="Prefect's database",
                    queries=(Query(f"dxfvision_prefect_database_bytes{_BOX}", "{{box}}"),),
                    unit="bytes",
                    absent=f"{_NO_SCHEDULE}, or Prefect keeps its data elsewhere",
                ),
            ),
        ),
    ),
)
"""The page."""
