"""Verbs about released models: `models ...`, `evaluate`, `predict`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from components.cli.output import (
    HomeOption,
    JsonOption,
    console,
    friendly,
    open_home,
    print_json,
    print_table,
    progress_bars,
)
from components.files import plain

VersionArgument = Annotated[
    str, typer.Argument(help="Version, or its first letters.", metavar="VERSION")
]
ScoreOption = Annotated[
    float | None,
    typer.Option("--score", min=0.0, max=1.0, help="Report no detection below this score."),
]

GROUPS = {
    "By size (visible pixels)": "by_size",
    "By visible share": "by_visibility",
    "By difference of colour to the surroundings": "by_contrast",
}


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
    app.command("evaluate")(friendly(evaluate_champion))
    app.command("predict")(friendly(predict_images))


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

    found = ModelRegistry(open_home(home, writable=False).registry).promote(version)
    console.print(f"{found.version} is the champion now.")


def roll_back(home: HomeOption = Path()) -> None:
    """Make the champion before this one the champion again."""
    from components.modeling.registry import ModelRegistry

    found = ModelRegistry(open_home(home, writable=False).registry).rollback()
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


def evaluate_champion(
    images: Annotated[Path, typer.Option("--images", help="Folder of the pictures.")],
    coco: Annotated[Path, typer.Option("--coco", help="COCO file with the truth.")],
    home: HomeOption = Path(),
    generic: Annotated[
        bool,
        typer.Option(
            "--generic", help="Measure the generic weights instead; all categories count as one."
        ),
    ] = False,
    report: Annotated[
        Path | None,
        typer.Option("--report", help="Folder that gets figures, charts and the worst pictures."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure the champion on any pictures with a COCO file; categories match by name."""
    from components.modeling.evaluate import evaluate
    from components.operations.releases import champion_of, generic_predictor, open_predictor

    place = open_home(home, writable=False)
    predictor = generic_predictor(place) if generic else open_predictor(champion_of(place))
    with progress_bars() as bars:
        one_label = predictor.card.labels[0] if generic else None
        figures = evaluate(predictor, images, coco, bars, one_label)
    if report is not None:
        from components.visualization.evaluation_report import write_evaluation

        write_evaluation(figures, images, coco, predictor, report)
    if as_json:
        print_json(figures)
        return
    names = ("pictures", "objects", "map", "map50", "agnostic_map", "miou")
    record = plain(figures)
    print_table(str(coco), [{name: record[name] for name in names}])
    print_table("By drawing", [{"drawing": key} | row for key, row in record["per_class"].items()])
    for title, key in GROUPS.items():
        if record[key]:
            print_table(title, record[key])
    reliability = record["reliability"]
    console.print(
        f"Scores: expected calibration error {reliability['expected_error']:.3f} "
        f"over {reliability['detections']} detections."
    )
    if report is not None:
        console.print(f"Charts and the worst pictures: {report}")


def predict_images(
    images: Annotated[list[Path], typer.Argument(help="Pictures.", metavar="IMAGE...")],
    home: HomeOption = Path(),
    score: ScoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find the parts in pictures with the champion, without a service."""
    from components.operations.inspectors import released_inspector
    from components.operations.releases import champion_of, picture_bytes
    from components.serving.answers import answer_picture
    from components.serving.schemas import PredictOptions
    from components.settings.serve import ServeSettings

    place = open_home(home, writable=False)
    settings = ServeSettings.load(place.configs)
    champion = champion_of(place)
    inspector = released_inspector(place, champion)
    for image in images:
        answer = answer_picture(
            picture_bytes(image),
            inspector,
            champion.version,
            PredictOptions(score_threshold=score),
            settings,
            str(image),
        )
        record = {"file": str(image)} | plain(answer)
        if as_json:
            print_json(record)
        else:
            print_table(str(image), [detection_row(item) for item in record["detections"]])


def detection_row(record: dict[str, Any]) -> dict[str, Any]:
    """Return what a table shows of one detection."""
    left, top, right, bottom = record["xyxy_px"]
    return {
        "label": record["label"],
        "score": record["score"],
        "box x0 y0 x1 y1 (px)": f"{left:.0f} {top:.0f} {right:.0f} {bottom:.0f}",
    }
