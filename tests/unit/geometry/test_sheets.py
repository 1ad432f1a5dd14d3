"""Sheets as ISO 5457 and ASME Y14.1 draw them, with a part whose areas are counted by hand."""

import math

import pytest
from ezdxf.math import Matrix44

from components.geometry.contours import outline_area
from tests.unit.geometry.sheets import A3, ANSI, ISO, Pen, draw_part, is_the_l, read


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
