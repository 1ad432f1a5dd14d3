"""Charts of results: the course of a training, and the figures of an evaluation.

The ending of the file's name decides its format: `.png`, or `.svg` for pages that are enlarged.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from components.modeling.figures import Confusion, Evaluation, LabelFigures
from components.modeling.groups import GroupFigures
from components.modeling.reliability import Reliability
from components.modeling.training_log import read_log
from components.visualization.figure_files import DPI, saved

TERMS = ("sight", "seam", "label", "centre", "offset")
FIGURE_NAMES = {
    "val_map": "mAP",
    "val_agnostic_map": "class-agnostic mAP",
    "val_miou": "mIoU",
}
LARGEST_INCHES = 24.0
"""Of a confusion matrix; more drawings are written smaller."""
SHOWN_LABELS = 16
"""Drawings in a bar chart."""
LONGEST_LABEL = 40
"""Characters of a drawing's name in a chart; longer ones are cut."""
COLOURS = ("#9ecae1", "#3182bd", "#31a354")
"""Of the bars of a group: each figure keeps its colour."""


def plot_training(log: Path, out: Path) -> Path:
    """Draw loss, rate and validation figures over time.

    Args:
        log: JSON lines of `TrainingLog`.
        out: PNG or SVG file to write.

    Returns:
        `out`.
    """
    lines = read_log(log)
    steps = [line for line in lines if "loss" in line]
    checks = [line for line in lines if "validation" in line]
    figure = Figure(figsize=(10, 4), dpi=DPI, layout="constrained")
    left, right = figure.subplots(1, 2)
    minutes = [line["seconds"] / 60.0 for line in steps]
    for name in ("loss", *TERMS):
        smooth = _smoothed([line[name] for line in steps])
        left.plot(minutes, smooth, label=name, linewidth=2.0 if name == "loss" else 1.0)
    left.set(xlabel="minutes", ylabel="loss, terms unweighted", title="Training", yscale="log")
    rate = left.twinx()
    rate.plot(minutes, [line["rate"] for line in steps], color="0.7", linestyle=":")
    rate.set(ylabel="rate (dotted), share of its highest", ylim=(0.0, 1.05))
    if steps:
        left.legend(loc="upper right", fontsize="small")
    for key, name in FIGURE_NAMES.items():
        known = [line for line in checks if key in line["validation"]]
        x = [line["seconds"] / 60.0 for line in known]
        y = [line["validation"][key] for line in known]
        right.plot(x, y, marker="o", label=name)
    right.set(xlabel="minutes", title="Validation split, mean weights", ylim=(0.0, 1.0))
    right.grid(alpha=0.3)
    right.legend(loc="lower right", fontsize="small")
    return saved(figure, out)


def _smoothed(values: Sequence[float], width: int = 5) -> NDArray[np.float64]:
    """Return the running median, which single odd batches do not move."""
    padded = np.pad(np.asarray(values, np.float64), width // 2, mode="edge") if values else values
    count = len(values)
    return np.array([np.median(padded[i : i + width]) for i in range(count)], np.float64)


def plot_confusion(confusion: Confusion, out: Path) -> Path:
    """Draw which label was taken for which, in shares of each row and in counts.

    Args:
        confusion: Of an evaluation.
        out: PNG or SVG file to write.

    Returns:
        `out`.
    """
    counts = np.array(confusion.counts, np.float64)
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1.0)
    wanted = 2.8 + 0.55 * len(confusion.labels)
    side = min(wanted, LARGEST_INCHES)
    size = 10.0 * side / wanted
    figure = Figure(figsize=(side + 0.6, side), dpi=DPI, layout="constrained")
    axes = figure.subplots()
    axes.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0)
    places = range(len(confusion.labels))
    names = [as_text(label) for label in confusion.labels]
    axes.set_xticks(places, names, rotation=45, ha="right", fontsize=size)
    axes.set_yticks(places, names, fontsize=size)
    for (row, column), count in np.ndenumerate(counts):
        if count:
            colour = "white" if shares[row, column] > 0.5 else "black"
            text = f"{count:.0f}"
            axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=size)
    axes.set(xlabel="the model's answer", ylabel="the truth", title="Objects by label")
    return saved(figure, out)


def as_text(label: str) -> str:
    r"""Return a label as charts write it: not longer than fits, dollar signs no formula.

    Examples:
        >>> print(as_text("plate $5$"))
        plate \$5\$
    """
    short = label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}…"
    return short.replace("$", r"\$")


def plot_evaluation(evaluation: Evaluation, folder: Path, ending: str = ".png") -> list[Path]:
    """Draw the figures of an evaluation that can be drawn without its pictures.

    Args:
        evaluation: What to draw.
        folder: Where the files go.
        ending: Of their names, `.png` or `.svg`.

    Returns:
        Their paths.
    """
    return [
        plot_confusion(evaluation.confusion, folder / f"confusion{ending}"),
        plot_labels(evaluation.per_class, folder / f"drawings{ending}"),
        plot_groups(evaluation, folder / f"groups{ending}"),
        plot_reliability(evaluation.reliability, folder / f"reliability{ending}"),
    ]


