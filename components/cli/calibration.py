"""The verb `calibrate`: prints the board, measures a camera, shows what is known of it."""

import re
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
    messages,
    open_home,
    print_json,
    print_table,
)
from components.errors import CalibrationError
from components.files import plain, write_text
from components.home import Home
from components.inspection.camera.calibration import (
    DEFAULT_CAMERA,
    Calibration,
    calibrations,
    current_calibration,
    keep_calibration,
    read_calibration,
)
from components.settings.data import DataSettings
from components.settings.measure import MeasureSettings

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
GeneratorOption = Annotated[
    bool,
    typer.Option(
        "--generator", help="Generate pictures at this camera's scale: set it in data_config.yaml."
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
    generator: GeneratorOption = False,
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure a camera's scale and lens with a printed board; without it there are no mm."""
    place = open_home(home)
    if what == [BOARD]:
        _print_board(out or place.reports, place, as_json)
    elif what == [SHOW]:
        _show(place.calibrations, camera, as_json)
    else:
        _measure(what, place, camera, plane, generator, as_json)


def _print_board(folder: Path, place: Home, as_json: bool) -> None:
    from components.inspection.camera.board import write_board

    settings = MeasureSettings.load(place.configs).calibration

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
    place: Home,
    camera: str,
    plane: Path | None,
    generator: bool,
    as_json: bool,
) -> None:
    from components.inspection.camera.calibrating import calibrated
    from components.modeling.pictures import TRUSTED_MAX_PIXELS, read_picture

    settings = MeasureSettings.load(place.configs).calibration
    images = {name: read_picture(Path(name), TRUSTED_MAX_PIXELS) for name in names}
    found = calibrated(images, camera, settings, _given_name(plane, names))
    path = keep_calibration(place.calibrations, found)
    if generator:
        told = tell_generator(place.configs, found)
        messages.print(f"Pictures are generated at this camera's scale from now on: {told}")
    if as_json:
        print_json(_record(found, path))
        return
    print_table(f"Camera {camera}", [_row(found)])
    console.print(f"{path}\nIt holds until {found.expires:%Y-%m-%d}.")
    if not found.lens:
        console.print(
            f"The lens was not fitted: that needs more than {settings.least_pictures} pictures of "
            "the board, most of them tilted by 15 to 30 degrees."
        )
    elif found.lift is None:
        console.print(
            "The camera's distance is not known, so --above-mm cannot be used: that needs pictures "
            "of the board tilted by 15 to 30 degrees to several sides."
        )


def _given_name(plane: Path | None, names: Sequence[str]) -> str | None:
    """Return the name under which a picture was given, however its path is written."""
    if plane is None:
        return None
    same = (name for name in names if Path(name).resolve() == plane.resolve())
    return next(same, str(plane))


def generator_scale(found: Calibration, width_px: int) -> float:
    """Return the px per mm of generated pictures that show what the camera shows.

    Generated pictures are smaller than the camera's, and so is their scale.
    """
    return found.px_per_mm * width_px / found.width_px


def tell_generator(configs: Path, found: Calibration) -> Path:
    """Set the generator's scale in a home folder's data_config.yaml; other lines stay as they are.

    Args:
        configs: The home folder's settings.
        found: Whose scale.

    Returns:
        The file.

    Raises:
        CalibrationError: If the file has a camera without a scale: where to put it is the user's.
    """
    path = configs / DataSettings.file_name
    scale = generator_scale(found, DataSettings.load(configs).width_px)
    line = f"px_per_mm: {scale:.4f}"
    text = path.read_text("utf-8") if path.exists() else ""
    if re.search(r"(?m)^camera:", text):
        text, count = re.subn(
            r"(?m)^(\s+)px_per_mm:[^\n#]*?(?=\s*(#|$))", rf"\g<1>{line}", text, count=1
        )
        if count == 0:
            raise CalibrationError(f"{path}: add `{line}` to the table `camera`")
    else:
        text += f"camera:\n  {line}  # calibration {found.version}\n"
    write_text(path, text)
    return path


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
