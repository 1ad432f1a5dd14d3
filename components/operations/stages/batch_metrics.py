"""Every metric of batch work, named once: what flows, verbs and the doctor leave for Prometheus.

They are gauges in files of `HOME/reports/metrics`, read by node-exporter's textfile collector (why:
docs/decisions/0009-metrics-of-batch-work.md). A file tells of the last time, so each has a time
stamp beside it, and rules compare that with the clock. The metrics of the service stand in
`components/serving/telemetry.py`; docs/metrics.md lists both.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BatchMetric:
    """One gauge.

    Attributes:
        name: As Prometheus knows it; ends in its unit.
        unit: Of its values, for people.
        help: What it is, one sentence.
        labels: Names of its labels, in order; each has few values.
    """

    name: str
    unit: str
    help: str
    labels: tuple[str, ...] = ()


STAGE_STARTED = BatchMetric(
    "dxfvision_pipeline_stage_last_start_timestamp_seconds",
    "s since 1970",
    "When the stage was last begun.",
    ("stage",),
)
STAGE_ENDED = BatchMetric(
    "dxfvision_pipeline_stage_last_end_timestamp_seconds",
    "s since 1970",
    "When the stage last ended; older than its start while it runs, or if it was killed.",
    ("stage",),
)
STAGE_SUCCESS = BatchMetric(
    "dxfvision_pipeline_stage_last_success_timestamp_seconds",
    "s since 1970",
    "When the stage last ended well, or was found to be current.",
    ("stage",),
)
STAGE_SUCCEEDED = BatchMetric(
    "dxfvision_pipeline_stage_succeeded",
    "0 or 1",
    "1 if the stage ended well the last time, 0 if it failed.",
    ("stage",),
)
STAGE_SKIPPED = BatchMetric(
    "dxfvision_pipeline_stage_skipped",
    "0 or 1",
    "1 if nothing the stage depends on had changed, so that its earlier result was kept.",
    ("stage",),
)
STAGE_SECONDS = BatchMetric(
    "dxfvision_pipeline_stage_duration_seconds",
    "s",
    "Wall time of the stage's last work that ended well; of the earlier run if it was skipped.",
    ("stage",),
)
DRAWINGS = BatchMetric(
    "dxfvision_drawings",
    "drawings",
    "Drawings that were read last, by what the doctor said: accepted, repaired or rejected.",
    ("verdict",),
)
PARTS = BatchMetric("dxfvision_drawings_parts", "parts", "Parts of the drawings read last.")
LOOKALIKES = BatchMetric(
    "dxfvision_drawings_lookalike_pairs", "pairs", "Pairs of drawings that are easily confused."
)
DATASET_PICTURES = BatchMetric(
    "dxfvision_dataset_pictures", "pictures", "Pictures of the finished dataset.", ("split",)
)
DATASET_OBJECTS = BatchMetric(
    "dxfvision_dataset_objects",
    "objects",
    "Objects on the pictures of the finished dataset.",
    ("split", "label"),
)
DATASET_RENDERED = BatchMetric(
    "dxfvision_dataset_rendered_pictures",
    "pictures",
    "Pictures that the last generation made; the others were there already.",
)
DATASET_RATE = BatchMetric(
    "dxfvision_dataset_rendered_pictures_per_second",
    "pictures/s",
    "How fast the last generation made pictures.",
)
VALIDATION_CHECKS = BatchMetric(
    "dxfvision_validation_checks",
    "checks",
    "Checks of the last validation by severity and by what came out: passed, failed, not_run.",
    ("severity", "state"),
)
TRAINING_STEPS = BatchMetric(
    "dxfvision_training_steps", "steps", "Steps of the last training in all its stretches."
)
TRAINING_SECONDS = BatchMetric(
    "dxfvision_training_duration_seconds",
    "s",
    "Time of the last training in all its stretches, without what was lost at a kill.",
)
TRAINING_LOSS = BatchMetric(
    "dxfvision_training_loss",
    "1",
    "The loss and its terms at the end of the last training.",
    ("term",),
)
TRAINING_SCORE = BatchMetric(
    "dxfvision_training_score_ratio",
    "0..1",
    "Figures of the last training on pictures held out from it.",
    ("figure",),
)
EXPORT_SAME_LABEL = BatchMetric(
    "dxfvision_export_same_label_ratio",
    "0..1",
    "Share of detections with the same label before and after the last export.",
)
EXPORT_MASK_IOU = BatchMetric(
    "dxfvision_export_mask_iou_ratio",
    "0..1",
    "Overlap of masks before and after the last export.",
    ("statistic",),
)
EXPORT_NETWORK_SECONDS = BatchMetric(
    "dxfvision_export_network_seconds",
    "s",
    "Processor time of the network for one picture, as measured at the last export.",
    ("precision", "runtime"),
)
EVALUATION_SCORE = BatchMetric(
    "dxfvision_evaluation_score_ratio",
    "0..1",
    "Figures of the last exported model on the test split.",
    ("figure",),
)
EVALUATION_PART = BatchMetric(
    "dxfvision_evaluation_part_ap_ratio",
    "0..1",
    "Average precision of the last exported model on the test split, by drawing.",
    ("label",),
)
GATE_PASSED = BatchMetric(
    "dxfvision_release_gate_passed",
    "0 or 1",
    "1 if the last model to be released passed the gate, 0 if the champion before it stays.",
)
TRIAL_SECONDS = BatchMetric(
    "dxfvision_release_trial_seconds",
    "s",
    "Median time of a picture when the champion was last tried: over http, and in_process.",
    ("where",),
)
CHAMPION_INFO = BatchMetric(
    "dxfvision_champion_info", "1", "1 for the version that is the champion.", ("version",)
)
CHAMPION_CREATED = BatchMetric(
    "dxfvision_champion_created_timestamp_seconds",
    "s since 1970",
    "When the champion was registered: its age is the time since.",
)
CHAMPION_SINCE = BatchMetric(
    "dxfvision_champion_since_timestamp_seconds",
    "s since 1970",
    "When the champion was promoted, or came back by a roll-back.",
)
SELF_CHECK_SECONDS = BatchMetric(
    "dxfvision_self_check_slowest_seconds",
    "s",
    "Longest time of a golden picture when the running service last answered the self-check well.",
)
MAINTENANCE_FREED = BatchMetric(
    "dxfvision_maintenance_freed_bytes", "bytes", "What the last maintenance removed from the disk."
)
HOME_FILLING = BatchMetric(
    "dxfvision_home_filling_bytes_per_second",
    "bytes/s",
    "How fast the disk of the home folder filled in the last days, at the last maintenance.",
)
PREFECT_DATABASE = BatchMetric(
    "dxfvision_prefect_database_bytes", "bytes", "Size of Prefect's SQLite file after maintenance."
)
BACKUP_SIZE = BatchMetric(
    "dxfvision_backup_bytes", "bytes", "Size of the last archive that was restored on trial."
)
HEALTH_CHECKED = BatchMetric(
    "dxfvision_health_last_check_timestamp_seconds",
    "s since 1970",
    "When `dxfvision doctor` last looked.",
)
HEALTH_STATE = BatchMetric(
    "dxfvision_health_check_state",
    "0, 1 or 2",
    "What the doctor found: 0 good, 1 a warning, 2 a fault; a check that was left out has none.",
    ("check",),
)
HOME_FREE = BatchMetric(
    "dxfvision_home_free_bytes", "bytes", "Room on the disk of the home folder."
)
CERTIFICATE_EXPIRY = BatchMetric(
    "dxfvision_certificate_expiry_timestamp_seconds",
    "s since 1970",
    "When the service's TLS certificate expires; absent without one.",
)
CALIBRATION_EXPIRY = BatchMetric(
    "dxfvision_calibration_expiry_timestamp_seconds",
    "s since 1970",
    "Until when a camera's calibration holds; absent without one.",
    ("camera",),
)
PREFECT_RUNS = BatchMetric(
    "dxfvision_prefect_runs",
    "runs",
    "Flow runs on the Prefect server: late, running, and failed in the last 24 hours "
    "(failed_1d, crashed included); absent without a server.",
    ("state",),
)
PREFECT_OLDEST = BatchMetric(
    "dxfvision_prefect_oldest_running_seconds",
    "s",
    "How long the oldest run that the Prefect server calls running has been so; 0 if none is.",
)

DRIFT_STATE = BatchMetric(
    "dxfvision_drift_state",
    "0, 1 or 2",
    "How the newest pictures compare with this site's own: 0 unknown, 1 steady, 2 drifting.",
)
DRIFT_LOOKED = BatchMetric(
    "dxfvision_drift_last_look_timestamp_seconds",
    "s since 1970",
    "When it was last looked whether pictures drift.",
)
DRIFT_FRAMES = BatchMetric(
    "dxfvision_drift_pictures", "pictures", "Newest pictures that the last look at drift compared."
)
DRIFT_PSI = BatchMetric(
    "dxfvision_drift_psi",
    "1",
    "Population stability index of a figure against the training's or this site's pictures.",
    ("figure", "reference"),
)

BATCH_METRICS: tuple[BatchMetric, ...] = tuple(
    value for value in list(globals().values()) if isinstance(value, BatchMetric)
)
"""All of the above, in their order."""
