"""`dxfvision drawings`: the doctor for DXF files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from components.cli.output import JsonOption, friendly, print_json, print_table, progress_bars


def add_to(app: typer.Typer) -> None:
    """Add the verbs of this module."""
    app.command("drawings")(friendly(examine_drawings))


def examine_drawings(
    paths: Annotated[list[Path], typer.Argument(help="DXF files or folders.", metavar="PATH...")],
    as_json: JsonOption = False,
) -> None:
    """Say what each drawing is: accepted, repaired or rejected, its unit, parts and faults."""
    from components.geometry.drawing import drawing_to_json
    from components.geometry.drawing_files import find_drawings
    from components.geometry.dxf_reader import read_drawings
    from components.settings.drawings import DrawingSettings

    files = [file for path in paths for file in (find_drawings(path) if path.is_dir() else [path])]
    with progress_bars() as bars:
        records = [
            drawing_to_json(drawing)
            for drawing in read_drawings(files, DrawingSettings.load(), bars)
        ]
    if as_json:
        for record in records:
            print_json(record)
    else:
        print_table("Drawings", [drawing_row(record) for record in records])
    if any(record["verdict"] == "rejected" for record in records):
        raise typer.Exit(1)


def drawing_row(record: Mapping[str, Any]) -> dict[str, str]:
    """Return what a table shows of one drawing."""
    unit = record["mm_per_unit"]
    return {
        "drawing": Path(record["file"]).name,
        "verdict": record["verdict"],
        "unit": "-" if unit is None else f"{unit:g} mm",
        "parts": "\n".join(
            f"{part['name']}\n  {part['width_mm']:.1f} x {part['height_mm']:.1f} mm, "
            f"{part['hole_count']} holes"
            for part in record["parts"]
        ),
        "remarks": "\n".join([*filter(None, [record["reason"]]), *record["warnings"]])
        or record["unit_evidence"],
    }
