"""Dashboards are current, show only what exists and lead to runbooks."""

import json

import pytest

from components.monitoring.pages import Page, page_json
from components.monitoring.panels import Shown
from components.monitoring.write import PAGES
from tests.unit.monitoring.declarations import (
    MONITORING,
    declared_series,
    is_foreign,
    read_yaml,
    used_series,
)

FOLDER = MONITORING / "grafana" / "dashboards"
PANELS = [
    pytest.param(shown, id=f"{page.uid}: {shown.title}") for page in PAGES for shown in page.panels
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.uid)
def test_the_committed_json_is_current(page: Page) -> None:
    written = (FOLDER / f"{page.uid}.json").read_text("utf-8")
    assert written == page_json(page), "dashboards changed: `make monitoring`"


def test_no_file_is_left_of_a_page_that_has_gone() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == {page.uid for page in PAGES}


@pytest.mark.parametrize("shown", PANELS)
def test_a_panel_uses_declared_series_only(shown: Shown) -> None:
    for query in shown.queries:
        series = used_series(query.expression)
        assert series
        assert {name for name in series if not is_foreign(name)} <= declared_series()


@pytest.mark.parametrize("shown", PANELS)
def test_a_panel_leads_to_a_runbook_that_exists(shown: Shown) -> None:
    assert not shown.runbook or (MONITORING / "runbooks" / f"{shown.runbook}.md").exists()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.uid)
def test_the_json_is_what_grafana_11_reads(page: Page) -> None:
    content = json.loads(page_json(page))
    assert content["schemaVersion"] == 41
    panels = [panel for panel in content["panels"] if panel["type"] != "row"]
    assert [panel["title"] for panel in panels] == [shown.title for shown in page.panels]
    assert len({panel["id"] for panel in content["panels"]}) == len(content["panels"])
    for panel in panels:
        assert panel["datasource"] == {"type": "prometheus", "uid": "prometheus"}
        assert panel["fieldConfig"]["defaults"]["unit"]
        assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"][0]["value"] is None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.uid)
def test_panels_lie_side_by_side_and_do_not_overlap(page: Page) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in json.loads(page_json(page))["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        taken |= cells


def test_the_data_source_has_the_uid_that_panels_name() -> None:
    provisioning = MONITORING / "grafana" / "provisioning"
    (source,) = read_yaml(provisioning / "datasources" / "prometheus.yml")["datasources"]
    assert (source["uid"], source["type"]) == ("prometheus", "prometheus")


def test_a_query_with_more_letters_than_a_panel_has_is_not_lost() -> None:
    assert max(len(shown.queries) for page in PAGES for shown in page.panels) <= 8
