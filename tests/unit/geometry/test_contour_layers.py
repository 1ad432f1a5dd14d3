from pathlib import Path

import pytest
from ezdxf.layouts.layout import Modelspace

from components.geometry.dxf_reader import read_drawing
from components.settings.drawings import DrawingSettings
from tests.unit.strategies import saved

SETTINGS = DrawingSettings.load()


def plate(space: Modelspace) -> None:
    """A plate whose outline is of four lines, one on another layer, and two holes."""
    corners = [(0, 0), (100, 0), (100, 60), (0, 60)]
    for number, (start, end) in enumerate(zip(corners, corners[1:] + corners[:1], strict=True)):
        layer = "Outer" if number else "Edge"
        space.add_line(start, end, dxfattribs={"layer": layer})
    space.add_circle((20, 30), 5, dxfattribs={"layer": "Fits"})
    space.add_circle((80, 30), 5, dxfattribs={"layer": "Outer"})


@pytest.mark.parametrize("units", [4, 1], ids=["mm", "inch"])
def test_every_contour_knows_the_layer_that_most_of_it_lies_on(tmp_path: Path, units: int) -> None:
    (part,) = read_drawing(saved(tmp_path / "plate.dxf", plate, units=units), SETTINGS).parts
    at = {float(hole.xy_mm[:, 0].mean()) > 0: hole.layer for hole in part.holes}
    assert part.layers[0] == "Outer"
    assert at == {False: "Fits", True: "Outer"}


def test_drawing_of_one_layer_names_it(tmp_path: Path) -> None:
    def ring(space: Modelspace) -> None:
        space.add_circle((500, 500), 30, dxfattribs={"layer": "0"})
        space.add_circle((500, 500), 10, dxfattribs={"layer": "0"})

    (part,) = read_drawing(saved(tmp_path / "ring.dxf", ring), SETTINGS).parts
    assert part.layers == ("0", "0")
