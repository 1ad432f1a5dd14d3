"""The verb `bench defects`: how small a fault is still found."""

from pathlib import Path
from typing import Annotated

import typer

from components.cli.output import (
    DrawingsOption,
    HomeOption,
    JsonOption,
    ProfileOption,
    SeedOption,
    console,
    open_home,
    print_json,
    print_table,
    progress_bars,
)
from components.files import plain, write_json
from components.settings.data import DataSettings
from components.settings.measure import MeasureSettings

PACKAGES = ("dxfvision", "numpy", "opencv-python-headless")


def defects(
    home: HomeOption = Path(),
    drawings: DrawingsOption = None,
    profile: ProfileOption = "standard",
    px_per_mm: Annotated[
        float | None,
        typer.Option("--px-per-mm", min=0.1, max=100.0, help="Scale; the settings' if not given."),
    ] = None,
    pictures: Annotated[
        int | None,
        typer.Option(
            "--pictures", min=1, help="Of each kind and size; the settings' if not given."
        ),
    ] = None,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Plant faults of known size, picture and measure the parts, count what is found.

    Writes reports/defects/curve.json and .png in the home folder; from then on `inspect` refuses
    tolerances below what was found.
    """
    from components.cli.bench import drawn_parts
    from components.inspection.defects.bench import benchmark_defects
    from components.inspection.defects.record import defect_figures
    from components.modeling.defect_card import CURVE_NAME
    from components.operations.stages.machine import this_machine
    from components.visualization.defect_curves import plot_defects

    place = open_home(home)
    settings = MeasureSettings.load(place.configs, profile)
    changes = {"px_per_mm": px_per_mm, "pictures": pictures}
    given = {name: value for name, value in changes.items() if value is not None}
    settings = settings.model_copy(update={"bench": settings.bench.model_copy(update=given)})
    parts = drawn_parts(place, drawings, profile)
    data = DataSettings.load(place.configs, profile)
    with progress_bars() as bars:
        found = benchmark_defects(parts, data, settings, bars, seed)
    figures = defect_figures(found)
    record = plain(figures) | {"machine": plain(this_machine(PACKAGES))}
    write_json(place.defects / CURVE_NAME, record)
    plot_defects(figures, place.defects / "curve.png")
    if as_json:
        print_json(record)
        return
    rows = [
        {
            "kind": curve.kind.replace("_", " "),
            "from mm": curve.smallest_mm,
            **{f"{p.size_mm:g} mm": f"{p.found.count}/{p.found.of}" for p in curve.points},
        }
        for curve in found.curves
    ]
    print_table(f"Found at {found.px_per_mm:g} px per mm", rows)
    console.print(
        f"False alarms: {found.false_alarms.count} of {found.false_alarms.of} good parts; nothing "
        f"could be said about {found.doubt.count} of {found.doubt.of}. "
        f"Chart: {place.defects / 'curve.png'}"
    )
