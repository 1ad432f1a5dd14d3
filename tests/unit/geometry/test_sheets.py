"""Sheets as ISO 5457 and ASME Y14.1 draw them, with a part whose areas are counted by hand."""

import math
from itertools import pairwise

import pytest
from ezdxf.math import Matrix44

from components.geometry.contours import hole_area, outline_area
from components.geometry.dxf_reader import read_drawing
from components.settings.drawings import DrawingSettings
from tests.unit.strategies import saved

SETTINGS = DrawingSettings.load()
A3 = (420.0, 297.0)
ISO = {
    "A0": (1189.0, 841.0),
    "A1": (841.0, 594.0),
    "A2": (594.0, 420.0),
    "A3": A3,
    "A4": (297.0, 210.0),
}
ANSI = {
    "A": (11.0, 8.5),
    "B": (17.0, 11.0),
    "C": (22.0, 17.0),
    "D": (34.0, 22.0),
    "E": (44.0, 34.0),
}


class Pen:
    """Draws at a scale, with lines or with closed polylines."""

    def __init__(self, space, scale=1.0, lines=False):
        self.space, self.scale, self.lines = space, scale, lines

    def line(self, *points):
        for (x0, y0), (x1, y1) in pairwise(points):
            s = self.scale
            self.space.add_line((x0 * s, y0 * s), (x1 * s, y1 * s))

    def box(self, x0, y0, x1, y1):
        corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
        if self.lines:
            self.line(*corners, corners[0])
        else:
            s = self.scale
            self.space.add_lwpolyline([(x * s, y * s) for x, y in corners], close=True)

    def text(self, x, y, said="TEXT"):
        place = (x * self.scale, y * self.scale)
        self.space.add_text(said, height=3 * self.scale).set_placement(place)


def draw_part(space, x, y, hole=True, size=1.0):
    """Draw an L of 80 x 60 less 60 x 40: 2400 mm², with a hole of radius 4."""
    corners = [(0, 0), (80, 0), (80, 20), (20, 20), (20, 60), (0, 60)]
    space.add_lwpolyline([(x + a * size, y + b * size) for a, b in corners], close=True)
    if hole:
        space.add_circle((x + 10 * size, y + 10 * size), 4 * size)


def read(tmp_path, draw, settings=SETTINGS, units=4):
    return read_drawing(saved(tmp_path / "a.dxf", draw, units=units), settings)


def is_the_l(drawing, size=1.0, hole=True):
    (part,) = drawing.parts
    assert outline_area(part) == pytest.approx(2400 * size**2, rel=1e-6)
    assert hole_area(part) == pytest.approx(hole * math.pi * 16 * size**2, rel=2e-3)


def draw_iso(pen, width, height):
    """Draw trim line, frame, centring marks, ticks of the zones and a title block."""
    left, right, low, high = 20.0, width - 10, 10.0, height - 10
    pen.box(0, 0, width, height)
    pen.box(left, low, right, high)
    x, y = (left + right) / 2, (low + high) / 2
    for start, end in (((x, 0), (x, 15)), ((x, height), (x, height - 15))):
        pen.line(start, end)
    for start, end in (((0, y), (25, y)), ((width, y), (width - 15, y))):
        pen.line(start, end)
    for number in range(1, 4):
        tick = left + number * (right - left) / 4.5
        pen.line((tick, 5), (tick, low))
        pen.text(tick + 5, 6, str(number))
    # A title block of 170 mm (ISO 7200), its lines ending on the frame and on each other.
    block = right - 170.0
    pen.line((block, low), (block, low + 30), (right, low + 30))
    pen.line((block, low + 10), (right, low + 10))
    pen.line((block + 60, low), (block + 60, low + 30))
    for dx, dy in ((3, 2), (3, 15), (63, 2), (63, 15)):
        pen.text(block + dx, low + dy)
    # The sign of the projection: circles that touch nothing.
    middle = ((block + 150) * pen.scale, (low + 20) * pen.scale)
    for radius in (2.0, 4.0):
        pen.space.add_circle(middle, radius * pen.scale)


@pytest.mark.parametrize("scale", [0.5, 1.0, 2.0, 10.0])
@pytest.mark.parametrize("lines", [True, False], ids=["lines", "polylines"])
@pytest.mark.parametrize("standing", [True, False], ids=["portrait", "landscape"])
@pytest.mark.parametrize("sheet", ISO)
def test_iso_sheet_leaves_the_part(tmp_path, sheet, standing, lines, scale):
    width, height = sorted(ISO[sheet], reverse=not standing)

    def draw(space):
        draw_iso(Pen(space, scale, lines), width, height)
        draw_part(space, 60 * scale, 90 * scale, size=scale)

    drawing = read(tmp_path, draw)
    is_the_l(drawing, size=scale)
    # A2 at 2 is A0 at 1.
    name = sheet if scale == 1.0 else "A"
    assert any(f"the size of {name}" in warning for warning in drawing.warnings)
    assert {count.rule for count in drawing.dropped} == {
        "sheet frames and title blocks are not cut",
        "texts and dimensions are not cut",
    }


