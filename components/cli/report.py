"""The verb `report`: one page about one model."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from components.cli.output import (
    HomeOption,
    JsonOption,
    console,
    friendly,
    open_home,
    print_json,
)


def add_to(app: typer.Typer) -> None:
    """Add the verb of this module."""
    app.command("report")(friendly(report))


def report(
    home: HomeOption = Path(),
    version: Annotated[
        str | None,
        typer.Option(
            "--version", help="Or the beginning of it; the champion if not given.", metavar="NAME"
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            help="HTML file; reports/models/VERSION.html of the home folder if not given.",
            metavar="FILE",
            dir_okay=False,
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write one page about a model: data, training, quality, mistakes, poses, speed, lineage.

    The page needs no other file and no network. What is not known is said with the command that
    makes it.
    """
    from components.visualization.model_report import write_model_report

    place = open_home(home, writable=False)
    page, gaps = write_model_report(place, version, out)
    if as_json:
        print_json({"page": page.resolve(), "missing": gaps})
        return
    for sentence in gaps.values():
        console.print(escape(sentence), soft_wrap=True)
    console.print(f"See {escape(str(page.resolve()))}", soft_wrap=True)
