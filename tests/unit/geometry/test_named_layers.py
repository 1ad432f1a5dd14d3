import math

import pytest

from components.geometry.contours import hole_area, outline_area
from components.geometry.dxf_reader import read_drawing
from components.settings.drawings import DrawingSettings
from tests.unit.strategies import saved

SETTINGS = DrawingSettings.load()
RECTANGLE = [(0, 0), (100, 0), (100, 60), (0, 60)]
HEXAGON = [(0, 30), (20, 0), (80, 0), (100, 30), (80, 60), (20, 60)]
HEXAGON_AREA = 6000 - 4 * 0.5 * 20 * 30


def read(tmp_path, draw, **changed):
    settings = SETTINGS.model_copy(update=changed)
    return read_drawing(saved(tmp_path / "part.dxf", draw), settings)


@pytest.mark.parametrize(
    "layer",
    [
        "Outline_frame", "TEXT_OUTLINE", "Center plate", "LED-Frame-Outline", "Border_Outer",
        "Note holder", "x-axis_mount", "Etch_A_Sketch", "Hidden hinge", "Title_plate",
    ],
)  # fmt: skip
def test_outline_on_a_layer_with_a_doubtful_name_keeps_the_holes_of_another(tmp_path, layer):
    def draw(space):
        space.add_lwpolyline(RECTANGLE, close=True, dxfattribs={"layer": layer})
        space.add_circle((50, 30), 5, dxfattribs={"layer": "holes"})

    drawing = read(tmp_path, draw)
    (part,) = drawing.parts
    assert outline_area(part) == pytest.approx(6000)
    assert hole_area(part) == pytest.approx(25 * math.pi, rel=1e-3)
    (warning,) = drawing.warnings
    assert f"layer '{layer}' is cut, though its name says" in warning
    assert "--ignore-layers" in warning


def test_outline_of_another_shape_on_a_frame_layer_may_have_shaped_holes(tmp_path):
    def draw(space):
        space.add_lwpolyline(HEXAGON, close=True, dxfattribs={"layer": "Frame"})
        space.add_lwpolyline([(40, 20), (60, 20), (50, 40)], close=True)

    (part,) = read(tmp_path, draw).parts
    assert outline_area(part) == pytest.approx(HEXAGON_AREA)
    assert hole_area(part) == pytest.approx(200)


@pytest.mark.parametrize("layer", ["FRAME", "Zeichnungsrahmen", "Construction", "ENGRAVE"])
@pytest.mark.parametrize("hole", [True, False])
def test_border_round_a_part_stays_left_out_and_is_told(tmp_path, layer, hole):
    def draw(space):
        border = [(-40, -30), (150, -30), (150, 100), (-40, 100)]
        space.add_lwpolyline(border, close=True, dxfattribs={"layer": layer})
        space.add_lwpolyline(HEXAGON, close=True)
        if hole:
            space.add_circle((50, 30), 5)

    drawing = read(tmp_path, draw)
    (part,) = drawing.parts
    assert outline_area(part) == pytest.approx(HEXAGON_AREA)
    assert len(part.holes) == hole
    (warning,) = drawing.warnings
    assert f"layer '{layer}' with 1 closed contour left out" in warning
    assert ("is it the outline?" in warning) == (not hole)


def test_part_on_a_doubtful_layer_leaves_the_bend_lines_of_another_out(tmp_path):
    def draw(space):
        space.add_lwpolyline(RECTANGLE, close=True, dxfattribs={"layer": "FRAME"})
        space.add_line((30, 0), (30, 60), dxfattribs={"layer": "BEND"})

    drawing = read(tmp_path, draw)
    assert (drawing.verdict, len(drawing.parts)) == ("accepted", 1)
    assert [(count.entity, count.layer) for count in drawing.dropped] == [("LINE", "BEND")]
    (warning,) = drawing.warnings
    assert "'FRAME' is cut" in warning


def test_open_lines_of_a_bend_layer_need_no_warning(tmp_path):
    def draw(space):
        space.add_lwpolyline(RECTANGLE, close=True)
        space.add_line((30, 0), (30, 60), dxfattribs={"layer": "BEND"})
        space.add_lwpolyline([(0, 30), (50, 31), (100, 30)], dxfattribs={"layer": "CENTER"})

    drawing = read(tmp_path, draw)
    assert (drawing.verdict, drawing.warnings) == ("accepted", ())
    assert {count.rule for count in drawing.dropped} == {
        "layer name says bend",
        "layer name says centre",
    }


def test_refused_drawing_names_the_layers_that_may_hold_the_missing_piece(tmp_path):
    def draw(space):
        space.add_lwpolyline(RECTANGLE)
        space.add_line(RECTANGLE[-1], RECTANGLE[0], dxfattribs={"layer": "axis"})

    drawing = read(tmp_path, draw)
    assert drawing.verdict == "rejected"
    assert drawing.warnings == ("layers left out for what their names say: 'axis' (centre)",)


def test_ignored_layer_is_not_cut_though_its_contour_goes_round_all(tmp_path):
    def draw(space):
        space.add_lwpolyline(RECTANGLE, close=True, dxfattribs={"layer": "Frame"})
        space.add_circle((50, 30), 5)

    (part,) = read(tmp_path, draw, ignore_layers=["frame"]).parts
    assert part.size_mm == pytest.approx((10, 10))
