"""`dxfvision drawings`: the doctor for DXF files."""

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from components.cli.output import (
    HomeOption,
    JsonOption,
    friendly,
    print_json,
    print_table,
    progress_bars,
)
from components.geometry.drawing import Drawing, counted, drawing_to_json
from components.home import Home
from components.progress import Progress
from components.settings.drawings import DrawingSettings, UnitName

MOST_KINDS = 4
"""Kinds of entities that a card lists; the JSON and the page have all."""


def add_to(app: typer.Typer) -> None:
    """Add the verbs of this module."""
    app.command("drawings")(friendly(examine_drawings))


def examine_drawings(
    paths: Annotated[list[Path], typer.Argument(help="DXF files or folders.", metavar="PATH...")],
    cut_layers: Annotated[
        list[str] | None,
        typer.Option("--cut-layers", help="Pattern of layers to read; may be repeated."),
    ] = None,
    ignore_layers: Annotated[
        list[str] | None,
        typer.Option("--ignore-layers", help="Pattern of layers to leave out; may be repeated."),
    ] = None,
    unit: Annotated[
        UnitName | None, typer.Option("--unit", help="Unit of the drawings, whatever they say.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write a page with a picture of each part.")
    ] = None,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Say what each drawing is: accepted, repaired or rejected, its unit, parts and faults."""
    from components.geometry.drawing_files import find_drawings
    from components.geometry.dxf_reader import read_drawings

    chosen = {"cut_layers": cut_layers, "ignore_layers": ignore_layers, "unit": unit}
    settings = DrawingSettings.load(Home(home.resolve()).configs).model_copy(
        update={name: value for name, value in chosen.items() if value}
    )
    files = [file for path in paths for file in (find_drawings(path) if path.is_dir() else [path])]
    with progress_bars() as bars:
        drawings = read_drawings(files, settings, bars)
    records = [drawing_to_json(drawing) for drawing in drawings]
    if as_json:
        for record in records:
            print_json(record)
    else:
        print_table("Drawings", verdict_rows(records))
        typer.echo(verdict_counts(records))
    if html is not None:
        # The comparison of many parts takes minutes; the verdicts must not wait for it.
        sys.stdout.flush()
        with progress_bars() as bars:
            write_page(html, drawings, bars)
    if any(record["verdict"] == "rejected" for record in records):
        raise typer.Exit(1)


def write_page(path: Path, drawings: Sequence[Drawing], progress: Progress) -> None:
    """Write the doctor's page: a card and pictures for each drawing, parts that look alike."""
    from components.geometry.similarity import similarity_report
    from components.visualization.drawing_report import write_drawing_report

    parts = [part for drawing in drawings for part in drawing.parts]
    write_drawing_report(path, drawings, similarity_report(parts, progress=progress))


def verdict_rows(records: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return the rows of the table; files of one name are told by their paths."""
    names = Counter(Path(record["file"]).name for record in records)
    return [
        drawing_row(record) | ({"drawing": record["file"]} if names[name] > 1 else {})
        for record in records
        for name in [Path(record["file"]).name]
    ]


def verdict_counts(records: Sequence[Mapping[str, Any]]) -> str:
    """Return in one line how many files have which verdict."""
    verdicts = Counter(record["verdict"] for record in records)
    counts = ", ".join(f"{verdicts[name]} {name}" for name in ("accepted", "repaired", "rejected"))
    parts = sum(len(record["parts"]) for record in records)
    return f"{counted(len(records), 'file')}: {counts}; {counted(parts, 'part')}"


def drawing_row(record: Mapping[str, Any]) -> dict[str, str]:
    """Return what a table shows of one drawing: its verdict card."""
    unit = f"1 unit = {record['mm_per_unit'] or 0:g} mm ({record['unit_evidence']})"
    found = [
        record["reason"],
        *record["warnings"],
        *map(_part_line, record["parts"]),
        unit if record["unit_evidence"] else "",
        _entity_line(record),
    ]
    return {
        "drawing": Path(record["file"]).name,
        "verdict": record["verdict"],
        "found": "\n".join(filter(None, found)),
    }


def _entity_line(record: Mapping[str, Any]) -> str:
    """Return the counts of entities by layer and rule, and of gaps; nothing for an unread file."""
    kept = Counter[str]()
    for row in record["kept"]:
        kept[f"{row['entity']} on {row['layer']}"] += row["count"]
    dropped = Counter[str]()
    for row in record["dropped"]:
        dropped[f"{row['entity']} on {row['layer']}, {row['rule']}"] += row["count"]
    if not kept + dropped:
        return ""
    gaps = record["gaps"]
    return f"entities kept {_most(kept)}, dropped {_most(dropped)}; gaps {len(gaps)}{_widest(gaps)}"


def _most(counts: Counter[str]) -> str:
    """Return the sum and, in brackets, the most frequent kinds."""
    told = [f"{count} {kind}" for kind, count in counts.most_common(MOST_KINDS)]
    more = ["..."] if len(counts) > MOST_KINDS else []
    return f"{counts.total()}" + (f" ({'; '.join(told + more)})" if told else "")


def _part_line(part: Mapping[str, Any]) -> str:
    """Return the figures of one part."""
    return (
        f"{part['name']}: {part['width_mm']:.1f} x {part['height_mm']:.1f} mm, outline "
        f"{part['outer_area_mm2']:.1f} mm\u00b2, {counted(part['hole_count'], 'hole')} "
        f"{part['hole_area_mm2']:.1f} mm\u00b2"
    )


def _widest(gaps: Sequence[Mapping[str, float]]) -> str:
    """Return the size of the first gap, which is the widest, in brackets."""
    return f" (to {gaps[0]['size_mm']:.2g} mm)" if gaps else ""
