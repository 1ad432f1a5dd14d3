"""The report for people: one HTML file that needs no network, no script and no other file."""

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from components.domain import SPLITS
from components.validation.charts import class_bars, dataset_histograms
from components.validation.outcome import ValidationReport
from components.validation.statistics import Statistics

TEMPLATE = "page.html.j2"


def render_page(report: ValidationReport, statistics: Statistics) -> str:
    """Return the page of a report.

    Args:
        report: What the checks found; links are relative to the page's folder.
        statistics: What was measured: for the charts.
    """
    environment = Environment(
        loader=PackageLoader("components.validation", "."),
        autoescape=select_autoescape(["html.j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    parts = int(statistics.annotations["is_part"].astype(bool).sum())
    folder = report.page.parent
    return environment.get_template(TEMPLATE).render(
        report=report,
        stopping=[(s, c) for s in report.suites for c in s.checks if c.stops],
        warnings=[
            (s, c) for s in report.suites for c in s.checks if c.state == "failed" and not c.stops
        ],
        counts={
            "pictures": len(statistics.images),
            "objects": len(statistics.annotations),
            "of them parts": parts,
            "files": len(statistics.files),
            "groups of scenes": int(statistics.images["group"].nunique()),
        },
        splits=SPLITS,
        histograms=dataset_histograms(statistics.images, statistics.annotations),
        classes=class_bars(statistics.annotations, statistics.labels),
        json_link=report.json.name,
        docs_link=report.data_docs.relative_to(folder) if report.data_docs else None,
    )
