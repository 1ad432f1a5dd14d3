"""The verb `drift`: are the service's pictures and answers still what they were?"""

from pathlib import Path
from typing import Annotated

import typer

from components.cli.output import HomeOption, JsonOption, console, friendly, open_home, print_json

AcceptOption = Annotated[
    bool,
    typer.Option("--accept", help="The newest pictures are as they should be: compare with them."),
]


def add_to(app: typer.Typer) -> None:
    """Add the verb of this module."""
    app.command("drift")(friendly(drift))


def drift(
    home: HomeOption = Path(), accept: AcceptOption = False, as_json: JsonOption = False
) -> None:
    """Compare the newest pictures with the first ones of this site; exit code 1 if they drifted."""
    from rich.markdown import Markdown

    from components.operations.drift.looking import check_drift, drift_page

    report = check_drift(open_home(home), accept)
    if as_json:
        print_json(report)
    else:
        console.print(Markdown(drift_page(report)))
    if report.state == "drifting":
        raise typer.Exit(1)
