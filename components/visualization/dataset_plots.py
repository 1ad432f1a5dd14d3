"""Charts of a dataset from its statistics: the tables that `dxfvision validate` writes as Parquet.

Each function returns a figure that a notebook shows as it is and a page takes as SVG.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from components.domain import SPLITS
from components.visualization.figure_files import DPI

Floats = NDArray[np.float64]

SPLIT_COLOURS = {"train": "#3867a8", "val": "#d08a1d", "test": "#4c9a76"}
GENERATED_COLOUR, REAL_COLOUR = "#3867a8", "#c0392b"
BINS = 32
MOST_LABELS = 40
"""Bars of a chart; of more labels the commonest and the rarest halves of so many are drawn."""


def _log_sharpness(values: Floats) -> Floats:
    return np.asarray(np.log10(np.maximum(values, 0.01)))


def _same(values: Floats) -> Floats:
    return values


PICTURE_FIGURES: Mapping[str, tuple[str, Callable[[Floats], Floats]]] = {
    "brightness": ("brightness: mean grey level", _same),
    "contrast": ("contrast: deviation of grey levels", _same),
    "sharpness": ("sharpness: log10 of the Laplacian's variance", _log_sharpness),
    "saturated_share": ("share of saturated pixels", _same),
}
"""Columns of the pictures' table that describe light and focus."""


def class_balance_figure(annotations: pd.DataFrame, labels: Sequence[str]) -> Figure:
    """Draw how many objects of each part there are, split by split, commonest first.

    Args:
        annotations: Columns `label` and `split`.
        labels: The parts; one without an object has an empty bar.
    """
    counts = pd.crosstab(annotations["label"], annotations["split"])
    counts = counts.reindex(index=list(labels), columns=list(SPLITS), fill_value=0)
    counts = counts.loc[counts.sum(axis=1).sort_values(ascending=False, kind="stable").index]
    if len(counts) > MOST_LABELS:
        half = MOST_LABELS // 2
        counts = pd.concat([counts.iloc[:half], counts.iloc[-half:]])
    figure = Figure(figsize=(10, 1.3 + 0.32 * len(counts)), dpi=DPI, layout="constrained")
    axes = figure.subplots()
    places, left = np.arange(len(counts)), np.zeros(len(counts))
    for split in SPLITS:
        values = counts[split].to_numpy(np.float64)
        axes.barh(places, values, 0.72, left=left, label=split, color=SPLIT_COLOURS[split])
        left = left + values
    for place, total in enumerate(left.tolist()):
        axes.text(total, place, f" {total:,.0f}", va="center", fontsize="small", color="0.3")
    axes.set_yticks(places, list(counts.index))
    axes.invert_yaxis()
    axes.set(xlabel="objects", xlim=(0.0, 1.1 * max(float(left.max(initial=0.0)), 1.0)))
    figure.legend(loc="outside upper right", ncols=3, fontsize="small", frameon=False)
    _plain(axes, "x")
    return figure


def objects_figure(images: pd.DataFrame, annotations: pd.DataFrame) -> Figure:
    """Draw how large parts are, how much of them shows, and how many are in a picture.

    Args:
        images: Columns `split` and `parts`.
        annotations: Columns `split`, `is_part`, `area_px` and `visible_fraction`.
    """
    parts = annotations[annotations["is_part"].astype(bool)]
    hidden = parts[parts["visible_fraction"] < 1.0]
    figure = Figure(figsize=(13, 3.4), dpi=DPI, layout="constrained")
    sizes, visible, counts = figure.subplots(1, 3)
    _by_split(sizes, np.sqrt(_numbers(parts["area_px"])), parts["split"])
    sizes.set(xlabel="size of a part: root of its visible pixels", ylabel="density")
    _by_split(visible, _numbers(hidden["visible_fraction"]), hidden["split"], (0.0, 1.0))
    share = len(hidden) / max(len(parts), 1)
    visible.set(xlabel=f"visible share of the {share:.0%} of parts not wholly seen")
    most = max(int(images["parts"].max()), 1) if len(images) else 1
    for number, split in enumerate(SPLITS):
        found = images["parts"][images["split"] == split].value_counts(normalize=True)
        x = np.arange(most + 1) + 0.27 * (number - 1)
        heights = [float(found.get(n, 0.0)) for n in range(most + 1)]
        counts.bar(x, heights, 0.26, color=SPLIT_COLOURS[split], label=split)
    counts.set(xlabel="parts in a picture", ylabel="share of pictures")
    counts.legend(fontsize="small", frameon=False)
    for axes in (sizes, visible, counts):
        _plain(axes, "y")
    return figure


