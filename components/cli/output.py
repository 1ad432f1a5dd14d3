"""What the command line prints: results on standard output, everything else on standard error.

`--json` prints one JSON object a line for machines; without it Rich prints tables for people. Exit
codes: 0 done, 1 the work failed or found faults, 2 wrong usage, 130 interrupted.
"""

import errno
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, ParamSpec, TypeVar

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from components.errors import HomeError, PipelineError
from components.files import plain
from components.home import Home
from components.operations.stages.console import ConsoleProgress
from components.progress import LogProgress, Progress, listening
from components.settings.base import Profile

P = ParamSpec("P")
R = TypeVar("R")

DISK_FAULTS = {
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EIO,
    errno.EROFS,
    errno.EACCES,
    errno.EPERM,
}
"""What is the user's to mend: a disk that is full, locked or not theirs."""

INTERRUPTED = "Interrupted. The same command goes on where this one stopped."
INTERRUPTED_CODE = 130
"""What shells give a command that Ctrl-C ended."""

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
DrawingsOption = Annotated[
    Path | None,
    typer.Option("--drawings", help="DXF files; the home folder's if not given.", metavar="DIR"),
]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Decides everything random.")]


def open_home(folder: Path, writable: bool = True) -> Home:
    """Return the home folder.

    Args:
        folder: The root.
        writable: Make its folders and demand room in it; else nothing is made and it must exist.

    Raises:
        HomeError: If it cannot be used as wanted.
    """
    home = Home(folder.resolve())
    if writable:
        home.prepare()
    elif not home.root.is_dir():
        raise HomeError(
            f"{home.root}: there is no such home folder; choose another with --home, or make one "
            "with `dxfvision run`"
        )
    return home


def friendly(command: Callable[P, R]) -> Callable[P, R]:
    """Turn errors raised on purpose, and a disk that takes no more, into one line and code 1."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except PipelineError as error:
            _print_fault(type(error).__name__, str(error))
            raise typer.Exit(1) from error
        except OSError as error:
            if error.errno not in DISK_FAULTS:
                raise
            _print_fault(
                "HomeError",
                f"{error.filename or 'the disk'}: cannot be used ({error.strerror}); make room or "
                "unlock it and give the same command again, or choose another folder with --home",
            )
            raise typer.Exit(1) from error
        except KeyboardInterrupt as error:
            messages.print(INTERRUPTED)
            raise typer.Exit(INTERRUPTED_CODE) from error

    return run


def _print_fault(kind: str, text: str) -> None:
    messages.print(f"[bold red]{kind}:[/] {escape(text)}", soft_wrap=True)


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
    """Print rows as a table; the first row's keys are the columns.

    The first column tells the rows apart and names are copied from it: it is not broken into lines
    where it fits half the terminal's width.
    """
    if not rows:
        console.print(f"{escape(title)}: nothing")
        return
    table = Table(title=escape(title), title_justify="left", header_style="bold")
    first, *others = rows[0]
    longest = max(cell_len(_shown(row[first])) for row in rows)
    table.add_column(first, overflow="fold", no_wrap=longest <= console.width // 2)
    for column in others:
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
