"""Runs suites with Great Expectations and judges what it answers.

Great Expectations takes 3 s and 200 MB to load, so this module is imported where it is used. The
context lives in memory, its pages go to a folder, nothing is sent anywhere: version 1.24 has no
analytics code, and the switch is set for those that have. Whole rows never enter its results,
only the columns that name a row and the value, and no more rows than asked for.
"""

import logging
import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from components.files import plain
from components.validation.checks import Check, Suite
from components.validation.outcome import CheckResult, State, SuiteResult

os.environ["GX_ANALYTICS_ENABLED"] = "false"
with warnings.catch_warnings():
    # It imports `sre_constants`, deprecated since Python 3.11.
    warnings.simplefilter("ignore", DeprecationWarning)
    import great_expectations as gx
    from great_expectations import expectations as gx_expectations
    from great_expectations.checkpoint.actions import UpdateDataDocsAction
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

logging.getLogger("great_expectations").setLevel(logging.ERROR)

SITE = "dataset"


def run_suites(
    suites: Sequence[Suite],
    tables: Mapping[str, pd.DataFrame],
    failing_rows: int,
    data_docs: Path | None,
) -> tuple[SuiteResult, ...]:
    """Check each table with its suite.

    Args:
        suites: Their names are the tables' names.
        tables: Each with at least the columns that its suite names.
        failing_rows: Most rows to name for one check.
        data_docs: Folder for the pages of Great Expectations; None for no pages.

    Returns:
        One result a suite, in the same order.

    Raises:
        ValueError: If a check names no expectation of Great Expectations, or has arguments that
            its expectation does not take.
    """
    context = gx.get_context(mode="ephemeral", project_config=_project(data_docs))
    source = context.data_sources.add_pandas("dataset")
    results = []
    for suite in suites:
        table = tables[suite.name]
        answers = _answers(context, source, suite, table, failing_rows, data_docs is not None)
        results.append(judge(suite, answers, table))
    return tuple(results)


def judge(suite: Suite, answers: Sequence[Mapping[str, Any]], table: pd.DataFrame) -> SuiteResult:
    """Turn the answers of Great Expectations into a result for every check of the suite.

    Args:
        suite: What should have run.
        answers: Each as `ExpectationValidationResult.to_json_dict` gives it.
        table: What was checked.
    """
    by_name: dict[str, list[Mapping[str, Any]]] = {}
    for answer in answers:
        name = answer["expectation_config"].get("meta", {}).get("check", "")
        by_name.setdefault(name, []).append(answer)
    checks = tuple(
        _check_result(suite, check, by_name.get(check.name, []), table) for check in suite.checks
    )
    return SuiteResult(suite.name, len(table), len(suite.checks), checks)


def _project(data_docs: Path | None) -> DataContextConfig:
    """Return a configuration that keeps everything in memory but the pages."""
    sites = {}
    if data_docs is not None:
        store = {
            "class_name": "TupleFilesystemStoreBackend",
            "base_directory": str(data_docs.absolute()),
        }
        sites[SITE] = {
            "class_name": "SiteBuilder",
            "show_how_to_buttons": False,
            "store_backend": store,
        }
    return DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(),
        data_docs_sites=sites,
        analytics_enabled=False,
        progress_bars=ProgressBarsConfig(globally=False, metric_calculations=False),
    )


def _answers(
    context: Any, source: Any, suite: Suite, table: pd.DataFrame, failing_rows: int, docs: bool
) -> list[Mapping[str, Any]]:
    """Run one suite on its table and return what Great Expectations says of each expectation."""
    asset = source.add_dataframe_asset(suite.name)
    definition = gx.ValidationDefinition(
        name=suite.name,
        data=asset.add_batch_definition_whole_dataframe("whole"),
        suite=context.suites.add(
            gx.ExpectationSuite(
                name=suite.name, expectations=[_expectation(check) for check in suite.checks]
            )
        ),
    )
    checkpoint = gx.Checkpoint(
        name=suite.name,
        validation_definitions=[context.validation_definitions.add(definition)],
        actions=[UpdateDataDocsAction(name="pages", site_names=[SITE])] if docs else [],
        result_format={
            "result_format": "SUMMARY",
            "partial_unexpected_count": failing_rows,
            "unexpected_index_column_names": list(suite.keys),
        },
    )
    outcome = context.checkpoints.add(checkpoint).run(
        batch_parameters={"dataframe": table}, run_id=gx.RunIdentifier(run_name="validate")
    )
    return [result.to_json_dict() for run in outcome.run_results.values() for result in run.results]


def _expectation(check: Check) -> Any:
    """Return the check as an object of Great Expectations.

    Raises:
        ValueError: If there is no such expectation or it does not take these arguments.
    """
    kind = getattr(gx_expectations, check.expectation, None)
    if kind is None:
        raise ValueError(f"check {check.name}: Great Expectations has no {check.expectation}")
    return kind(
        **check.arguments,
        description=check.text,
        severity=check.severity,
        meta={"check": check.name},
    )


def _check_result(
    suite: Suite, check: Check, answers: Sequence[Mapping[str, Any]], table: pd.DataFrame
) -> CheckResult:
    """Judge one check by the answers that carry its name: there must be one."""
    problem = "" if len(answers) == 1 else f"{len(answers)} answers came back instead of one"
    answer: Mapping[str, Any] = answers[0] if answers else {}
    found: Mapping[str, Any] = answer.get("result") or {}
    problem = problem or _exception(answer)
    looked_at = _looked_at(found)
    if not problem and looked_at == 0:
        problem = "there was no value to look at"
    state: State = "not run" if problem else ("passed" if answer["success"] else "failed")
    return CheckResult(
        name=check.name,
        text=check.text,
        advice=check.advice,
        severity=check.severity,
        state=state,
        observed=_observed(check, found, table) if not problem else "",
        looked_at=looked_at,
        failing=int(found.get("unexpected_count") or 0),
        rows=tuple(
            _row(suite.keys, row) for row in found.get("partial_unexpected_index_list") or ()
        ),
        problem=problem,
    )


def _row(keys: Sequence[str], row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a failing row as plain values, what names it first."""
    values: dict[str, Any] = plain(dict(row))
    return {key: values.pop(key) for key in keys if key in values} | values


def _exception(answer: Mapping[str, Any]) -> str:
    """Return the message of an exception during the check, empty if there was none.

    Great Expectations gives either one record or a table of records by metric.
    """
    info = answer.get("exception_info") or {}
    records = [info, *(record for record in info.values() if isinstance(record, Mapping))]
    for record in records:
        if record.get("raised_exception"):
            return str(record.get("exception_message")).strip()
    return ""


def _looked_at(found: Mapping[str, Any]) -> int:
    """Return how many values a check judged; one for a check of the whole table."""
    if "element_count" in found:
        return int(found["element_count"]) - int(found.get("missing_count") or 0)
    return int(found.get("observed_value") is not None)


def _observed(check: Check, found: Mapping[str, Any], table: pd.DataFrame) -> str:
    """Return what was found in words: the span of a number, the count of the rest."""
    value = found.get("observed_value")
    if value is not None:
        return f"{len(value)} columns" if isinstance(value, list) else f"{value}"
    column = check.arguments.get("column")
    if column is not None and check.expectation == "ExpectColumnValuesToBeBetween":
        values = table[column].dropna()
        return f"{values.min():.4g} to {values.max():.4g}, median {values.median():.4g}"
    return f"{_looked_at(found) - int(found.get('unexpected_count') or 0)} of {_looked_at(found)}"