def plot_labels(per_class: dict[str, LabelFigures], out: Path) -> Path:
    """Draw average precision and overlap of each drawing, best first; of many the worst ones.

    Args:
        per_class: Figures by label.
        out: PNG or SVG file to write.

    Returns:
        `out`.
    """
    ordered = sorted(per_class.items(), key=lambda item: item[1].ap, reverse=True)
    title = "Drawings"
    if len(ordered) > SHOWN_LABELS:
        title = f"The {SHOWN_LABELS} of {len(ordered)} drawings with the lowest AP"
        ordered = ordered[-SHOWN_LABELS:]
    names = [f"{as_text(label)}\n{figures.objects} objects" for label, figures in ordered]
    bars = {
        "AP": [figures.ap for _, figures in ordered],
        "AP at overlap .50": [figures.ap50 for _, figures in ordered],
        "IoU of all pixels": [figures.iou for _, figures in ordered],
    }
    figure = Figure(figsize=(3.0 + 1.3 * max(len(names), 2), 4.2), dpi=DPI, layout="constrained")
    axes = figure.subplots()
    _draw_bars(axes, names, bars)
    axes.set_title(title)
    figure.legend(loc="outside lower center", ncols=3, fontsize="small", frameon=False)
    return saved(figure, out)


def plot_groups(evaluation: Evaluation, out: Path) -> Path:
    """Draw how objects of each size, visibility and contrast are found.

    Args:
        evaluation: With figures by group.
        out: PNG or SVG file to write.

    Returns:
        `out`.
    """
    kinds = {
        "Visible pixels": evaluation.by_size,
        "Visible share of the part": evaluation.by_visibility,
        "Difference of colour to the surroundings (CIE 1976)": evaluation.by_contrast,
    }
    shown = {title: groups for title, groups in kinds.items() if groups}
    figure = Figure(figsize=(1.0 + 4.6 * max(len(shown), 1), 4.2), dpi=DPI, layout="constrained")
    grid = figure.subplots(1, max(len(shown), 1), sharey=True, squeeze=False)
    for axes, (title, groups) in zip(grid.flat, shown.items(), strict=False):
        names = [f"{group.name}\n{group.objects} objects" for group in groups]
        _draw_bars(axes, names, _group_bars(groups))
        axes.set_title(title, fontsize="medium")
    if shown:
        handles, labels = grid.flat[0].get_legend_handles_labels()
        figure.legend(
            handles, labels, loc="outside lower center", ncols=3, fontsize="small", frameon=False
        )
    return saved(figure, out)


def _group_bars(groups: Sequence[GroupFigures]) -> dict[str, list[float]]:
    return {
        "mAP": [group.map for group in groups],
        "class-agnostic mAP": [group.agnostic_map for group in groups],
        "found (overlap .50, above the threshold)": [group.found for group in groups],
    }


def _draw_bars(axes: Axes, names: Sequence[str], bars: dict[str, list[float]]) -> None:
    """Draw several figures from 0 to 1 of each name side by side, with their values."""
    places, width = np.arange(len(names)), 0.8 / len(bars)
    for number, ((label, values), colour) in enumerate(zip(bars.items(), COLOURS, strict=False)):
        x = places + (number - (len(bars) - 1) / 2.0) * width
        drawn = axes.bar(x, values, width, label=label, color=colour)
        axes.bar_label(drawn, [f"{value:.2f}".lstrip("0") for value in values], fontsize="x-small")
    axes.set_xticks(places, names, fontsize="small")
    axes.set(ylim=(0.0, 1.05), xlim=(-0.6, max(len(names), 1) - 0.4))
    axes.grid(axis="y", alpha=0.3)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def plot_reliability(reliability: Reliability, out: Path) -> Path:
    """Draw the share of right detections over their scores, and how many there are.

    Args:
        reliability: Of an evaluation.
        out: PNG or SVG file to write.

    Returns:
        `out`.
    """
    figure = Figure(figsize=(5.4, 6.0), dpi=DPI, layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    known = [(each.mean_score, each.right) for each in reliability.bins if each.detections]
    upper.plot([0.0, 1.0], [0.0, 1.0], color="0.6", linestyle="--", label="as the scores say")
    upper.plot(
        [score for score, _ in known],
        [right for _, right in known],
        marker="o",
        color=COLOURS[1],
        label="measured",
    )
    upper.set(
        ylabel="share that is right (label, overlap .50)",
        ylim=(-0.02, 1.02),
        title=f"Scores against success\nexpected calibration error "
        f"{reliability.expected_error:.3f}, Brier score {reliability.brier:.3f}",
    )
    upper.legend(loc="upper left", fontsize="small")
    lefts = [each.low for each in reliability.bins]
    widths = [each.high - each.low for each in reliability.bins]
    counts = [each.detections for each in reliability.bins]
    drawn = lower.bar(lefts, counts, widths, align="edge", color=COLOURS[0], edgecolor="white")
    lower.bar_label(drawn, [str(count) if count else "" for count in counts], fontsize="x-small")
    lower.set(xlabel="score", ylabel="detections", xlim=(0.0, 1.0))
    lower.margins(y=0.2)
    for axes in (upper, lower):
        axes.grid(alpha=0.3)
        axes.set_axisbelow(True)
    return saved(figure, out)
