"""Verb about the box: `doctor`."""

import time
from pathlib import Path
from typing import Annotated

import typer

from components.cli.output import (
    HomeOption,
    JsonOption,
    friendly,
    open_home,
    print_json,
    print_table,
)
from components.home import Home
from components.settings.health import HealthSettings

OnlyOption = Annotated[
    list[str] | None,
    typer.Option("--only", help="Make this check alone; may be given several times."),
]
EveryOption = Annotated[
    float | None,
    typer.Option("--every", min=1, help="Look again every so many seconds, until Ctrl-C."),
]


def add_to(app: typer.Typer) -> None:
    """Add the verbs of this module."""
    app.command("doctor")(friendly(doctor))


def doctor(
    home: HomeOption = Path(),
    only: OnlyOption = None,
    every: EveryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check everything this box needs; exit code 1 if something does not work.

    What was found is written as metrics too, unless only some checks were made.
    """
    place = open_home(home, writable=False)
    settings = HealthSettings.load(place.configs)
    healthy = _look(place, settings, only or [], as_json)
    while every is not None:
        time.sleep(every)
        healthy = _look(place, settings, only or [], as_json)
    if not healthy:
        raise typer.Exit(1)


def _look(home: Home, settings: HealthSettings, only: list[str], as_json: bool) -> bool:
    """Make the checks, print and report them; return whether everything works."""
    from components.operations.health.checking import Box, as_rows, examine, report_health

    box = Box(home, settings)
    diagnoses = list(examine(box, only))
    if not only:
        report_health(box, diagnoses)
    rows = as_rows(diagnoses)
    if as_json:
        for row in rows:
            print_json(row)
    else:
        print_table(f"Doctor: {home.root}", rows)
    return all(row["state"] != "fault" for row in rows)
