"""What came out of the checks.

A *check* is one expectation about one table; a *suite* is the checks of one table. A check that
looked at no value at all did not run, whatever Great Expectations says about it, and a suite with
such a check has not passed: a misspelt column or an empty table must not look like good data.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Severity = Literal["critical", "warning"]
State = Literal["passed", "failed", "not run"]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check found.

    Attributes:
        name: Unique in its suite.
        text: What is expected, with its limits and units.
        advice: What to do when it fails.
        severity: `critical` stops a run, `warning` is shown only.
        state: `not run` also covers a check that raised or looked at no value.
        observed: What was found, in words and figures.
        looked_at: Number of values judged; rows without a value are not counted.
        failing: Number of rows that fail.
        rows: The first failing rows: the columns that name a row, and the value.
        problem: Why the check did not run; else empty.
    """

    name: str
    text: str
    advice: str
    severity: Severity
    state: State
    observed: str
    looked_at: int
    failing: int
    rows: tuple[Mapping[str, Any], ...] = ()
    problem: str = ""

    @property
    def stops(self) -> bool:
        """Whether a run must not go on: a check that did not run always stops it."""
        return self.state == "not run" or (self.state == "failed" and self.severity == "critical")


@dataclass(frozen=True, slots=True)
class SuiteResult:
    """What the checks of one table found.

    Attributes:
        name: The table's name.
        table_rows: Length of the table.
        expected: Number of checks that the suite holds.
        checks: One for each check that the suite holds, in the suite's order.
    """

    name: str
    table_rows: int
    expected: int
    checks: tuple[CheckResult, ...]

    @property
    def ran(self) -> int:
        """Number of checks that judged at least one value."""
        return sum(check.state != "not run" for check in self.checks)

    @property
    def passed(self) -> bool:
        """Whether every check ran and no critical one failed."""
        return self.ran == self.expected and not any(check.stops for check in self.checks)


@dataclass(frozen=True, slots=True)
class ValidationReport:
    """What the checks of a dataset found.

    Attributes:
        suites: One a table.
        page: The report for people, one HTML file.
        json: The same for machines.
        data_docs: First page of Great Expectations' own pages; None if they are switched off.
    """

    suites: tuple[SuiteResult, ...]
    page: Path
    json: Path
    data_docs: Path | None

    @property
    def passed(self) -> bool:
        """Whether a network may be trained on this dataset."""
        return bool(self.suites) and all(suite.passed for suite in self.suites)

    @property
    def expected(self) -> int:
        """Number of checks in all suites."""
        return sum(suite.expected for suite in self.suites)

    @property
    def ran(self) -> int:
        """Number of checks that judged at least one value."""
        return sum(suite.ran for suite in self.suites)

    @property
    def warnings(self) -> tuple[CheckResult, ...]:
        """Checks that failed and do not stop a run."""
        return tuple(
            check
            for suite in self.suites
            for check in suite.checks
            if check.state == "failed" and not check.stops
        )
