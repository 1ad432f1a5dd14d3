"""Whether the service's pictures and answers are still as they were, without any labels.

Each figure of the newest frames is compared with two references (see `drift_frames.py`). Against
the *training* reference it tells how far generated pictures are from this camera's; that never
starts anything. Against the *site* reference it tells what changed here since: a lamp, the lens,
the parts.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Literal, get_args

from components.files import plain, write_json, write_text
from components.home import Home
from components.modeling.champion import read_champion
from components.modeling.registry import ModelRegistry
from components.operations.drift.frames import (
    Frames,
    logged_frames,
    newest,
    take_site_reference,
    training_frames,
)
from components.operations.drift.state import State, report_file
from components.operations.drift.statistics import Apart, counted, names_apart, numbers_apart
from components.operations.stages import batch_metrics as metrics
from components.operations.stages.metric_files import Sample
from components.operations.stages.metrics import write_own_metrics
from components.serving.features import FIGURES
from components.settings.drift import DriftSettings

Reference = Literal["training", "site"]
LABELS = "labels"
"""The figure that counts drawings by name."""


@dataclass(frozen=True, slots=True)
class FigureDrift:
    """One figure beside one reference.

    Attributes:
        figure: Its name.
        reference: Which reference.
        frames: Newest frames that tell it.
        psi: Population stability index.
        chance: Of such a difference without drift.
        before: Median in the reference; None for `labels`.
        now: Median of the newest frames.
        drifted: Whether both bounds are passed.
    """

    figure: str
    reference: Reference
    frames: int
    psi: float
    chance: float
    before: float | None
    now: float | None
    drifted: bool


@dataclass(frozen=True, slots=True)
class DriftReport:
    """What was found.

    Attributes:
        version: Of the champion; None if there is none.
        state: `unknown` with too few frames or no site reference.
        reason: For people.
        frames: Newest frames that were looked at.
        figures: Of both references.
    """

    version: str | None
    state: State
    reason: str
    frames: int
    figures: tuple[FigureDrift, ...]


def check_drift(home: Home, accept: bool = False) -> DriftReport:
    """Compare the newest frames with both references, and leave the result for all who watch.

    It goes to `reports/drift.json`, `reports/drift.md` and, for Prometheus, `drift.prom`.

    Args:
        home: Whose service.
        accept: First make the newest frames the site reference.

    Raises:
        DatasetError: If frames shall be accepted and there are too few.
    """
    settings = DriftSettings.load(home.configs)
    registry = ModelRegistry(home.registry)
    record = read_champion(registry.champion_file)
    if record is None:
        report = DriftReport(None, "unknown", "no version was promoted", 0, ())
    else:
        site = take_site_reference(home, record.version, settings.window, accept)
        references: dict[Reference, Frames] = {
            "training": training_frames(registry.get(record.version)),
            "site": site,
        }
        recent = newest(logged_frames(home, record.version), settings.window)
        report = drift_report(record.version, references, recent, settings)
    write_json(report_file(home), report)
    write_text(home.reports / "drift.md", drift_page(report))
    write_own_metrics(home, "drift", _samples(report))
    return report


def drift_report(
    version: str,
    references: Mapping[Reference, Frames],
    recent: Frames,
    settings: DriftSettings,
) -> DriftReport:
    """Return how the newest frames of a version differ from its references.

    Args:
        version: Its name.
        references: Frames of each; none where there is no such reference.
        recent: The newest frames.
        settings: Bounds.
    """
    pictures = sum("brightness" in frame for frame in recent)
    if pictures < settings.window.least_frames:
        reason = f"{pictures} pictures were answered, {settings.window.least_frames} are needed"
        return DriftReport(version, "unknown", reason, pictures, ())
    figures = [
        figure
        for name, frames in references.items()
        for figure in compared(name, frames, recent, settings)
    ]
    told = tuple(figures)
    if not references["site"]:
        reason = f"no site reference yet: it takes {settings.window.site_frames} pictures"
        return DriftReport(version, "unknown", reason, pictures, told)
    moved = [each.figure for each in figures if each.reference == "site" and each.drifted]
    state: State = "drifting" if len(moved) >= settings.figures else "steady"
    reason = f"moved: {', '.join(moved)}" if moved else "no figure moved"
    return DriftReport(version, state, reason, pictures, told)


def compared(
    name: Reference, reference: Frames, recent: Frames, settings: DriftSettings
) -> list[FigureDrift]:
    """Return every figure beside one reference; those that too few frames tell are left out."""
    least = settings.window.least_frames
    tests = len(FIGURES) + 1
    found = []
    for figure in FIGURES:
        before, now = _values(reference, figure), _values(recent, figure)
        # The baseline is asked about few pictures.
        if min(len(before), len(now)) < min(least, 20 if figure.startswith("template") else least):
            continue
        apart = numbers_apart(before, now)
        found.append(
            FigureDrift(
                figure,
                name,
                len(now),
                round(apart.psi, 4),
                apart.chance,
                median(before),
                median(now),
                _has_drifted(apart, settings, tests),
            )
        )
    return [*found, *_labels_compared(name, reference, recent, settings, tests)]


def _labels_compared(
    name: Reference, reference: Frames, recent: Frames, settings: DriftSettings, tests: int
) -> list[FigureDrift]:
    before = [frame[LABELS] for frame in reference if LABELS in frame]
    now = [frame[LABELS] for frame in recent if LABELS in frame]
    if min(len(before), len(now)) < settings.window.least_frames:
        return []
    apart = names_apart(counted(before), counted(now))
    drifted = _has_drifted(apart, settings, tests)
    psi = round(apart.psi, 4)
    return [FigureDrift(LABELS, name, len(now), psi, apart.chance, None, None, drifted)]


def _values(frames: Sequence[Mapping[str, Any]], figure: str) -> list[float]:
    found = (frame.get(figure) for frame in frames)
    return [float(value) for value in found if isinstance(value, int | float)]


def _has_drifted(apart: Apart, settings: DriftSettings, tests: int) -> bool:
    return apart.psi >= settings.psi and apart.chance <= settings.chance / tests


def drift_page(report: DriftReport) -> str:
    """Return the report as a page in Markdown."""
    lines = [
        f"# Drift of {report.version or 'no version'}: {report.state}",
        "",
        f"{report.frames} pictures; {report.reason}.",
        "",
        "| Figure | Beside | PSI | Chance | Before | Now | Drifted |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {each.figure} | {each.reference} | {each.psi:.3f} | {each.chance:.1e} "
        f"| {_shown(each.before)} | {_shown(each.now)} | {'yes' if each.drifted else '-'} |"
        for each in report.figures
    ]
    return "\n".join(lines) + "\n"


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _samples(report: DriftReport) -> list[Sample]:
    return [
        Sample(metrics.DRIFT_LOOKED, time.time()),
        Sample(metrics.DRIFT_STATE, get_args(State).index(report.state)),
        Sample(metrics.DRIFT_FRAMES, report.frames),
        *(
            Sample(metrics.DRIFT_PSI, each.psi, (each.figure, each.reference))
            for each in report.figures
        ),
    ]


def event_payload(report: DriftReport) -> dict[str, Any]:
    """Return what an event tells of drift."""
    moved = [each for each in report.figures if each.reference == "site" and each.drifted]
    return {"version": report.version, "reason": report.reason, "figures": plain(moved)}
