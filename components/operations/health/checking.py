"""What the doctor finds on a box: a list of findings, and the same as metrics.

A *check* looks at one thing and returns a finding: good, a warning (works, but not for long or not
as well as it should), a fault (does not work) or left out (there is nothing to look at). A check
that cannot be made because of an error raised on purpose is a fault with that error's sentence.
"""

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from components.errors import PipelineError, SettingsError
from components.home import Home
from components.operations.stages import batch_metrics as metrics
from components.operations.stages.metric_files import Sample
from components.operations.stages.metrics import report_champion, write_own_metrics
from components.settings.health import HealthSettings

State = Literal["good", "warning", "fault", "left out"]
SEVERITIES: dict[State, int] = {"good": 0, "warning": 1, "fault": 2}


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found.

    Attributes:
        state: How it is.
        found: In words and figures.
        advice: What to do; empty if it is good.
        samples: Figures for Prometheus beside the state.
    """

    state: State
    found: str
    advice: str = ""
    samples: tuple[Sample, ...] = ()


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A finding with the name of its check.

    Attributes:
        check: Name.
        finding: What it found.
    """

    check: str
    finding: Finding


@dataclass(frozen=True, slots=True)
class Box:
    """What is looked at.

    Attributes:
        home: Its home folder.
        settings: What it must have.
    """

    home: Home
    settings: HealthSettings


Check = Callable[[Box], Finding]


def all_checks() -> dict[str, Check]:
    """Return every check by its name, in the order people read them."""
    from components.operations.health import home as health_home
    from components.operations.health import machine as health_machine
    from components.operations.health import network as health_network
    from components.operations.health import programs as health_programs
    from components.operations.health import stored as health_stored

    return {
        **health_machine.CHECKS,
        **health_home.CHECKS,
        **health_stored.CHECKS,
        **health_programs.CHECKS,
        **health_network.CHECKS,
    }


def examine(box: Box, only: Collection[str] = ()) -> Iterator[Diagnosis]:
    """Yield what each check found.

    Args:
        box: What is looked at.
        only: Names of the checks to make; all if empty.

    Raises:
        SettingsError: If there is no check of such a name.
    """
    checks = all_checks()
    if unknown := sorted(set(only) - set(checks)):
        raise SettingsError(
            f"{', '.join(unknown)}: there is no such check; choose of {', '.join(checks)}"
        )
    for name, check in checks.items():
        if not only or name in only:
            yield Diagnosis(name, _made(check, box))


def _made(check: Check, box: Box) -> Finding:
    try:
        return check(box)
    except (PipelineError, OSError) as error:
        return Finding("fault", str(error), "see the sentence beside")


def report_health(box: Box, diagnoses: Collection[Diagnosis]) -> None:
    """Write findings and champion as metrics, so that rules can watch what the doctor sees.

    Only a full examination may be reported: a file that lacks checks would look like recovery.
    """
    samples = [Sample(metrics.HEALTH_CHECKED, time.time())]
    for diagnosis in diagnoses:
        finding = diagnosis.finding
        if finding.state in SEVERITIES:
            severity = SEVERITIES[finding.state]
            samples.append(Sample(metrics.HEALTH_STATE, severity, (diagnosis.check,)))
        samples += finding.samples
    write_own_metrics(box.home, "health", samples)
    try:
        report_champion(box.home)
    except PipelineError:
        # The check of the model says what is wrong with it.
        return


def as_rows(diagnoses: Sequence[Diagnosis]) -> list[dict[str, str]]:
    """Return findings as the rows of a table."""
    return [
        {
            "check": diagnosis.check,
            "state": diagnosis.finding.state,
            "found": diagnosis.finding.found,
            "advice": diagnosis.finding.advice,
        }
        for diagnosis in diagnoses
    ]
