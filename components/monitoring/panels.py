"""A panel as this project declares it, and its form for Grafana.

Queries may use the variable `$box`; `$__rate_interval` is Grafana's. Colours tell what needs a
person: green is well, orange wants a look, red wants it now.
"""

from dataclasses import dataclass
from typing import Literal

from grafana_foundation_sdk.builders import common as common_builders
from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.builders import prometheus, stat, timeseries
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models.dashboard import (
    DashboardLinkType,
    DataSourceRef,
    Threshold,
    ThresholdsMode,
)

SOURCE = DataSourceRef(type_val="prometheus", uid="prometheus")
"""The data source of monitoring/grafana/provisioning."""

GREEN, ORANGE, RED = "green", "orange", "red"
NO_CAMERA = "no camera agent runs here"
HEIGHTS = {"lines": 7, "number": 4}
"""In rows of Grafana's grid."""

Panel = timeseries.Panel | stat.Panel


@dataclass(frozen=True, slots=True)
class Query:
    """One query of a panel.

    Attributes:
        expression: PromQL.
        legend: Name of its lines; `{{label}}` is replaced.
    """

    expression: str
    legend: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One panel.

    Attributes:
        title: What it shows, in words.
        queries: Where from.
        unit: Grafana's name of the unit, such as `s`, `bytes`, `percentunit`, `short`.
        kind: `lines` over time, or a `number` of now for each series.
        help: What to make of it; shown behind the title.
        steps: Values from which another colour holds, rising; green below the first.
        width: Of the 24 columns of a page.
        runbook: Alert whose page helps; empty if none is near.
        absent: Why there may be no data on a box that is well; empty if there must be some.
    """

    title: str
    queries: tuple[Query, ...]
    unit: str
    kind: Literal["lines", "number"] = "lines"
    help: str = ""
    steps: tuple[tuple[float, str], ...] = ()
    width: int = 8
    runbook: str = ""
    absent: str = ""


def panel(shown: Shown, number: int) -> Panel:
    """Return the form for Grafana.

    Args:
        shown: What is declared.
        number: Of the panel on its page, so that links to it stay.
    """
    made: Panel = _lines() if shown.kind == "lines" else _number()
    made.id(number).title(shown.title).datasource(SOURCE).unit(shown.unit)
    made.span(shown.width).height(HEIGHTS[shown.kind]).thresholds(_thresholds(shown.steps))
    if shown.help:
        made.description(shown.help)
    if shown.absent:
        made.no_value(shown.absent)
    if shown.runbook:
        made.links([_runbook(shown.runbook)])
    for letter, query in zip("ABCDEFGH", shown.queries, strict=False):
        target = prometheus.Dataquery().expr(query.expression).ref_id(letter).datasource(SOURCE)
        target.legend_format(query.legend or "__auto")
        made.with_target(target.range() if shown.kind == "lines" else target.instant())
    return made


def _lines() -> timeseries.Panel:
    """Return an empty panel of lines that leaves gaps where nothing was measured."""
    legend = (
        common_builders.VizLegendOptions()
        .display_mode(common.LegendDisplayMode.LIST)
        .placement(common.LegendPlacement.BOTTOM)
        .show_legend(True)
    )
    tooltip = common_builders.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI)
    dashed = common_builders.GraphThresholdsStyleConfig().mode(
        common.GraphThresholdsStyleMode.DASHED
    )
    made = timeseries.Panel().legend(legend).tooltip(tooltip).thresholds_style(dashed)
    return made.line_width(1).fill_opacity(8).show_points(common.VisibilityMode.NEVER)


def _number() -> stat.Panel:
    """Return an empty panel of numbers, coloured by their thresholds."""
    last = common_builders.ReduceDataOptions().calcs(["lastNotNull"])
    made = stat.Panel().reduce_options(last).graph_mode(common.BigValueGraphMode.NONE)
    return made.color_mode(common.BigValueColorMode.BACKGROUND)


def _thresholds(steps: tuple[tuple[float, str], ...]) -> builders.ThresholdsConfig:
    marks = [Threshold(None, GREEN), *(Threshold(value, colour) for value, colour in steps)]
    return builders.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(marks)


def _runbook(alert: str) -> builders.DashboardLink:
    """Return a link to a page that Prometheus shows by itself."""
    link = builders.DashboardLink(f"Runbook {alert}").type(DashboardLinkType.LINK)
    return link.url(f"${{prometheus}}/consoles/{alert}.md").target_blank(True)
