"""Verbs about released models: `models ...`."""

from pathlib import Path
from typing import Annotated

import typer

from components.cli.output import (
    HomeOption,
    JsonOption,
    console,
    friendly,
    open_home,
    print_json,
    print_table,
)

VersionArgument = Annotated[
    str, typer.Argument(help="Version, or its first letters.", metavar="VERSION")
]


def add_to(app: typer.Typer) -> None:
    """Add the verbs of this module."""
    registry = typer.Typer(help="The registry: versions and the champion.", no_args_is_help=True)
    registry.command("list")(friendly(list_models))
    registry.command("show")(friendly(show_model))
    registry.command("promote")(friendly(promote_model))
    registry.command("rollback")(friendly(roll_back))
    registry.command("export")(friendly(export_file))
    registry.command("import")(friendly(import_file))
    app.add_typer(registry, name="models")


def list_models(home: HomeOption = Path(), as_json: JsonOption = False) -> None:
    """List the versions, oldest first."""
    from components.modeling.registry import ModelRegistry

    registry = ModelRegistry(open_home(home, writable=False).registry)
    champion = registry.champion()
    rows = [
        {
            "version": version.version,
            "champion": champion is not None and champion.version == version.version,
            "created": version.created.isoformat(timespec="seconds"),
            "drawings": ", ".join(version.card.labels),
            "test map": version.card.metrics.get("test_map"),
        }
        for version in registry.list()
    ]
    if as_json:
        for row in rows:
            print_json(row)
    else:
        print_table("Released models", rows)


def show_model(
    version: VersionArgument, home: HomeOption = Path(), as_json: JsonOption = False
) -> None:
    """Show the card of a version."""
    from rich.markdown import Markdown

    from components.modeling.card_page import to_markdown
    from components.modeling.registry import ModelRegistry

    card = ModelRegistry(open_home(home, writable=False).registry).get(version).card
    if as_json:
        print_json(card)
    else:
        console.print(Markdown(to_markdown(card)))


def promote_model(version: VersionArgument, home: HomeOption = Path()) -> None:
    """Make a version the champion; a running service turns to it by itself."""
    from components.modeling.registry import ModelRegistry
    from components.operations.stage_metrics import report_champion

    place = open_home(home, writable=False)
    found = ModelRegistry(place.registry).promote(version)
    report_champion(place)
    console.print(f"{found.version} is the champion now.")


def roll_back(home: HomeOption = Path()) -> None:
    """Make the champion before this one the champion again."""
    from components.modeling.registry import ModelRegistry
    from components.operations.stage_metrics import report_champion

    place = open_home(home, writable=False)
    found = ModelRegistry(place.registry).rollback()
    report_champion(place)
    console.print(f"{found.version} is the champion again.")


def export_file(
    version: VersionArgument,
    file: Annotated[Path, typer.Argument(help="File to write.", metavar="FILE")],
    home: HomeOption = Path(),
) -> None:
    """Write a version to one file that another box can import."""
    from components.modeling.registry import ModelRegistry

    typer.echo(ModelRegistry(open_home(home, writable=False).registry).export(version, file))


def import_file(
    file: Annotated[Path, typer.Argument(help="File that `models export` wrote.", metavar="FILE")],
    home: HomeOption = Path(),
) -> None:
    """Register the version in an exported file after checking its hashes."""
    from components.modeling.registry import ModelRegistry

    found = ModelRegistry(open_home(home).registry).import_file(file)
    console.print(f"{found.version} is registered; `dxfvision models promote` makes it serve.")