def light_figure(images: pd.DataFrame) -> Figure:
    """Draw brightness, contrast, sharpness and saturation of the pictures, split by split.

    Args:
        images: Columns `split` and those of `PICTURE_FIGURES`.
    """
    figure = Figure(figsize=(13, 3.2), dpi=DPI, layout="constrained")
    grid = figure.subplots(1, len(PICTURE_FIGURES))
    for axes, (column, (name, turned)) in zip(grid.flat, PICTURE_FIGURES.items(), strict=True):
        _by_split(axes, turned(_numbers(images[column])), images["split"])
        axes.set(xlabel=name)
        _plain(axes, "y")
    grid.flat[0].set_ylabel("density")
    grid.flat[0].legend(fontsize="small", frameon=False)
    return figure


def likeness_figure(generated: pd.DataFrame, real: pd.DataFrame) -> Figure:
    """Draw the figures of generated pictures behind those of real ones.

    A real picture left or right of all generated ones shows something that training never saw.

    Args:
        generated: Columns of `PICTURE_FIGURES`.
        real: The same of photographs; may be empty.
    """
    figure = Figure(figsize=(13, 3.2), dpi=DPI, layout="constrained")
    grid = figure.subplots(1, len(PICTURE_FIGURES))
    for axes, (column, (name, turned)) in zip(grid.flat, PICTURE_FIGURES.items(), strict=True):
        ours, theirs = (_known(turned(_numbers(table[column]))) for table in (generated, real))
        edges = _edges(np.concatenate([ours, theirs]))
        axes.hist(ours, edges, density=True, color=GENERATED_COLOUR, alpha=0.35, label="generated")
        if len(theirs):
            axes.hist(theirs, edges, density=True, histtype="step", color=REAL_COLOUR, linewidth=2)
            axes.plot(theirs, np.zeros(len(theirs)), "|", color=REAL_COLOUR, markersize=14)
        axes.plot([], [], color=REAL_COLOUR, label=f"real ({len(theirs)})")
        axes.set(xlabel=name)
        _plain(axes, "y")
    grid.flat[0].set_ylabel("density")
    grid.flat[0].legend(fontsize="small", frameon=False)
    return figure


def _by_split(
    axes: Axes, values: Floats, splits: "pd.Series[str]", ends: tuple[float, float] | None = None
) -> None:
    """Draw one outline a split over the same bins, each with an area of 1."""
    edges = _edges(values) if ends is None else _spaced(*ends)
    names = splits.to_numpy()
    for split in SPLITS:
        chosen = _known(values[names == split])
        if len(chosen):
            colour, filled = SPLIT_COLOURS[split], split == "train"
            axes.hist(
                chosen,
                edges,
                density=True,
                histtype="stepfilled" if filled else "step",
                alpha=0.4 if filled else 1.0,
                color=colour,
                linewidth=1.6,
                label=split,
            )


def _edges(values: Floats) -> list[float]:
    """Return bins over all values; over 0 to 1 if there are none or all are one."""
    known = _known(values)
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    return _spaced(low, high if high > low else low + 1.0)


def _spaced(low: float, high: float) -> list[float]:
    return [float(edge) for edge in np.linspace(low, high, BINS + 1)]


def _numbers(column: "pd.Series[float]") -> Floats:
    """Return the figures of a column; NaN where a picture could not be measured."""
    return pd.to_numeric(column).to_numpy(np.float64)


def _known(values: Floats) -> Floats:
    return np.asarray(values[np.isfinite(values)])


def _plain(axes: Axes, grid: Literal["x", "y"]) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis=grid, alpha=0.25)
    axes.set_axisbelow(True)
