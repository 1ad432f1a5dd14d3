"""The doctor's look at the box as a stage of the flow `monitor`."""

import time

from components.home import Home
from components.operations.health.checking import (
    SEVERITIES,
    Box,
    all_checks,
    as_rows,
    examine,
    report_health,
)
from components.operations.stages import batch_metrics as metrics
from components.operations.stages.metric_files import read_value
from components.operations.stages.metrics import metrics_file
from components.operations.stages.running import Checked, StageResult
from components.settings.health import HealthSettings

RECENT_S = 180.0
"""A doctor of the box's own looks each minute: one that has not for so long is gone."""


def examine_box(about: Checked) -> StageResult:
    """Look at the whole box and leave the findings as metrics; a fault raises nothing.

    Where a doctor runs by itself (its container, its unit of systemd), what it found last is told:
    it stands where it sees more than a worker does, and two would contradict each other.
    """
    start = time.monotonic()
    ago_s = _looked_ago_s(about.home)
    if ago_s is not None and ago_s < RECENT_S:
        found = f"the doctor looked {ago_s:.0f} s ago; "
        rows, faults = [], _last_faults(about.home)
    else:
        box = Box(about.home, HealthSettings.load(about.home.configs))
        diagnoses = list(examine(box))
        report_health(box, diagnoses)
        found = f"{len(diagnoses)} checks; "
        rows = as_rows(diagnoses)
        faults = [row["check"] for row in rows if row["state"] == "fault"]
    found += f"faults: {', '.join(faults)}" if faults else "no faults"
    seconds = round(time.monotonic() - start, 3)
    figures = {"summary": found, "findings": rows, "faults": faults}
    return StageResult("examination", "", False, seconds, figures)


def _looked_ago_s(home: Home) -> float | None:
    moment = read_value(metrics_file(home, "health"), metrics.HEALTH_CHECKED, {})
    return None if moment is None else time.time() - moment


def _last_faults(home: Home) -> list[str]:
    file, fault = metrics_file(home, "health"), SEVERITIES["fault"]
    return [
        check
        for check in all_checks()
        if read_value(file, metrics.HEALTH_STATE, {"check": check}) == fault
    ]
