"""What the command line prints: results on standard output, everything else on standard error.

`--json` prints one JSON object a line for machines; without it Rich prints tables for people. Exit
codes: 0 done, 1 the work failed or found faults, 2 wrong usage, 130 interrupted.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, ParamSpec, TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from components.errors import PipelineError
from components.files import plain
from components.home import Home
from components.operations.console import ConsoleProgress
from components.progress import LogProgress, Progress, listening
from components.settings.base import Profile

P = ParamSpec("P")
R = TypeVar("R")

console = Console()
messages = Console(stderr=True)

HomeOption = Annotated[
    Path,
    typer.Option(
        "--home", envvar="DXFVISION_HOME", help="Folder in which everything lies.", metavar="DIR"
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a line, for machines.")]
ProfileOption = Annotated[
    Profile, typer.Option("--profile", help="How much work: row of `profiles` in the settings.")
]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Decides everything random.")]


def open_home(folder: Path) -> Home:
    """Return the prepared home folder."""
    home = Home(folder.resolve())
    home.prepare()
    return home


def friendly(command: Callable[P, R]) -> Callable[P, R]:
    """Turn errors raised on purpose into one line and exit code 1."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except PipelineError as error:
            messages.print(f"[bold red]{type(error).__name__}:[/] {escape(str(error))}")
            raise typer.Exit(1) from error
        except KeyboardInterrupt as error:
            messages.print("Interrupted. The same command goes on where this one stopped.")
            raise typer.Exit(130) from error

    return run


@contextmanager
def progress_bars() -> Iterator[Progress]:
    """Show bars at a terminal and log lines elsewhere, also inside flows."""
    if messages.is_terminal:
        with ConsoleProgress(messages) as bars, listening(bars):
            yield bars
    else:
        lines = LogProgress()
        with listening(lines):
            yield lines


def print_json(value: object) -> None:
    """Print one JSON object on one line."""
    sys.stdout.write(json.dumps(plain(value), ensure_ascii=False) + "\n")


def print_table(title: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Print rows as a table; the first row's keys are the columns."""
    if not rows:
        console.print(f"{escape(title)}: nothing")
        return
    table = Table(title=escape(title), title_justify="left", header_style="bold")
    for column in rows[0]:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(escape(_shown(value)) for value in row.values()))
    console.print(table)


def _shown(value: object) -> str:
    """Return a value as people read it: four significant digits, yes and no, a dash for none."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
