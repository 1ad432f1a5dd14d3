"""Chart of what can be seen: share of faults that were found against their size."""

import math
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from components.modeling.defect_card import DefectFigures, DefectKindFigures, ShareFigure
from components.visualization.figure_files import DPI, saved


def plot_defects(found: DefectFigures, out: Path) -> Path:
    """Draw one chart for each kind of fault, with 95 % intervals and the false alarms.

    Args:
        found: What was measured.
        out: PNG or SVG file to write.

    Returns:
        `out`.
    """
    columns = math.ceil(len(found.kinds) / 2)
    figure = Figure(figsize=(3.6 * columns, 6.4), dpi=DPI, layout="constrained")
    charts = figure.subplots(2, columns, sharex=True, sharey=True, squeeze=False)
    for spare in charts.flat[len(found.kinds) :]:
        spare.set_axis_off()
    for chart, curve in zip(charts.flat, found.kinds, strict=False):
        sizes = [point.size_mm for point in curve.points]
        for shares, name, colour in (
            ([point.named for point in curve.points], "found and named right", "#9ecae1"),
            ([point.found for point in curve.points], "found", "#3182bd"),
        ):
            _curve(chart, sizes, shares, name, colour)
        alarms = found.false_alarms
        chart.axhspan(alarms.low, alarms.high, color="#de2d26", alpha=0.15, linewidth=0)
        if alarms.share is not None:
            chart.axhline(alarms.share, color="#de2d26", label="false alarms, good parts")
        chart.axhline(found.least_detection, color="0.6", linewidth=0.8, linestyle=":")
        if curve.smallest_mm is not None:
            chart.axvline(curve.smallest_mm, color="0.6", linewidth=0.8, linestyle=":")
        chart.set(title=_title(curve), ylim=(-0.03, 1.03), xscale="log")
        chart.set_xticks(sizes)
        chart.minorticks_off()
        chart.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        chart.grid(alpha=0.25)
    for column in range(columns):
        lowest = charts[1 if columns + column < len(found.kinds) else 0, column]
        lowest.set_xlabel("size of the fault, mm")
        lowest.tick_params(labelbottom=True)
    for row in charts:
        row[0].set_ylabel("share of judged parts")
    lines, names = charts[0, 0].get_legend_handles_labels()
    figure.legend(lines, names, loc="outside lower center", ncols=3, fontsize="small")
    pictures = max((p.found.of for c in found.kinds for p in c.points), default=0)
    figure.suptitle(
        f"What is found at {found.px_per_mm:g} px per mm: up to {pictures} judged parts a point, "
        f"{found.false_alarms.of} good ones; bars and band are 95 % intervals"
    )
    return saved(figure, out)


def _curve(
    chart: Axes, sizes: list[float], shares: list[ShareFigure], name: str, colour: str
) -> None:
    known = [
        (size, each.share, each)
        for size, each in zip(sizes, shares, strict=True)
        if each.share is not None
    ]
    if not known:
        return
    x, y = [size for size, _, _ in known], [share for _, share, _ in known]
    below = [max(share - each.low, 0.0) for _, share, each in known]
    above = [max(each.high - share, 0.0) for _, share, each in known]
    style = "-" if name == "found" else "--"
    chart.errorbar(
        x,
        y,
        [below, above],
        label=name,
        color=colour,
        marker="o",
        markersize=4,
        capsize=2,
        linestyle=style,
    )


def _title(curve: DefectKindFigures) -> str:
    name = curve.kind.replace("_", " ")
    if curve.smallest_mm is None:
        return f"{name}: not sure at any size"
    return f"{name}: from {curve.smallest_mm:g} mm"
