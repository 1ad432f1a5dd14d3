"""Verbs about pictures: `predict` and `evaluate`, with the champion or another engine."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

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

ScoreOption = Annotated[
    float | None,
    typer.Option("--score", min=0.0, max=1.0, help="Report no detection below this score."),
]
EngineOption = Annotated[
    Literal["registered", "classical", "network", "template"],
    typer.Option(
        "--engine",
        help="Who answers: the network and registration, registration on what plain image "
        "processing finds, the network alone, or the OpenCV baseline from models/opencv_templates; "
        "classical and template need no network.",
    ),
]
GenericOption = Annotated[
    bool,
    typer.Option(
        "--generic",
        help="Take the generic weights and the drawings that were read last: nothing was trained "
        "on them.",
    ),
]

GROUPS = {
    "By size (visible pixels)": "by_size",
    "By visible share": "by_visibility",
    "By difference of colour to the surroundings": "by_contrast",
}
FIGURES = ("map", "map50", "agnostic_map", "agnostic_map50", "miou", "part_iou")


def add_to(app: typer.Typer) -> None:
    """Add the verbs of this module."""
    app.command("evaluate")(friendly(evaluate_engines))
    app.command("predict")(friendly(predict_images))


def evaluate_engines(
    images: Annotated[Path, typer.Option("--images", help="Folder of the pictures.")],
    coco: Annotated[Path, typer.Option("--coco", help="COCO file with the truth.")],
    home: HomeOption = Path(),
    engine: EngineOption = "registered",
    generic: GenericOption = False,
    compare: Annotated[
        bool,
        typer.Option("--compare", help="Measure the other engines, too, for one table of all."),
    ] = False,
    report: Annotated[
        Path | None,
        typer.Option("--report", help="Folder that gets figures, charts and the worst pictures."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure the champion on any pictures with a COCO file; categories match by name.

    Where the file tells poses, their errors are told, too.
    """
    from components.operations.pipeline.inspectors import ENGINES, measured, open_engine

    place = open_home(home, writable=False)
    others = [other for other in ENGINES if other != engine] if compare else []
    with progress_bars() as bars:
        found = [measured(place, each, generic, images, coco, bars) for each in (engine, *others)]
        if report is not None:
            from components.visualization.evaluation_report import write_evaluation

            detector, _ = open_engine(place, engine, generic, bars)
            write_evaluation(found[0].evaluation, images, coco, detector, report)
    records = [plain(each) for each in found]
    if as_json:
        own = records[0].pop("evaluation")
        rest = {record.pop("engine"): record for record in records[1:]}
        print_json(own | records[0] | ({"engines": rest} if compare else {}))
        return
    print_table(str(coco), engine_rows(records))
    print_details(records[0])
    if report is not None:
        console.print(f"Charts and the worst pictures: {report}")


def engine_rows(records: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a table of figures with a column for each engine, which fits a narrow terminal."""
    rows = [
        {"figure": name} | {each["engine"]: each["evaluation"][name] for each in records}
        for name in ("pictures", *FIGURES)
    ]
    named = {each["engine"]: each["class_accuracy"] for each in records}
    return [*rows, {"figure": "class_accuracy", **named}]


def print_details(record: dict[str, Any]) -> None:
    """Print the figures of one engine by drawing, by group and of its poses."""
    figures = record["evaluation"]
    print_table("By drawing", [{"drawing": key} | row for key, row in figures["per_class"].items()])
    for title, key in GROUPS.items():
        if figures[key]:
            print_table(title, figures[key])
    reliability = figures["reliability"]
    console.print(
        f"Scores: expected calibration error {reliability['expected_error']:.3f} "
        f"over {reliability['detections']} detections."
    )
    poses = record["poses"]
    if poses:
        spreads = {key: value for key, value in poses.items() if isinstance(value, dict)}
        print_table("Errors of poses", [{"error": key} | row for key, row in spreads.items()])
        console.print(
            f"{poses['matched']} of {poses['objects']} objects found; named right "
            f"{poses['class_accuracy']:.3f}, clear ones {poses['clear_accuracy']:.3f}; side right "
            f"{poses['side_right']:.3f} of {poses['sides']} with two sides."
        )


def predict_images(
    images: Annotated[list[Path], typer.Argument(help="Pictures.", metavar="IMAGE...")],
    home: HomeOption = Path(),
    score: ScoreOption = None,
    engine: EngineOption = "registered",
    generic: GenericOption = False,
    as_json: JsonOption = False,
) -> None:
    """Find the parts in pictures with the champion, without a service."""
    from components.operations.pipeline.inspectors import open_engine, picture_bytes
    from components.progress import SilentProgress
    from components.serving.answers import answer_picture
    from components.serving.schemas import PredictOptions
    from components.settings.serve import ServeSettings

    place = open_home(home, writable=False)
    settings = ServeSettings.load(place.configs)
    detector, version = open_engine(place, engine, generic, SilentProgress())
    for image in images:
        options = PredictOptions(score_threshold=score)
        data = picture_bytes(image)
        answer = answer_picture(data, detector, version, options, settings, str(image))
        record = {"file": str(image)} | plain(answer)
        if as_json:
            print_json(record)
        else:
            print_table(str(image), [detection_row(item) for item in record["detections"]])


def detection_row(record: dict[str, Any]) -> dict[str, Any]:
    """Return what a table shows of one detection."""
    left, top, right, bottom = record["xyxy_px"]
    row = {
        "label": record["label"],
        "score": record["score"],
        "box x0 y0 x1 y1 (px)": f"{left:.0f} {top:.0f} {right:.0f} {bottom:.0f}",
    }
    pose = record["pose"]
    if pose is None:
        return row | {"place (px)": "", "angle (deg)": "", "px per mm": "", "side": ""}
    return row | {
        "place (px)": f"{pose['x_px']:.1f} {pose['y_px']:.1f}",
        "angle (deg)": f"{pose['angle_deg']:.1f}",
        "px per mm": f"{pose['px_per_mm']:.3f}",
        "side": "back" if pose["mirrored"] else "front",
    }
