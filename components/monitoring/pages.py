"""A dashboard as this project declares it, and its form for Grafana."""

import json
from dataclasses import dataclass

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    VariableHide,
    VariableRefresh,
    VariableSort,
)

from components.monitoring.panels import SOURCE, Shown, panel

TAG = "dxfvision"
FIRST_HEADING = 100
"""Number of the first heading; panels count from 1."""


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under one heading.

    Attributes:
        title: The heading.
        panels: From left to right, then down.
    """

    title: str
    panels: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """One dashboard.

    Attributes:
        uid: Last part of its address and name of its file.
        title: Its name.
        help: Which question it answers.
        span: How far it looks back at first, such as `6h`.
        rows: What it shows.
    """

    uid: str
    title: str
    help: str
    span: str
    rows: tuple[Row, ...]

    @property
    def panels(self) -> tuple[Shown, ...]:
        """All panels, in their order."""
        return tuple(shown for row in self.rows for shown in row.panels)


def page_json(page: Page) -> str:
    """Return a dashboard as the JSON that Grafana reads."""
    made = (
        builders.Dashboard(f"dxfvision: {page.title}")
        .uid(f"dxfvision-{page.uid}")
        .description(page.help)
        .tags([TAG])
        .refresh("30s")
        .time(f"now-{page.span}", "now")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .readonly()
        .link(_other_pages())
        .with_variable(_boxes())
        .with_variable(_prometheus())
        .annotation(_releases())
    )
    number = 0
    for heading, row in enumerate(page.rows, FIRST_HEADING):
        made.with_row(builders.Row(row.title).id(heading))
        for shown in row.panels:
            number += 1
            made.with_panel(panel(shown, number))
    return json.dumps(made.build(), cls=JSONEncoder, indent=2, sort_keys=True) + "\n"


def _boxes() -> builders.QueryVariable:
    """Return the choice of boxes; all at first."""
    made = builders.QueryVariable("box").label("Box").query("label_values(up, box)")
    made.datasource(SOURCE).refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
    return made.sort(VariableSort.ALPHABETICAL_ASC).multi(True).include_all(True).all_value(".*")


def _prometheus() -> builders.TextBoxVariable:
    """Return where a browser finds Prometheus, which shows the runbooks."""
    made = builders.TextBoxVariable("prometheus").label("Prometheus")
    return made.default_value("http://127.0.0.1:9090").hide(VariableHide.HIDE_LABEL)


def _releases() -> builders.AnnotationQuery:
    """Return a mark at each moment another version became the champion."""
    made = builders.AnnotationQuery().name("Releases").datasource(SOURCE).enable(True)
    moment = 'dxfvision_champion_since_timestamp_seconds{box=~"$box"}'
    return made.icon_color("purple").expr(f"changes({moment}[2m]) > 0")


def _other_pages() -> builders.DashboardLink:
    made = builders.DashboardLink("dxfvision").type(DashboardLinkType.DASHBOARDS)
    return made.tags([TAG]).keep_time(True).include_vars(True)
