"""Pictures of the dashboards' data without a Grafana: for documents, and to see that data is there.

They show what each panel's queries give, in the panels' places and colours. They are not Grafana's
drawing. `python -m components.monitoring.preview http://127.0.0.1:9090 FOLDER` writes one a page.
"""

import json
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import httpx
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from components.monitoring.pages import Page, page_json
from components.monitoring.panels import GREEN, Shown
from components.monitoring.write import PAGES

Series = dict[str, Any]
"""One series of an answer of Prometheus: `metric` and `value` or `values`."""

_COLUMNS = 24
_INCH_PER_COLUMN, _INCH_PER_ROW = 0.55, 0.33
_DPI = 80
_COLOURS = {"green": "#3f9c4b", "orange": "#d9822b", "red": "#c4312f"}
_STEPS = 120
_MOST_NUMBERS = 12


def write_previews(prometheus: str, folder: Path, minutes: float) -> list[Path]:
    """Draw every page.

    Args:
        prometheus: Its URL.
        folder: Where the pictures go, `dashboard-UID.png`; made if needed.
        minutes: How far the lines go back.

    Returns:
        Paths of the pictures.

    Raises:
        httpx.HTTPError: If Prometheus does not answer.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with httpx.Client(base_url=f"{prometheus}/api/v1", timeout=20) as client:
        for page in PAGES:
            written.append(folder / f"dashboard-{page.uid}.png")
            _draw(page, client, minutes).savefig(written[-1], dpi=_DPI)
    return written


def _draw(page: Page, client: httpx.Client, minutes: float) -> Figure:
    places = json.loads(page_json(page))["panels"]
    rows = max(place["gridPos"]["y"] + place["gridPos"]["h"] for place in places)
    figure = Figure(figsize=(_COLUMNS * _INCH_PER_COLUMN, rows * _INCH_PER_ROW))
    shown = iter(page.panels)
    for place in places:
        at = place["gridPos"]
        if place["type"] == "row":
            figure.text(0.01, 1 - (at["y"] + 0.8) / rows, place["title"], weight="bold")
            continue
        panel = next(shown)
        # Room for the title above, the axis below and to the left.
        box = (at["x"] + 1.1, rows - at["y"] - at["h"] + 0.9, at["w"] - 1.5, at["h"] - 2.0)
        axes = figure.add_axes((box[0] / _COLUMNS, box[1] / rows, box[2] / _COLUMNS, box[3] / rows))
        axes.set_title(textwrap.fill(panel.title, 9 * panel.width), fontsize=7, loc="left")
        if panel.kind == "lines":
            _draw_lines(axes, panel, client, minutes)
        else:
            _draw_numbers(axes, panel, client)
    return figure


def _draw_lines(axes: Axes, panel: Shown, client: httpx.Client, minutes: float) -> None:
    now = time.time()
    span = {"start": now - 60 * minutes, "end": now, "step": 60 * minutes / _STEPS}
    for query in panel.queries:
        for series in _ask(client, "query_range", query.expression, span):
            moments = [(float(moment) - now) / 60 for moment, _ in series["values"]]
            values = [float(value) for _, value in series["values"]]
            axes.plot(moments, values, linewidth=1, label=_name(query.legend, series))
    axes.tick_params(labelsize=6)
    axes.yaxis.get_offset_text().set_fontsize(6)
    axes.set_xlim(-minutes, 0)
    axes.grid(alpha=0.3)
    if axes.lines:
        axes.legend(fontsize=5, loc="upper left", ncols=2, framealpha=0.6)
    else:
        axes.text(0.5, 0.5, _why(panel), fontsize=6, ha="center", transform=axes.transAxes)


def _draw_numbers(axes: Axes, panel: Shown, client: httpx.Client) -> None:
    axes.set_axis_off()
    found = [
        (_name(query.legend, series), float(series["value"][1]))
        for query in panel.queries
        for series in _ask(client, "query", query.expression, {})
    ][:_MOST_NUMBERS]
    if not found:
        axes.text(0.5, 0.5, _why(panel), fontsize=6, ha="center", va="center")
    each_row = max(1, panel.width // 3, -(-len(found) // 2))
    rows = -(-len(found) // each_row)
    for index, (name, value) in enumerate(found):
        axes.text(
            (index % each_row + 0.5) / min(len(found), each_row),
            1 - (index // each_row + 0.5) / rows,
            f"{value:.4g}\n{name}",
            fontsize=6,
            ha="center",
            va="center",
            color="white",
            bbox={"facecolor": _COLOURS[_colour(panel, value)], "edgecolor": "none"},
        )


def _ask(client: httpx.Client, path: str, expression: str, span: dict[str, float]) -> list[Series]:
    whole = expression.replace("$__rate_interval", "1m").replace("$box", ".*")
    answer = client.get(f"/{path}", params={"query": whole, **span}).raise_for_status()
    found: list[Series] = answer.json()["data"]["result"]
    return found


def _why(panel: Shown) -> str:
    """Return why a panel may be empty, in lines that fit its width."""
    return textwrap.fill(panel.absent, 7 * panel.width)


def _name(legend: str, series: Series) -> str:
    """Return a series' name by its panel's pattern."""
    for label, value in series["metric"].items():
        legend = legend.replace(f"{{{{{label}}}}}", value)
    return legend


def _colour(panel: Shown, value: float) -> str:
    """Return the colour of the highest step that a value reaches."""
    reached = [colour for start, colour in panel.steps if value >= start]
    return reached[-1] if reached else GREEN


if __name__ == "__main__":
    for picture in write_previews(sys.argv[1], Path(sys.argv[2]), minutes=60):
        sys.stdout.write(f"{picture}\n")
