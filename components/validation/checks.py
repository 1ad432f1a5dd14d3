"""What a check is, before Great Expectations knows of it.

A check is declared as plain data, so that settings become suites without loading Great
Expectations (3 s); `runner` turns it into the expectation of that class name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.settings.validation import Limits
from components.validation.outcome import Severity

REGENERATE = "make the dataset again with `dxfvision generate`"
RANGES = "change the ranges in data_config.yaml, or the limit in validation_config.yaml"
REPORT = "the generator wrote something wrong: report it with this page and the seed"


@dataclass(frozen=True, slots=True)
class Check:
    """One expectation about one table.

    Attributes:
        name: Unique in its suite; lower case and dashes.
        text: What is expected, with limits and units: a sentence without a full stop.
        advice: What to do when it fails.
        expectation: Name of a class in `great_expectations.expectations`.
        arguments: Its arguments.
        severity: `critical` stops a run, `warning` is shown only.
    """

    name: str
    text: str
    advice: str
    expectation: str
    arguments: Mapping[str, Any]
    severity: Severity = "critical"


@dataclass(frozen=True, slots=True)
class Suite:
    """The checks of one table.

    Attributes:
        name: The table's name.
        keys: Columns that name a row to a person.
        checks: In the order of the report.
    """

    name: str
    keys: tuple[str, ...]
    checks: tuple[Check, ...]


def all_true(name: str, column: str, text: str, advice: str) -> Check:
    """Return a check that a column holds nothing but True."""
    return Check(
        name, text, advice, "ExpectColumnValuesToBeInSet", {"column": column, "value_set": [True]}
    )


def between(
    name: str,
    column: str,
    text: str,
    limits: Limits | tuple[float | None, float | None],
    advice: str,
    severity: Severity = "critical",
    mostly: float = 1.0,
) -> Check:
    """Return a check that a column stays within limits, both included; None is no limit.

    `mostly` is the share of the values, 0..1, that must.
    """
    low, high = (limits.min, limits.max) if isinstance(limits, Limits) else limits
    arguments = {"column": column, "min_value": low, "max_value": high, "mostly": mostly}
    share = f" in at least {mostly:.1%} of the rows" if mostly < 1.0 else ""
    stated = f"{text} is {range_words(low, high)}{share}"
    return Check(name, stated, advice, "ExpectColumnValuesToBeBetween", arguments, severity)


def none_of(name: str, column: str, text: str) -> Check:
    """Return a check that a count is 0: the generator never writes such a thing."""
    return between(name, column, f"Number of {text}", (0, 0), REPORT)


def at_least(name: str, column: str, text: str, least: float) -> Check:
    """Return a check that the generator wrote the same thing twice, as far as `least` says."""
    return between(name, column, text, (least, None), REPORT)


def range_words(low: float | None, high: float | None) -> str:
    """Return limits in words.

    Examples:
        >>> range_words(2.0, None), range_words(None, 0.5), range_words(1.0, 3.0)
        ('at least 2', 'at most 0.5', '1 to 3')
        >>> range_words(0.0, 0.0)
        '0'
    """
    if low is None or high is None:
        return f"at most {high:g}" if low is None else f"at least {low:g}"
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def not_empty(text: str) -> Check:
    """Return a check that the table has a row."""
    return Check("rows", text, REGENERATE, "ExpectTableRowCountToBeBetween", {"min_value": 1})


def has_columns(names: Sequence[str]) -> Check:
    """Return the schema's check of the table: every column that was to be measured."""
    return Check(
        "columns",
        f"The table has its {len(names)} measured columns",
        REPORT,
        "ExpectTableColumnsToMatchSet",
        {"column_set": list(names), "exact_match": False},
    )


def complete(columns: tuple[str, ...]) -> tuple[Check, ...]:
    """Return the schema's checks: each column that must have a value in each row."""
    return tuple(
        Check(
            f"{column.replace('_', '-')}-given",
            f"Every row has a value in {column}",
            REPORT,
            "ExpectColumnValuesToNotBeNull",
            {"column": column},
        )
        for column in columns
    )
