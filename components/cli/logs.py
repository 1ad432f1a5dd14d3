"""Verb `logs`: what all parts wrote, or what one request or run left in them."""

import json
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from components.cli.output import HomeOption, JsonOption, friendly, messages, open_home
from components.logs.lines import FIRST_FIELDS
from components.logs.reading import Line, Wanted, follow_logs, lines_of, read_logs
from components.settings.log import Level

RequestOption = Annotated[
    str | None,
    typer.Option(
        "--request", help="Of this request: X-Request-Id, or a record's id.", metavar="ID"
    ),
]
RunOption = Annotated[
    str | None,
    typer.Option("--run", help="Of this run, or of this Prefect flow run.", metavar="ID"),
]
PartOption = Annotated[
    str | None,
    typer.Option("--part", help="Of this part, such as service, camera, flow.", metavar="NAME"),
]
LevelOption = Annotated[Level, typer.Option("--level", help="Of this level and worse.")]
LastOption = Annotated[
    int, typer.Option("--last", min=1, help="At most so many of those that are there already.")
]
FollowOption = Annotated[
    bool, typer.Option("--follow", "-f", help="Then those that come, until Ctrl-C.")
]
FromOption = Annotated[
    typer.FileText | None,
    typer.Argument(
        help="Lines to read instead of the home folder's, such as what containers wrote; - is "
        "standard input.",
        metavar="[FILE]",
    ),
]

_LEVEL_STYLES = {"warning": "yellow", "error": "red", "critical": "red"}


def add_to(app: typer.Typer) -> None:
    """Add the verb of this module."""
    app.command("logs")(friendly(logs))


def logs(
    source: FromOption = None,
    home: HomeOption = Path(),
    request: RequestOption = None,
    run: RunOption = None,
    part: PartOption = None,
    level: LevelOption = "debug",
    last: LastOption = 1000,
    follow: FollowOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show what service, camera agent, flows and commands logged, in the order of time.

    Exit code 1 if no line was found.
    """
    wanted = Wanted(request, run, part, level)
    shown = 0
    with source or nullcontext():
        for line in _lines(source, home, wanted, last, follow):
            _show(line, as_json)
            shown += 1
    if not shown:
        messages.print("No such line was logged.")
        raise typer.Exit(1)


def _lines(
    source: typer.FileText | None, home: Path, wanted: Wanted, last: int, follow: bool
) -> Iterator[Line]:
    if source is not None:
        yield from lines_of(source, wanted)
        return
    folder = open_home(home, writable=False).logs
    yield from list(read_logs(folder, wanted))[-last:]
    if follow:
        yield from follow_logs(folder, wanted)


def _show(line: Line, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
        sys.stdout.flush()
        return
    others = " ".join(
        f"{name}={value}"
        for name, value in line.items()
        if name in ("request_id", "run_id") or name not in (*FIRST_FIELDS, "exception")
    )
    style = _LEVEL_STYLES.get(line["level"], "")
    text = f"{line['time']} {line['part']:<8} {line['level']:<7} {line['message']}  {others}"
    shown = typer.style(text, fg=style or None)
    typer.echo(shown)
    if "exception" in line:
        typer.echo(line["exception"])
