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

VersionOrChampion = Annotated[
    str | None,
    typer.Argument(help="Version, or its first letters; the champion's if not given."),
]
VersionArgument = Annotated[
    str, typer.Argument(help="Version, or its first letters.", metavar="VERSION")
]


def add_to(app: typer.Typer) -> None:
    """Add the verbs of this module."""
    registry = typer.Typer(help="The registry: versions and the champion.", no_args_is_help=True)
    registry.command("list")(friendly(list_models))
    registry.command("show")(friendly(show_model))
    registry.command("diff")(friendly(show_differences))
    registry.command("promote")(friendly(promote_model))
    registry.command("rollback")(friendly(roll_back))
    registry.command("export")(friendly(export_file))
    registry.command("import")(friendly(import_file))
    registry.command("keys")(friendly(make_signing_keys))
    app.add_typer(registry, name="models")


def list_models(home: HomeOption = Path(), as_json: JsonOption = False) -> None:
    """List the versions, oldest first."""
    from components.modeling.champion import read_champion
    from components.modeling.registry import ModelRegistry

    registry = ModelRegistry(open_home(home, writable=False).registry)
    # A damaged champion must not hide the versions one could go back to.
    champion = read_champion(registry.champion_file)
    versions = registry.list()
    rows = [
        {
            "version": version.version,
            "champion": champion is not None and champion.version == version.version,
            "created": version.created.isoformat(timespec="seconds"),
            "drawings": version.card.labels,
            "served map": version.card.metrics.get("test_registered_map"),
            "network map": version.card.metrics.get("test_map"),
            "precision": version.card.precision,
        }
        for version in versions
    ]
    if as_json:
        for row in rows:
            print_json(row)
    else:
        counts = [{"drawings": len(version.card.labels)} for version in versions]
        print_table(
            "Released models", [row | count for row, count in zip(rows, counts, strict=True)]
        )


def show_model(
    version: VersionOrChampion = None, home: HomeOption = Path(), as_json: JsonOption = False
) -> None:
    """Show the card of a version and what was seen of it on this box."""
    from rich.markdown import Markdown

    from components.files import plain
    from components.modeling.card_page import to_markdown
    from components.modeling.notes import note_lines, read_notes
    from components.modeling.registry import ModelRegistry
    from components.operations.pipeline.releases import champion_of

    place = open_home(home, writable=False)
    registry = ModelRegistry(place.registry)
    found = champion_of(place) if version is None else registry.get(version)
    notes = read_notes(registry.root, found.version)
    if as_json:
        print_json(plain(found.card) | {"version": found.version, "notes": notes})
    else:
        console.print(Markdown(to_markdown(found.card, found.version) + note_lines(notes)))


def show_differences(
    first: VersionArgument,
    second: VersionArgument,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Show in what two versions differ: drawings, dataset, settings, code, figures."""
    from components.files import plain
    from components.modeling.card_diff import differences
    from components.modeling.registry import ModelRegistry

    registry = ModelRegistry(open_home(home, writable=False).registry)
    one, other = registry.get(first), registry.get(second)
    rows = [plain(each) for each in differences(one.card, other.card)]
    if as_json:
        for row in rows:
            print_json(row)
    else:
        print_table(f"From {one.version} to {other.version}", rows)


def promote_model(version: VersionArgument, home: HomeOption = Path()) -> None:
    """Make a version the champion, unless the service does not turn ready on it.

    A running service turns to it by itself and is watched; else one is started for a moment. If it
    is not ready in time, the champion before is restored.
    """
    from components.operations.promotion.settling import promote_and_settle
    from components.operations.stages.metrics import report_champion

    place = open_home(home, writable=False)
    try:
        settled = promote_and_settle(place, version)
    finally:
        report_champion(place)
    where = settled.where or "a service started to try it"
    console.print(
        f"{settled.version} is the champion now: {where} was ready on it after "
        f"{settled.seconds:.1f} s."
    )


def roll_back(home: HomeOption = Path()) -> None:
    """Make the champion before this one the champion again."""
    from components.modeling.registry import ModelRegistry
    from components.operations.stages.metrics import report_champion

    place = open_home(home, writable=False)
    found = ModelRegistry(place.registry).rollback()
    report_champion(place)
    console.print(f"{found.version} is the champion again.")


def export_file(
    version: VersionArgument,
    file: Annotated[Path, typer.Argument(help="File to write.", metavar="FILE")],
    home: HomeOption = Path(),
    key: Annotated[
        Path | None,
        typer.Option("--key", help="Sign with this private key (PEM, Ed25519).", metavar="FILE"),
    ] = None,
) -> None:
    """Write a version to one file that another box can import, and sign it if a key is given."""
    from components.operations.promotion.transfer import export_version

    for path in export_version(open_home(home, writable=False), version, file, key):
        typer.echo(path)


def import_file(
    file: Annotated[Path, typer.Argument(help="File that `models export` wrote.", metavar="FILE")],
    home: HomeOption = Path(),
    trust: Annotated[
        list[Path] | None,
        typer.Option(
            "--trust",
            help="Take it only if this public key signed it, or one of `trusted_keys`.",
            metavar="FILE",
        ),
    ] = None,
) -> None:
    """Register the version in an exported file after checking its signature and hashes."""
    from components.operations.promotion.transfer import import_version

    found, signer = import_version(open_home(home), file, trust or ())
    signed = f"signed by {signer}" if signer else "its signature was not asked for"
    console.print(
        f"{found.version} is registered, {signed}; `dxfvision models promote` makes it serve."
    )


def make_signing_keys(
    private: Annotated[Path, typer.Argument(help="File for the private key.", metavar="FILE")],
    public: Annotated[Path, typer.Argument(help="File for the public key.", metavar="FILE")],
) -> None:
    """Make a pair of keys: the private one signs exports, the public one goes to other boxes."""
    from components.modeling.signing import make_keys

    make_keys(private, public)
    typer.echo(f"private, keep it: {private}\npublic, for trusted_keys elsewhere: {public}")
