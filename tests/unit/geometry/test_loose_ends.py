import math
import re
from itertools import pairwise

import numpy as np
import pytest

from components.geometry.dxf_reader import read_drawing
from components.geometry.loose_ends import is_line
from components.settings.drawings import DrawingSettings
from tests.unit.strategies import saved

SETTINGS = DrawingSettings.load()


def read(tmp_path, draw, left=0):
    """Read a plate of 100 x 50 whose left edge is at `left`, with more in it."""

    def with_plate(space):
        corners = [(left, 0), (left + 100, 0), (left + 100, 50), (left, 50)]
        space.add_lwpolyline(corners, close=True)
        draw(space)

    return read_drawing(saved(tmp_path / "part.dxf", with_plate), SETTINGS)


def lines(*points):
    """Draw lines from point to point."""

    def draw(space):
        for a, b in pairwise(points):
            space.add_line(a, b)

    return draw


def arc(degrees):
    return lambda space: space.add_arc((20, 25), 8, 0, degrees)


U_SHAPE = [(20, 20), (40, 20), (40, 30), (20, 30)]
SQUARE = [(20, 20), (30, 20), (30, 30), (20, 30)]


@pytest.mark.parametrize(
    ("draw", "gap_mm", "place"),
    [
        pytest.param(lines(*U_SHAPE), 10, "(20, 30)", id="short side of 2:1 missing"),
        pytest.param(lines(*SQUARE), 10, "(20, 30)", id="side of a square missing"),
        # Ends of an arc of radius 8 over 270 degrees: 8 sqrt(2) apart.
        pytest.param(arc(270), 8 * math.sqrt(2), "(20, 17)", id="quarter of a circle missing"),
        pytest.param(arc(350), 16 * math.sin(math.radians(5)), "(", id="circle nearly closed"),
    ],
)
@pytest.mark.parametrize("left", [0, -22], ids=["beside the middle", "round the middle"])
def test_hole_with_one_side_open_is_refused_wherever_it_lies(tmp_path, draw, gap_mm, place, left):
    drawing = read(tmp_path, draw, left)
    assert drawing.verdict == "rejected"
    assert drawing.reason.startswith("open contour: it ends at ")
    assert f"{gap_mm:.4g} mm from its start" in drawing.reason
    assert f"ends at {place}" in drawing.reason
    assert "put what is not cut on its own layer" in drawing.reason


def test_hole_in_two_pieces_is_refused_with_its_widest_gap(tmp_path):
    def draw(space):
        lines((21, 20), (40, 20), (40, 30))(space)
        lines((38, 30), (20, 30), (20, 20))(space)

    reason = read(tmp_path, draw).reason
    assert reason.startswith("open contour in 2 pieces: the widest gap is 2 mm at (39, 30)")


@pytest.mark.parametrize(
    ("draw", "warned"),
    [
        pytest.param(lines((20, 0), (20, 50)), False, id="bend line"),
        pytest.param(lines((40, 20), (60, 20), (60, 40)), True, id="right angle"),
        pytest.param(arc(180), True, id="half circle"),
        pytest.param(lines((30, 20), (40, 30), (50, 20), (60, 30)), True, id="zigzag"),
        pytest.param(lines((10, 40), (30, 40), (10, 44), (30, 44), (10, 48)), True, id="coil"),
    ],
)
def test_other_open_lines_are_left_out_and_told_and_warned_about_if_bent(tmp_path, draw, warned):
    drawing = read(tmp_path, draw)
    assert drawing.verdict == "repaired"
    assert drawing.reason.startswith("1 open chain dropped")
    assert any("not straight" in warning for warning in drawing.warnings) == warned
    assert drawing.parts[0].holes == ()


def test_four_bend_lines_round_the_middle_of_a_tray_are_no_hole(tmp_path):
    def draw(space):
        for y in (10, 40):
            space.add_line((12, y), (88, y))
        for x in (10, 90):
            space.add_line((x, 12), (x, 38))

    drawing = read(tmp_path, draw)
    assert drawing.verdict == "repaired"
    assert "4 open chains dropped" in drawing.reason


def test_line_is_straight_up_to_a_slight_bow():
    half = np.linspace(-1, 1, 33)
    # The hull of a parabola of height h over a chord of 2 has the area 4 h / 3.
    for height, straight in ((0.1, True), (0.3, False)):
        bow = np.column_stack([half, height * (1 - half**2)])
        assert is_line(bow) == straight


@pytest.mark.parametrize("side", [(180, 360), (0, 180)])
@pytest.mark.parametrize("closed", [True, False])
def test_half_round_notch_over_an_edge_that_stayed_is_refused(tmp_path, side, closed):
    def draw(space):
        corners = [(0, 0), (100, 0), (100, 60), (0, 60)]
        if closed:
            space.add_lwpolyline(corners, close=True)
        else:
            for start, end in zip(corners, corners[1:] + corners[:1], strict=True):
                space.add_line(start, end)
        space.add_arc((50, 60), 10, *side)

    drawing = read_drawing(saved(tmp_path / "a.dxf", draw), SETTINGS)
    assert drawing.verdict == "rejected"
    assert re.match(r"ambiguous: .* same contour, at \((40|60), 60\)", drawing.reason)


def test_straight_line_across_a_part_is_a_bend_line(tmp_path):
    def draw(space):
        space.add_lwpolyline([(0, 0), (100, 0), (100, 60), (0, 60)], close=True)
        space.add_line((0, 20), (100, 40))

    drawing = read_drawing(saved(tmp_path / "a.dxf", draw), SETTINGS)
    assert (drawing.verdict, len(drawing.parts)) == ("repaired", 1)


def test_marks_at_the_corners_of_a_sheet_are_no_outline(tmp_path):
    def draw(space):
        space.add_lwpolyline([(0, 0), (100, 0), (100, 60), (0, 60)], close=True)
        for x, y in ((-10, -10), (110, -10), (110, 70), (-10, 70)):
            space.add_line((x - 3, y), (x + 3, y))
            space.add_line((x, y - 3), (x, y + 3))

    drawing = read_drawing(saved(tmp_path / "a.dxf", draw), SETTINGS)
    assert (drawing.verdict, len(drawing.parts), drawing.warnings) == ("repaired", 1, ())
    assert drawing.reason.startswith("8 open chains dropped (6 mm from")


@pytest.mark.parametrize(("gap", "advised"), [(2, True), (40, False)])
def test_only_a_narrow_gap_is_worth_a_wider_tolerance(tmp_path, gap, advised):
    def draw(space):
        space.add_lwpolyline([(0, 0), (100, 0), (100, 60), (0, 60), (0, gap)])

    reason = read_drawing(saved(tmp_path / "a.dxf", draw), SETTINGS).reason
    assert f"{gap} mm from its start; close it" in reason
    assert ("raise gap_limit_mm (now 0.5)" in reason) == advised
