"""The verb `inspect`: find the parts in pictures, measure them, judge them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from components.cli.output import (
    HomeOption,
    JsonOption,
    friendly,
    messages,
    open_home,
    print_json,
    print_table,
)
from components.errors import CalibrationError
from components.files import plain, write_bytes, write_text
from components.home import Home
from components.inspection.camera.calibration import DEFAULT_CAMERA, read_calibration

if TYPE_CHECKING:
    from components.operations.pipeline.inspectors import Engine
    from components.serving.inspecting import Gauge, Inspection
    from components.serving.scales import ScaleOf

ScaleOption = Annotated[
    float | None,
    typer.Option("--px-per-mm", min=0.01, max=1000.0, help="Scale of the parts, known elsehow."),
]
CalibrationOption = Annotated[
    Path | None,
    typer.Option(
        "--calibration", help="Calibration; the camera's current one if not given.", metavar="FILE"
    ),
]
AboveOption = Annotated[
    float,
    typer.Option(
        "--above-mm", min=-1000.0, max=1000.0, help="Height of upper faces over the board's plane."
    ),
]
CameraOption = Annotated[
    str, typer.Option("--camera", help="Whose pictures they are.", metavar="NAME")
]
EngineOption = Annotated[
    Literal["registered", "classical"],
    typer.Option(
        "--engine",
        help="Who finds the parts: the network and registration, or registration on what plain "
        "image processing finds, for backlit and plain scenes without a network.",
    ),
]
ReportOption = Annotated[
    Path | None,
    typer.Option("--report", help="Write a page with overlays here.", metavar="DIR"),
]


def add_to(app: typer.Typer) -> None:
    """Add the verb of this module."""
    app.command("inspect")(friendly(inspect_images))


def inspect_images(
    images: Annotated[list[Path], typer.Argument(help="Pictures.", metavar="IMAGE...")],
    home: HomeOption = Path(),
    px_per_mm: ScaleOption = None,
    calibration: CalibrationOption = None,
    camera: CameraOption = DEFAULT_CAMERA,
    above_mm: AboveOption = 0.0,
    engine: EngineOption = "registered",
    report: ReportOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find parts, measure how far they are off their drawings, and judge them.

    Without a scale lengths are in pixels and nothing is judged. Exit code 1 if a part is not ok.
    """
    if px_per_mm is not None and calibration is not None:
        raise typer.BadParameter("give --px-per-mm or --calibration, not both")
    from components.operations.pipeline.inspectors import picture_bytes
    from components.serving.inspecting import Gauge, encoded_png
    from components.serving.schemas import PredictOptions

    place = open_home(home, writable=False)
    gauge = Gauge.of(place)
    inspection = _inspection(place, gauge, engine)
    scale_of = _scale_of(gauge, px_per_mm, calibration, camera, above_mm)
    rows: list[dict[str, Any]] = []
    for image in images:
        measured = inspection.measured(picture_bytes(image), str(image), scale_of)
        answer = inspection.answer(measured, PredictOptions())
        rows.append({"file": str(image)} | plain(answer))
        _tell(rows[-1], as_json)
        if report is not None:
            drawn = encoded_png(inspection.overlay(measured))
            write_bytes(report / f"{len(rows):03d}_{image.stem}.png", drawn)
    # What moved or is not calibrated is the same for all pictures of a camera.
    for reason in dict.fromkeys(row["scale"]["reason"] for row in rows if row["scale"]["reason"]):
        messages.print(f"[yellow]Lengths are in pixels:[/] {reason}")
    for warning in rows[-1]["warnings"]:
        messages.print(f"[yellow]Warning:[/] {warning}")
    if report is not None:
        write_text(report / "inspection.md", _page(rows))
        messages.print(f"Report: {report / 'inspection.md'}")
    if any(each["verdict"] == "not ok" for row in rows for each in _deviations(row)):
        raise typer.Exit(1)


def _inspection(place: Home, gauge: "Gauge", engine: "Engine") -> "Inspection":
    """Return the champion, or the drawings alone, with everything that measuring needs."""
    from components.inspection.classical import ClassicalInspector
    from components.inspection.inspector import Inspector
    from components.operations.pipeline.inspectors import open_engine
    from components.progress import SilentProgress
    from components.serving.inspecting import Inspection
    from components.settings.serve import ServeSettings

    detector, version = open_engine(place, engine, False, SilentProgress())
    if not isinstance(detector, Inspector | ClassicalInspector):
        raise TypeError(f"expected an engine that tells poses, got {type(detector).__name__}")
    return Inspection(
        detector=detector,
        version=version,
        parts=detector.registrar.parts,
        settings=gauge.settings,
        serve=ServeSettings.load(place.configs),
        smallest_px=gauge.smallest_px(),
    )