@pytest.mark.parametrize("standing", [True, False], ids=["portrait", "landscape"])
@pytest.mark.parametrize("sheet", ANSI)
def test_inch_sheet_leaves_the_part(tmp_path, sheet, standing):
    width, height = sorted(ANSI[sheet], reverse=not standing)

    def draw(space):
        pen = Pen(space)
        pen.box(0, 0, width, height)
        pen.box(0.5, 0.5, width - 0.5, height - 0.5)
        pen.line((width - 4, 0.5), (width - 4, 1.5), (width - 0.5, 1.5))
        space.add_text("TITLE", height=0.1).set_placement((width - 3, 1.0))
        draw_part(space, 1.0, 3.0, size=1 / 25.4)

    drawing = read(tmp_path, draw, units=1)
    assert drawing.mm_per_unit == 25.4
    is_the_l(drawing)
    assert any(f"ANSI {sheet}" in warning for warning in drawing.warnings)


@pytest.mark.parametrize("hole", [True, False], ids=["with a hole", "without a hole"])
@pytest.mark.parametrize(("width", "height"), [A3, (390.0, 277.0), (210.0, 297.0), (777.0, 333.0)])
def test_single_frame_with_title_block_apart_from_it_leaves_the_part(tmp_path, width, height, hole):
    def draw(space):
        pen = Pen(space)
        pen.box(0, 0, width, height)
        pen.box(width - 117, 5, width - 5, 45)
        pen.text(width - 100, 30)
        pen.text(width - 100, 15)
        draw_part(space, 50, 90, hole)

    drawing = read(tmp_path, draw)
    is_the_l(drawing, hole=hole)
    assert "a title block" in drawing.warnings[0]


def test_title_block_that_lies_on_the_frame_does_not_touch_the_part(tmp_path):
    def draw(space):
        pen = Pen(space)
        pen.box(0, 0, *A3)
        pen.box(20, 10, 410, 287)
        pen.box(285, 10, 410, 50)
        pen.text(300, 20)
        draw_part(space, 50, 90)

    is_the_l(read(tmp_path, draw))


def test_frame_drawn_in_a_block_with_attributes_leaves_the_part(tmp_path):
    def draw(space):
        block = space.doc.blocks.new("S1", base_point=(5, 5))
        Pen(block).box(5, 5, 395, 282)
        Pen(block).box(270, 10, 390, 50)
        for y in (20, 30):
            block.add_attdef(f"A{y}", (280, y))
        space.add_blockref("S1", (0, 0)).add_auto_attribs({"A20": "x", "A30": "y"})
        draw_part(space, 50, 90)

    is_the_l(read(tmp_path, draw))


def test_two_sheets_side_by_side_leave_their_parts(tmp_path):
    def draw(space):
        for x in (0.0, 500.0):
            pen = Pen(space)
            pen.box(x, 0, x + 420, 297)
            pen.box(x + 20, 10, x + 410, 287)
            draw_part(space, x + 50, 90)

    drawing = read(tmp_path, draw)
    assert [outline_area(part) for part in drawing.parts] == pytest.approx([2400, 2400])


def test_sheet_with_two_holed_parts_is_a_frame_whatever_its_size(tmp_path):
    def draw(space):
        Pen(space).box(0, 0, 300, 200)
        draw_part(space, 20, 20)
        draw_part(space, 150, 20)

    drawing = read(tmp_path, draw)
    assert [outline_area(part) for part in drawing.parts] == pytest.approx([2400, 2400])
    assert "choose its layer with --cut-layers ('0')" in drawing.warnings[0]


def test_sheet_without_a_part_is_refused(tmp_path):
    drawing = read(tmp_path, lambda space: draw_iso(Pen(space), *A3))
    assert drawing.verdict == "rejected"
    assert "sheet frames and title blocks are not cut" in drawing.reason


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


@pytest.mark.parametrize("degrees", [30, 45, 90, 211.7])
def test_turned_sheet_leaves_the_part_as_the_upright_one_does(tmp_path, degrees):
    def draw(space):
        pen = Pen(space, lines=True)
        pen.box(0, 0, *A3)
        pen.box(20, 10, 410, 287)
        pen.box(285, 10, 410, 50)
        pen.line((285, 30), (410, 30))
        pen.text(300, 20)
        pen.text(300, 40)
        draw_part(space, 50, 90)
        for entity in space:
            entity.transform(Matrix44.z_rotate(math.radians(degrees)))

    drawing = read(tmp_path, draw)
    (part,) = drawing.parts
    assert outline_area(part) == pytest.approx(2400)
    assert "it has the size of A3" in drawing.warnings[0]


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
