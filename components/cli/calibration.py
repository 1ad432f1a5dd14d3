"""The verb `calibrate`: prints the board, measures a camera, shows what is known of it."""

from collections.abc import Sequence
from datetime import UTC, datetime
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
from components.errors import CalibrationError
from components.files import plain
from components.inspection.calibration import (
    DEFAULT_CAMERA,
    Calibration,
    calibrations,
    current_calibration,
    keep_calibration,
    read_calibration,
)
from components.settings.measure import CalibrationSettings, MeasureSettings

BOARD, SHOW = "board", "show"

WhatArgument = Annotated[
    list[str],
    typer.Argument(
        help=f"Pictures of the printed board; or `{BOARD}` to print one, or `{SHOW}`.",
        metavar=f"IMAGE...|{BOARD}|{SHOW}",
    ),
]
CameraOption = Annotated[
    str, typer.Option("--camera", help="Whose pictures they are.", metavar="NAME")
]
PlaneOption = Annotated[
    Path | None,
    typer.Option(
        "--plane",
        help="The picture in which the board lies where the parts will; the first if not given.",
        metavar="IMAGE",
    ),
]
OutOption = Annotated[
    Path | None,
    typer.Option(
        "--out", help="Where the board goes; the home folder's reports if not given.", metavar="DIR"
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add the verb of this module."""
    app.command("calibrate")(friendly(calibrate))


def calibrate(
    what: WhatArgument,
    home: HomeOption = Path(),
    camera: CameraOption = DEFAULT_CAMERA,
    plane: PlaneOption = None,
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure a camera's scale and lens with a printed board; without it there are no mm."""
    place = open_home(home)
    settings = MeasureSettings.load(place.configs).calibration
    if what == [BOARD]:
        _print_board(out or place.reports, settings, as_json)
    elif what == [SHOW]:
        _show(place.calibrations, camera, as_json)
    else:
        _measure(what, place.calibrations, camera, plane, settings, as_json)


def _print_board(folder: Path, settings: CalibrationSettings, as_json: bool) -> None:
    from components.inspection.calibration_board import write_board

    pdf, png = write_board(folder, settings.board)
    if as_json:
        print_json({"pdf": str(pdf), "png": str(png)} | plain(settings.board))
        return
    console.print(
        f"{pdf}\n{png}\nPrint at 100 % (no fitting to the page), glue it to something flat and "
        "measure the bar at its foot: it must be 100 mm long."
    )


def _measure(
    names: Sequence[str],
    folder: Path,
    camera: str,
    plane: Path | None,
    settings: CalibrationSettings,
    as_json: bool,
) -> None:
    from components.inspection.calibration_fit import calibrated
    from components.modeling.pictures import TRUSTED_MAX_PIXELS, read_picture

    images = {name: read_picture(Path(name), TRUSTED_MAX_PIXELS) for name in names}
    found = calibrated(images, camera, settings, str(plane) if plane is not None else None)
    path = keep_calibration(folder, found)
    if as_json:
        print_json(_record(found, path))
        return
    print_table(f"Camera {camera}", [_row(found)])
    console.print(
        f"{path}\nIt holds until {found.expires:%Y-%m-%d}. To generate pictures at this scale, set "
        f"`camera: {{px_per_mm: {found.px_per_mm:.4f}}}` in configs/data_config.yaml."
    )
    if not found.lens:
        console.print(
            f"The lens was not fitted: that needs more than {settings.least_pictures} pictures of "
            "the board, most of them tilted by 15 to 30 degrees."
        )


def _show(folder: Path, camera: str, as_json: bool) -> None:
    current = current_calibration(folder, camera)
    if current is None:
        raise CalibrationError(
            f"{folder / camera}: this camera was never calibrated; take pictures of the board of "
            "`dxfvision calibrate board` and give them to `dxfvision calibrate`"
        )
    paths = calibrations(folder, camera)
    known = [read_calibration(path) for path in paths]
    if as_json:
        for path, found in zip(paths, known, strict=True):
            print_json(_record(found, path) | {"current": found == current})
        return
    print_table(
        f"Camera {camera}", [_row(found) | {"current": found == current} for found in known]
    )


def _record(found: Calibration, path: Path) -> dict[str, object]:
    return {"file": str(path), "version": found.version, **plain(found)}


def _row(found: Calibration) -> dict[str, object]:
    return {
        "version": found.version,
        "valid until": f"{found.expires:%Y-%m-%d %H:%M}",
        "valid": datetime.now(UTC) < found.expires,
        "px per mm": found.px_per_mm,
        "lens": found.lens,
        "residual px": found.residual_px,
        "residual mm": found.residual_mm,
        "worst mm": found.worst_mm,
        "pictures": found.pictures,
        "corners": found.corners,
    }
