"""Chart of what can be seen: share of faults that were found against their size."""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from components.files import replacing
from components.inspection.defects.bench import DefectBenchmark, DefectCurve, Share

DPI = 110


def plot_defects(found: DefectBenchmark, out: Path) -> Path:
    """Draw one chart for each kind of fault, with 95 % intervals and the false alarms.

    Args:
        found: What was measured.
        out: PNG file to write.

    Returns:
        `out`.
    """
    figure = Figure(figsize=(11, 6.4), dpi=DPI, layout="constrained")
    charts = figure.subplots(2, 3, sharex=True, sharey=True)
    for chart, curve in zip(charts.flat, found.curves, strict=True):
        sizes = [point.size_mm for point in curve.points]
        for shares, name, colour in (
            ([point.named for point in curve.points], "found and named right", "#9ecae1"),
            ([point.found for point in curve.points], "found", "#3182bd"),
        ):
            _curve(chart, sizes, shares, name, colour)
        low, high = found.false_alarms.interval
        chart.axhspan(low, high, color="#de2d26", alpha=0.15, linewidth=0)
        chart.axhline(found.false_alarms.value, color="#de2d26", label="false alarms, good parts")
        chart.axhline(found.least_detection, color="0.6", linewidth=0.8, linestyle=":")
        if curve.smallest_mm is not None:
            chart.axvline(curve.smallest_mm, color="0.6", linewidth=0.8, linestyle=":")
        chart.set(title=_title(curve), ylim=(-0.03, 1.03), xscale="log")
        chart.set_xticks(sizes)
        chart.minorticks_off()
        chart.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        chart.grid(alpha=0.25)
    for chart in charts[-1]:
        chart.set_xlabel("size of the fault, mm")
    for row in charts:
        row[0].set_ylabel("share of judged parts")
    lines, names = charts[0, 0].get_legend_handles_labels()
    figure.legend(lines, names, loc="outside lower center", ncols=3, fontsize="small")
    pictures = max((p.found.of for c in found.curves for p in c.points), default=0)
    figure.suptitle(
        f"What is found at {found.px_per_mm:g} px per mm: up to {pictures} judged parts a point, "
        f"{found.false_alarms.of} good ones; bars and band are 95 % intervals"
    )
    with replacing(out) as partial:
        figure.savefig(partial, format="png")
    return out


def _curve(chart: Axes, sizes: list[float], shares: list[Share], name: str, colour: str) -> None:
    known = [(size, share) for size, share in zip(sizes, shares, strict=True) if share.of]
    if not known:
        return
    x = [size for size, _ in known]
    y = [share.value for _, share in known]
    below = [share.value - share.interval[0] for _, share in known]
    above = [share.interval[1] - share.value for _, share in known]
    errors = [[max(v, 0.0) for v in side] for side in (below, above)]
    style = "-" if name == "found" else "--"
    chart.errorbar(
        x, y, errors, label=name, color=colour, marker="o", markersize=4, capsize=2, linestyle=style
    )


def _title(curve: DefectCurve) -> str:
    name = curve.kind.replace("_", " ")
    if curve.smallest_mm is None:
        return f"{name}: not sure at any size"
    return f"{name}: from {curve.smallest_mm:g} mm"
