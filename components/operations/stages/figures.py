"""How the figures of each stage become metrics."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

from components.dataset.card import load_dataset
from components.domain import SPLITS
from components.home import Home
from components.operations.stages import batch_metrics as metrics
from components.operations.stages.metric_files import Sample
from components.operations.stages.running import Figures

Samples = Iterator[Sample]


def figure_samples(name: str, home: Home, figures: Figures) -> list[Sample]:
    """Return what the figures of a stage say; nothing for a stage that has none.

    Args:
        name: Of the stage.
        home: Whose reports and dataset are looked at as well.
        figures: What the stage said about itself.

    Raises:
        KeyError: If they lack one: they may be those of an earlier version.
        PipelineError: If a file they tell of cannot be read.
    """
    return list(_FIGURES.get(name, _no_figures)(home, figures))


def _no_figures(home: Home, figures: Figures) -> Samples:
    del home, figures
    return iter(())


def _drawings(home: Home, figures: Figures) -> Samples:
    del home
    records = figures["drawings"]
    for verdict in ("accepted", "repaired", "rejected"):
        found = sum(record["verdict"] == verdict for record in records)
        yield Sample(metrics.DRAWINGS, found, (verdict,))
    yield Sample(metrics.PARTS, sum(len(record["parts"]) for record in records))
    pairs = figures["similarity"]["pairs"]
    yield Sample(metrics.LOOKALIKES, sum(not pair["folded"] for pair in pairs))


def _dataset(home: Home, figures: Figures) -> Samples:
    del figures
    card = load_dataset(home)
    for split in SPLITS:
        yield Sample(metrics.DATASET_PICTURES, card.images[split], (split,))
        for label, objects in card.instances[split].items():
            yield Sample(metrics.DATASET_OBJECTS, objects, (split, label))
    yield Sample(metrics.DATASET_RENDERED, card.rendered)
    yield Sample(metrics.DATASET_RATE, card.images_per_second)


def _checks(home: Home, figures: Figures) -> Samples:
    """Count the checks of the report, which a failed validation writes as well.

    There is none yet if the very first validation found no dataset to check.
    """
    del figures
    from components.validation.report import read_report, report_folder

    if not report_folder(home).exists():
        return
    checks = [check for suite in read_report(home).suites for check in suite.checks]
    for severity in ("critical", "warning"):
        for state in ("passed", "failed", "not run"):
            found = sum((check.severity, check.state) == (severity, state) for check in checks)
            yield Sample(metrics.VALIDATION_CHECKS, found, (severity, state.replace(" ", "_")))


def _training(home: Home, figures: Figures) -> Samples:
    yield Sample(metrics.TRAINING_STEPS, figures["steps"])
    yield Sample(metrics.TRAINING_SECONDS, figures["seconds"])
    for name, value in figures["figures"].items():
        yield Sample(metrics.TRAINING_SCORE, value, (name,))
    for name, value in _last_loss(home.reports / "training.jsonl").items():
        yield Sample(metrics.TRAINING_LOSS, value, (name,))


def _last_loss(log: Path) -> dict[str, float]:
    """Return loss and terms of the last line of a training's log that has them."""
    lines = log.read_text("utf-8").splitlines() if log.exists() else []
    entries: Iterator[dict[str, Any]] = (json.loads(line) for line in reversed(lines))
    last = next((entry for entry in entries if "loss" in entry), {})
    return {name: value for name, value in last.items() if name not in ("step", "seconds", "rate")}


def _export(home: Home, figures: Figures) -> Samples:
    del home
    parity = figures["parity"]
    yield Sample(metrics.EXPORT_SAME_LABEL, parity["same_label"])
    for statistic in ("mean", "low", "min"):
        yield Sample(metrics.EXPORT_MASK_IOU, parity[f"{statistic}_mask_iou"], (statistic,))
    for offer in figures["offers"]:
        labels = (offer["precision"], offer["runtime"])
        yield Sample(metrics.EXPORT_NETWORK_SECONDS, offer["network_ms"] / 1000, labels)


def _evaluation(home: Home, figures: Figures) -> Samples:
    del home
    for name in ("map", "map50", "agnostic_map", "miou", "part_iou"):
        yield Sample(metrics.EVALUATION_SCORE, figures[name], (name,))
    for label, row in figures["per_class"].items():
        yield Sample(metrics.EVALUATION_PART, row["ap"], (label,))


def _promotion(home: Home, figures: Figures) -> Samples:
    del home
    yield Sample(metrics.GATE_PASSED, figures["promoted"])


def _trial(home: Home, figures: Figures) -> Samples:
    del home
    for where in ("http", "in_process"):
        seconds = median(figures["report"][f"{where}_ms"]) / 1000
        yield Sample(metrics.TRIAL_SECONDS, seconds, (where,))


def _self_check(home: Home, figures: Figures) -> Samples:
    del home
    if figures["slowest_s"] is not None:
        yield Sample(metrics.SELF_CHECK_SECONDS, figures["slowest_s"])


def _retention(home: Home, figures: Figures) -> Samples:
    del home
    yield Sample(metrics.MAINTENANCE_FREED, figures["freed_bytes"])
    yield Sample(metrics.HOME_FILLING, figures["bytes_per_hour"] / 3600)


def _database(home: Home, figures: Figures) -> Samples:
    del home
    if figures["bytes"] is not None:
        yield Sample(metrics.PREFECT_DATABASE, figures["bytes"])


def _backup(home: Home, figures: Figures) -> Samples:
    del home
    yield Sample(metrics.BACKUP_SIZE, figures["archive"]["bytes"])


_FIGURES: dict[str, Callable[[Home, Figures], Samples]] = {
    "read-drawings": _drawings,
    "generate": _dataset,
    "validate": _checks,
    "train": _training,
    "train-generic": _training,
    "export": _export,
    "evaluate": _evaluation,
    "promote": _promotion,
    "try": _trial,
    "self-check": _self_check,
    "retention": _retention,
    "database": _database,
    "backup": _backup,
}
"""How the figures of each stage become metrics."""
