import math

import ezdxf.filemanagement
import numpy as np
import pytest
import shapely

from components.geometry.contours import hole_area, outline_area
from components.geometry.dxf_reader import read_drawing
from components.settings.drawings import DrawingSettings
from tests.unit.strategies import draw_plate, saved

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


def test_bulged_polylines_in_mirrored_nested_arrays_below_the_plane_keep_their_area(tmp_path):
    # A square of 10 x 10 with one edge bent inwards by an arc of the bulge 1/2 and one outwards by
    # a half circle; segment of a circle: r² (t - sin t) / 2 with t = 4 atan(bulge).
    angle = 4 * math.atan(0.5)
    radius = 5 / math.sin(angle / 2)
    cell = 100 - radius**2 * (angle - math.sin(angle)) / 2 + math.pi * 12.5

    def draw(space):
        inner = space.doc.blocks.new("A", base_point=(5, 5))
        shape = inner.add_polyline2d([(0, 0), (10, 0), (10, 10), (0, 10)], close=True)
        shape.vertices[0].dxf.bulge, shape.vertices[2].dxf.bulge = -0.5, 1
        array = {"row_count": 2, "column_count": 2, "row_spacing": 40, "column_spacing": 50}
        outer = space.doc.blocks.new("B", base_point=(-3, 7))
        outer.add_blockref(
            "A", (0, 0), dxfattribs={"xscale": -1, "yscale": 1.5, "rotation": 37, **array}
        )
        below = {"extrusion": (0, 0, -1), "column_count": 2, "column_spacing": 300}
        space.add_blockref(
            "B", (200, 200), dxfattribs={"xscale": 0.7, "yscale": -1.1, "rotation": -20, **below}
        )
        corners = [(-900, -200), (600, -200), (600, 700), (-900, 700)]
        space.add_lwpolyline(corners, close=True)

    (part,) = read_drawing(saved(tmp_path / "a.dxf", draw), SETTINGS).parts
    assert len(part.holes) == 2 * 4
    assert hole_area(part) == pytest.approx(8 * cell * 1.5 * 0.7 * 1.1, rel=2e-3)


@pytest.mark.parametrize("version", ["R12", "R2000", "R2007", "R2018"])
def test_binary_file_is_read_like_its_text(tmp_path, version):
    document = ezdxf.filemanagement.new(version)
    shape = document.modelspace().add_polyline2d([(0, 0), (100, 0), (100, 50), (0, 50)], close=True)
    shape.vertices[1].dxf.bulge = 1
    document.modelspace().add_circle((30, 25), 10)
    document.saveas(tmp_path / "a.dxf", fmt="bin")
    (part,) = read_drawing(tmp_path / "a.dxf", SETTINGS).parts
    assert outline_area(part) == pytest.approx(5000 + math.pi * 625 / 2, rel=1e-3)
    assert hole_area(part) == pytest.approx(math.pi * 100, rel=2e-3)


def test_blocks_show_what_their_layers_show(tmp_path):
    def draw(space):
        draw_plate(space)
        space.doc.layers.add("F").freeze()
        block = space.doc.blocks.new("P")
        block.add_circle((0, 0), 3)
        block.add_circle((0, 10), 3, dxfattribs={"layer": "F"})
        space.add_blockref("P", (50, 20))
        space.add_blockref("P", (60, 20), dxfattribs={"layer": "F"})
        space.add_blockref("P", (70, 20), dxfattribs={"invisible": 1})

    (part,) = read_drawing(saved(tmp_path / "a.dxf", draw), SETTINGS).parts
    assert len(part.holes) == 2 + 1


@pytest.mark.parametrize("radius", [20.0, 2000.0])
def test_closed_spline_of_any_size_keeps_the_tolerance_of_curves(tmp_path, radius):
    angles = np.arange(6) * math.pi / 3
    corners = radius * np.column_stack([np.cos(angles), np.sin(angles), np.zeros(6)])

    def draw(space):
        space.add_spline().set_closed(corners.tolist())

    (part,) = read_drawing(saved(tmp_path / "a.dxf", draw), SETTINGS).parts
    ring = shapely.LinearRing(part.outline.xy_mm)
    # The uniform cubic B-spline on the corners, by its basis.
    t = np.linspace(0, 1, 500)[:, None]
    basis = ((1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3)
    curve = np.vstack(
        [sum(b * corners[(i + k) % 6, :2] for k, b in enumerate(basis)) / 6 for i in range(6)]
    )
    off = shapely.distance(shapely.points(curve), ring)
    assert off.max() < SETTINGS.curve_tolerance_mm
