import math

import pytest

from components.geometry.contours import hole_area, outline_area
from components.geometry.dxf_reader import read_drawing
from components.settings.drawings import DrawingSettings
from tests.unit.strategies import draw_plate, saved

SETTINGS = DrawingSettings.load()
PLATE = [(0, 0), (100, 0), (100, 60), (0, 60)]
WINDOW = [(40, 20), (60, 20), (60, 30), (40, 30)]


def read(tmp_path, draw):
    return read_drawing(saved(tmp_path / "a.dxf", draw), SETTINGS)


def test_hole_that_only_a_hatch_draws_is_a_hole(tmp_path):
    def draw(space):
        space.add_lwpolyline(PLATE, close=True)
        hatch = space.add_hatch()
        hatch.paths.add_polyline_path(PLATE)
        hatch.paths.add_polyline_path(WINDOW, flags=16)

    drawing = read(tmp_path, draw)
    (part,) = drawing.parts
    assert (outline_area(part), hole_area(part)) == pytest.approx((6000, 200))
    (warning,) = drawing.warnings
    assert warning == "1 boundary drawn by hatches alone taken as contours (at (50, 25))"


def test_round_hole_of_an_edge_path_is_a_hole_once_though_two_hatches_draw_it(tmp_path):
    def draw(space):
        space.add_lwpolyline(PLATE, close=True)
        around, within = space.add_hatch(), space.add_hatch()
        around.paths.add_polyline_path(PLATE)
        for hatch in (around, within):
            hatch.paths.add_edge_path(flags=16).add_arc((50, 30), 10, 0, 360)

    drawing = read(tmp_path, draw)
    (part,) = drawing.parts
    assert len(part.holes) == 1
    assert hole_area(part) == pytest.approx(math.pi * 100, rel=1e-3)


def test_hatch_that_repeats_the_contours_adds_nothing(tmp_path):
    def draw(space):
        draw_plate(space)
        hatch = space.add_hatch()
        hatch.paths.add_polyline_path(PLATE)
        hatch.paths.add_edge_path(flags=16).add_arc((20, 30), 5, 0, 360)

    drawing = read(tmp_path, draw)
    assert (drawing.verdict, drawing.warnings) == ("accepted", ())
    assert len(drawing.parts[0].holes) == 2
    assert [count.rule for count in drawing.dropped] == ["hatches repeat the contours"]


def test_hatch_that_shares_no_contour_is_left_out_with_its_place(tmp_path):
    def draw(space):
        draw_plate(space)
        space.add_hatch().paths.add_polyline_path(WINDOW)

    drawing = read(tmp_path, draw)
    assert len(drawing.parts[0].holes) == 2
    (warning,) = drawing.warnings
    assert warning.startswith("1 boundary drawn by hatches alone left out")
    assert "(at (50, 25))" in warning
    assert [count.rule for count in drawing.dropped] == ["hatch whose boundary no curve repeats"]


def test_boundary_that_runs_into_a_contour_is_left_out_and_told(tmp_path):
    def draw(space):
        space.add_lwpolyline(PLATE, close=True)
        hatch = space.add_hatch()
        hatch.paths.add_polyline_path(PLATE)
        hatch.paths.add_polyline_path([(90, 20), (110, 20), (110, 30), (90, 30)], flags=16)

    drawing = read(tmp_path, draw)
    assert drawing.parts[0].holes == ()
    assert "left out" in drawing.warnings[0]


def test_part_is_its_hatch_where_the_curves_are_centre_lines_alone(tmp_path):
    def draw(space):
        space.add_line((-10, 30), (110, 30))
        hatch = space.add_hatch()
        hatch.paths.add_polyline_path(PLATE)
        hatch.paths.add_polyline_path(WINDOW, flags=16)

    (part,) = read(tmp_path, draw).parts
    assert (outline_area(part), hole_area(part)) == pytest.approx((6000, 200))


def test_hatch_in_a_mirrored_block_below_the_plane_lies_where_it_is_shown(tmp_path):
    def draw(space):
        block = space.doc.blocks.new("P", base_point=(10, 0))
        hatch = block.add_hatch(dxfattribs={"extrusion": (0, 0, -1)})
        # Seen from below, x runs to the left.
        hatch.paths.add_polyline_path([(-x, y) for x, y in PLATE])
        hatch.paths.add_polyline_path([(-x, y) for x, y in WINDOW], flags=16)
        space.add_lwpolyline([(200 - 2 * (x - 10), y) for x, y in PLATE], close=True)
        space.add_blockref("P", (200, 0), dxfattribs={"xscale": -2})

    drawing = read(tmp_path, draw)
    (part,) = drawing.parts
    assert hole_area(part) == pytest.approx(400)
    # The window's middle is x = 50: 200 - 2 (50 - 10) = 120.
    assert "(at (120, 25))" in drawing.warnings[0]


def test_box_that_a_hatch_leaves_free_for_a_text_is_no_hole(tmp_path):
    def draw(space):
        space.add_lwpolyline(PLATE, close=True)
        hatch = space.add_hatch()
        hatch.paths.add_polyline_path(PLATE)
        hatch.paths.add_polyline_path(WINDOW, flags=8)

    drawing = read(tmp_path, draw)
    assert (drawing.parts[0].holes, drawing.warnings) == ((), ())