def _tell(record: dict[str, Any], as_json: bool) -> None:
    """Print what was found in one picture."""
    if as_json:
        print_json(record)
    else:
        print_table(record["file"], [_row(each) for each in record["detections"]])


def _scale_of(
    gauge: "Gauge",
    px_per_mm: float | None,
    calibration: Path | None,
    camera: str,
    above_mm: float,
) -> "ScaleOf":
    """Return where the millimetres of the pictures come from."""
    from components.serving.scales import given_scale

    if px_per_mm is not None:
        given = given_scale(px_per_mm, gauge.settings)
        return lambda width_px, height_px: given
    if calibration is not None:
        known = read_calibration(calibration)
        if camera not in (DEFAULT_CAMERA, known.camera):
            raise CalibrationError(
                f"{calibration}: is of the camera {known.camera!r}, the pictures are of {camera!r}"
            )
        return lambda width_px, height_px: gauge.cameras.calibrated(
            known, width_px, height_px, above_mm
        )
    named = None if camera == DEFAULT_CAMERA else camera
    return lambda width_px, height_px: gauge.cameras.scale(named, width_px, height_px, above_mm)


def _deviations(record: dict[str, Any]) -> list[dict[str, Any]]:
    return [each["deviation"] for each in record["detections"] if each["deviation"] is not None]


def _row(record: dict[str, Any]) -> dict[str, Any]:
    """Return what a table shows of one detection."""
    found = record["deviation"]
    if found is None:
        return {"label": record["label"], "score": record["score"], "verdict": "-", "why": ""}
    told = ", ".join(fault_words(fault, found["unit"]) for fault in found["faults"][:5])
    return {
        "label": record["label"],
        "score": record["score"],
        "verdict": found["verdict"],
        "why": "; ".join(text for text in (found["reason"], told) if text),
    }


def fault_words(fault: dict[str, Any], unit: str) -> str:
    """Return a fault in words.

    Examples:
        >>> fault_words({"kind": "burr", "contour": 0, "at_mm": [1.0, 2.0],
        ...              "size": {"value": 1.234, "uncertainty": 0.2}}, "mm")
        'burr +1.23 mm at (1.0, 2.0)'
    """
    hole = f" (hole {fault['contour']})" if fault["contour"] else ""
    x, y = fault["at_mm"]
    name = fault["kind"].replace("_", " ")
    return f"{name}{hole} {fault['size']['value']:+.2f} {unit} at ({x:.1f}, {y:.1f})"


def _page(rows: list[dict[str, Any]]) -> str:
    """Return the report as Markdown."""
    lines = [
        "# Inspection",
        "",
        "Red: more material than drawn; blue: less; green: as drawn; grey: no edge was found.",
    ]
    for number, record in enumerate(rows, start=1):
        name = f"{number:03d}_{Path(record['file']).stem}.png"
        lines += ["", f"## {record['file']}", "", f"![deviations]({name})", ""]
        lines += ["| Part | Verdict | Reason |", "|---|---|---|"]
        for each in record["detections"]:
            row = _row(each)
            lines.append(f"| {row['label']} | {row['verdict']} | {row['why']} |")
        for each in record["detections"]:
            lines += _features(each)
    return "\n".join(lines) + "\n"


def _features(record: dict[str, Any]) -> list[str]:
    found = record["deviation"]
    if found is None or not found["features"]:
        return []
    lines = ["", f"### {record['label']}", "", "| Feature | Deviation | Tolerance | Verdict |"]
    lines.append("|---|---|---|---|")
    for feature in found["features"]:
        measure, tolerance = feature["deviation_mm"], feature["tolerance_mm"]
        value = "" if measure is None else _value(measure)
        allowed = "" if tolerance is None else f"±{tolerance:g} mm"
        lines.append(f"| {feature['feature']} | {value} | {allowed} | {feature['verdict']} |")
    return lines


def _value(measure: dict[str, Any]) -> str:
    if measure["uncertainty"] is None:
        return "not found"
    return f"{measure['value']:+.3f} ±{measure['uncertainty']:.3f} mm"
