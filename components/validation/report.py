"""Checks a dataset and writes what was found: for people, for machines, for a flow.

dataset -> statistics (tables, Parquet) -> suites -> ValidationReport -> page, JSON, Data Docs
"""

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from components.dataset.card import load_dataset
from components.dataset.manifest import read_manifest
from components.errors import DatasetError, ValidationError
from components.files import write_json, write_text
from components.home import Home
from components.progress import Progress, stage
from components.settings.validation import ValidationSettings
from components.validation.expectations import dataset_suites
from components.validation.layout import Whole
from components.validation.outcome import CheckResult, SuiteResult, ValidationReport
from components.validation.statistics import Statistics, measure_dataset, write_tables

ROWS_IN_MESSAGE = 3


def report_folder(home: Home) -> Path:
    """Return where the report of the last checks lies."""
    return home.reports / "validation"


def report_pages(home: Home) -> dict[str, Path]:
    """Return the pages of the last checks: ours, and Great Expectations' if they were built."""
    folder = report_folder(home)
    pages = {"report": folder / "report.html", "data-docs": folder / "data_docs" / "index.html"}
    return {name: page for name, page in pages.items() if page.exists()}


def validate_dataset(
    home: Home, settings: ValidationSettings, progress: Progress
) -> ValidationReport:
    """Check the dataset of a home folder; every file is read and its hash compared.

    Writes the figures of every picture and object beside the dataset (Parquet) and the report to
    `reports/validation`: a page, JSON, and the Data Docs of Great Expectations.

    Args:
        home: Where the dataset is and the report goes.
        settings: The limits.
        progress: Is told of measured pictures and of judged tables.

    Raises:
        DatasetError: If there is no dataset or its manifest cannot be read.
    """
    card = load_dataset(home)
    whole = Whole(card.labels, card.total, card.files)
    samples = read_manifest(home.manifest)
    statistics = measure_dataset(home, samples, whole, settings.workers, progress)
    write_tables(home, statistics)
    report = judge_statistics(home, settings, statistics, progress)
    write_report(home, report, statistics)
    return report


def judge_statistics(
    home: Home, settings: ValidationSettings, statistics: Statistics, progress: Progress
) -> ValidationReport:
    """Run the suites on what was measured and build the Data Docs.

    Args:
        home: Where the report goes.
        settings: The limits.
        statistics: What was measured.
        progress: Is told of the judged tables.
    """
    # Here and not above: they load Great Expectations and SciPy, 4 s and 250 MB.
    from components.validation.data_docs import make_offline
    from components.validation.runner import run_suites
    from components.validation.tables import checked_tables

    folder = report_folder(home)
    docs = folder / "data_docs"
    shutil.rmtree(docs, ignore_errors=True)
    suites = dataset_suites(settings)
    with stage(progress, "Judging figures", len(suites), "tables") as bar:
        results = run_suites(
            suites,
            checked_tables(statistics),
            settings.report.failing_rows,
            docs if settings.report.data_docs else None,
        )
        bar.advance(len(suites), "")
    return ValidationReport(
        suites=results,
        page=folder / "report.html",
        json=folder / "report.json",
        data_docs=make_offline(docs) if settings.report.data_docs else None,
    )


def write_report(home: Home, report: ValidationReport, statistics: Statistics) -> None:
    """Write a report as a page for people and as JSON for machines."""
    from components.validation.page import render_page

    docs = report.data_docs.relative_to(home.root) if report.data_docs else None
    content = {
        "passed": report.passed,
        "ran": report.ran,
        "expected": report.expected,
        "page": report.page.relative_to(home.root),
        "data_docs": docs,
        "suites": [
            {**asdict(suite), "passed": suite.passed, "ran": suite.ran} for suite in report.suites
        ],
    }
    write_json(report.json, content)
    write_text(report.page, render_page(report, statistics))


def read_report(home: Home) -> ValidationReport:
    """Read the report of the last checks.

    Raises:
        DatasetError: If there is none, or it is damaged.
    """
    path = report_folder(home) / "report.json"
    try:
        content = json.loads(path.read_text("utf-8"))
        return ValidationReport(
            suites=tuple(_suite(record) for record in content["suites"]),
            page=home.root / content["page"],
            json=path,
            data_docs=home.root / content["data_docs"] if content["data_docs"] else None,
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(
            f"{path}: cannot be read as a report of checks ({type(error).__name__}: {error}); "
            "run `dxfvision validate`"
        ) from error


def require_passed(report: ValidationReport) -> None:
    """Do nothing if a network may be trained on the dataset.

    Raises:
        ValidationError: Naming every check that stops the run, its first rows and what to do.
    """
    if report.passed:
        return
    faults = [
        f"- {suite.name}/{check.name}: {describe(check)}"
        for suite in report.suites
        for check in suite.checks
        if check.stops
    ]
    raise ValidationError(
        f"{report.json}: {len(faults)} of {report.expected} checks stop the run "
        f"({report.ran} ran):\n" + "\n".join(faults) + f"\nSee {report.page}"
    )


def describe(check: CheckResult) -> str:
    """Return a sentence or two on a check that did not pass, with its first rows."""
    if check.state == "not run":
        return f"did not run: {check.problem}; expected: {check.text}; {check.advice}"
    found = f"{check.text}, found {check.observed}"
    if check.failing:
        rows = [
            ", ".join(f"{column} {_short(value)}" for column, value in row.items())
            for row in check.rows[:ROWS_IN_MESSAGE]
        ]
        more = check.failing - len(rows)
        named = "; ".join(rows) + (f"; and {more} more" if more > 0 else "")
        found += f"; {check.failing} of {check.looked_at} fail: {named}"
    return f"{found}; what to do: {check.advice}"


def _short(value: object) -> str:
    """Return a value of a row in few digits."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def check_rows(report: ValidationReport) -> list[dict[str, Any]]:
    """Return one flat row a check: for tables in a terminal or in a flow's artifacts."""
    return [
        {
            "suite": suite.name,
            "check": check.name,
            "state": check.state,
            "severity": check.severity,
            "expected": check.text,
            "observed": check.observed or check.problem,
            "judged": check.looked_at,
            "failing": check.failing,
        }
        for suite in report.suites
        for check in suite.checks
    ]


def _suite(record: dict[str, Any]) -> SuiteResult:
    """Return a suite from its JSON."""
    checks = tuple(
        CheckResult(**{**check, "rows": tuple(check["rows"])}) for check in record["checks"]
    )
    return SuiteResult(record["name"], record["table_rows"], record["expected"], checks)
