import math

import pytest

from components.geometry.contours import hole_area
from components.geometry.dxf_reader import read_drawing
from components.settings.drawings import DrawingSettings
from tests.unit.strategies import saved

SETTINGS = DrawingSettings.load()


def draw_inserted_circle(insert_layer, leaf_layer):
    """Return what draws a rectangle on CUT and, out of a block, a circle of radius 5."""

    def draw(space):
        space.doc.layers.add("OFF").off()
        space.doc.layers.add("COLD").freeze()
        corners = [(0, 0), (100, 0), (100, 60), (0, 60)]
        space.add_lwpolyline(corners, close=True, dxfattribs={"layer": "CUT"})
        block = space.doc.blocks.new("B")
        block.add_circle((50, 30), 5, dxfattribs={"layer": leaf_layer})
        space.add_blockref("B", (0, 0), dxfattribs={"layer": insert_layer})

    return draw


@pytest.mark.parametrize(
    ("insert_layer", "leaf_layer", "cut", "holes", "rule"),
    [
        ("0", "CUT", ["CUT"], 1, ""),
        ("ENGRAVE", "CUT", [], 1, ""),
        ("OFF", "CUT", [], 1, ""),
        ("CUT", "0", ["CUT"], 1, ""),
        ("OFF", "0", [], 0, "layer is off"),
        ("COLD", "CUT", [], 0, "layer is frozen"),
        ("CUT", "ENGRAVE", [], 0, "layer name says engrave"),
        ("0", "0", ["CUT"], 0, "layer is not in cut_layers"),
    ],
)
def test_layer_of_the_leaf_decides_not_that_of_the_insert(
    tmp_path, insert_layer, leaf_layer, cut, holes, rule
):
    path = saved(tmp_path / "part.dxf", draw_inserted_circle(insert_layer, leaf_layer))
    drawing = read_drawing(path, SETTINGS.model_copy(update={"cut_layers": cut}))
    (part,) = drawing.parts
    assert len(part.holes) == holes
    assert hole_area(part) == pytest.approx(holes * math.pi * 25, rel=1e-3)
    assert [count.rule for count in drawing.dropped] == ([rule] if rule else [])


def test_what_lies_in_paper_space_is_counted(tmp_path):
    def draw(space):
        space.add_circle((0, 0), 40)
        for layout, count in (("Layout1", 2), ("Sheet", 1)):
            sheet = space.doc.layouts.get(layout) if count == 2 else space.doc.layouts.new(layout)
            for x in range(count):
                sheet.add_line((x, 0), (0, 50), dxfattribs={"layer": "FRAME"})

    drawing = read_drawing(saved(tmp_path / "part.dxf", draw), SETTINGS)
    (count,) = drawing.dropped
    assert (count.entity, count.layer, count.count) == ("LINE", "FRAME", 3)
    assert count.rule == "paper space is not cut"
    assert drawing.verdict == "accepted"
