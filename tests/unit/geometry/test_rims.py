"""Rectangles that are parts and those that are frames: what decides, and what is told."""

import math

import pytest

from components.geometry.contours import hole_area, outline_area
from tests.unit.geometry.sheets import A3, SETTINGS, Pen, draw_part, is_the_l, read


def draw_plate_with_island(space):
    pen = Pen(space)
    pen.box(0, 0, *A3)
    pen.box(100, 100, 200, 200)
    pen.box(130, 130, 160, 160)


def draw_plate_with_slots(space):
    pen = Pen(space)
    pen.box(0, 0, 297, 210)
    pen.box(20, 20, 60, 40)
    space.add_circle((150, 100), 10)


def draw_plate_with_bend_lines(space):
    """Two flanges whose bend lines end on the outline, with notes on them."""
    pen = Pen(space, lines=True)
    pen.box(0, 0, 300, 200)
    for x in (20, 280):
        pen.line((x, 0), (x, 200))
    for x in (5, 150, 285):
        pen.text(x, 100, "UP 90")
    space.add_circle((150, 50), 10)


def draw_plate_with_numbers(space):
    pen = Pen(space)
    pen.box(0, 0, 300, 200)
    for x in (20, 100, 200):
        space.add_circle((x, 50), 10)
        pen.text(x, 80, "P1")


@pytest.mark.parametrize(
    ("draw", "area"),
    [
        pytest.param(draw_plate_with_island, 420 * 297, id="window with an island, as big as A3"),
        pytest.param(draw_plate_with_slots, 297 * 210, id="slots, as big as A4"),
        pytest.param(draw_plate_with_bend_lines, 300 * 200, id="bend lines with notes"),
        pytest.param(draw_plate_with_numbers, 300 * 200, id="numbers"),
    ],
)
def test_plate_is_no_sheet(tmp_path, draw, area):
    assert outline_area(read(tmp_path, draw).parts[0]) == pytest.approx(area)


def test_doubt_is_told_with_the_option_that_decides(tmp_path):
    (warning, *_) = read(tmp_path, draw_plate_with_island).warnings
    assert "may be a sheet frame (it has the size of A3" in warning
    assert "--ignore-layers ('0')" in warning


def test_rim_and_double_frame_look_alike_and_the_chosen_layer_decides(tmp_path):
    def draw(space):
        for margin in (0.0, 10.0):
            corners = [(margin, margin), (400 - margin, margin), (400 - margin, 200 - margin)]
            corners += [(margin, 200 - margin)]
            space.add_lwpolyline(corners, close=True, dxfattribs={"layer": "RIM"})
        draw_part(space, 50, 50)

    is_the_l(read(tmp_path, draw))
    chosen = SETTINGS.model_copy(update={"cut_layers": ["rim", "0"]})
    assert outline_area(read(tmp_path, draw, chosen).parts[0]) == pytest.approx(400 * 200)


def draw_framed_plate(space, holes):
    """Draw a plate of 60 x 50 with holes of radius 4 in a rectangle that is no sheet."""
    Pen(space).box(0, 0, 263, 187)
    Pen(space).box(80, 60, 140, 110)
    for x in holes:
        space.add_circle((x, 85), 4)


def test_rectangle_round_nothing_but_a_part_with_holes_is_a_frame_of_any_size(tmp_path):
    drawing = read(tmp_path, lambda space: draw_framed_plate(space, (95, 125)))
    (part,) = drawing.parts
    assert outline_area(part) == pytest.approx(60 * 50)
    assert hole_area(part) == pytest.approx(2 * math.pi * 16, rel=1e-3)
    (warning,) = drawing.warnings
    assert "a sheet frame of 263 x 187 units was left out (a part with holes in it" in warning
    assert "--cut-layers ('0')" in warning


def test_rectangle_round_a_part_with_one_hole_or_a_window_with_a_disc_is_told(tmp_path):
    warnings = read(tmp_path, lambda space: draw_framed_plate(space, (110,))).warnings
    assert any("may be a sheet frame (a part with a hole in it)" in said for said in warnings)


def test_plate_with_holes_of_its_own_round_a_window_with_parts_is_no_frame(tmp_path):
    def draw(space):
        draw_framed_plate(space, (95, 125))
        space.add_circle((20, 20), 6)

    parts = read(tmp_path, draw).parts
    assert [round(outline_area(part)) for part in parts] == [263 * 187, 50, 50]


def test_rim_with_holes_between_its_lines_is_a_part_and_told(tmp_path):
    def draw(space):
        pen = Pen(space)
        pen.box(0, 0, 300, 200)
        pen.box(20, 20, 280, 180)
        for x in (10, 290):
            space.add_circle((x, 10), 3)
        draw_part(space, 50, 50)
        draw_part(space, 150, 50)

    drawing = read(tmp_path, draw)
    assert round(outline_area(drawing.parts[0])) == 300 * 200
    assert [len(part.holes) for part in drawing.parts] == [3, 1, 1]
    assert "may be a sheet frame (a double line, several parts in it)" in drawing.warnings[0]
