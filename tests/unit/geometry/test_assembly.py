import math

import pytest

from components.geometry.contours import hole_area
from components.geometry.dxf_reader import read_drawing
from components.settings.drawings import DrawingSettings
from tests.unit.strategies import saved

SETTINGS = DrawingSettings.load()
RECTANGLE = [(0, 0), (100, 0), (100, 60), (0, 60)]


def read(tmp_path, draw):
    return read_drawing(saved(tmp_path / "part.dxf", draw), SETTINGS)


@pytest.mark.parametrize("x", [50.0, 130.0], ids=["in a hole", "beside the part"])
def test_dot_too_small_for_a_part_is_dropped_and_told(tmp_path, x):
    def draw(space):
        space.add_lwpolyline(RECTANGLE, close=True)
        space.add_circle((50, 30), 5)
        space.add_circle((x, 30), 0.15)

    drawing = read(tmp_path, draw)
    (part,) = drawing.parts
    assert drawing.verdict == "repaired"
    assert f"1 contour smaller than min_size_mm (0.5) dropped (at ({x:g}, 30))" in drawing.reason
    assert hole_area(part) == pytest.approx(math.pi * 25, rel=1e-3)


@pytest.mark.parametrize(("diameter", "warned"), [(0.3, True), (0.6, False)])
def test_tiny_circle_inside_a_part_stays_a_hole_and_is_warned_about(tmp_path, diameter, warned):
    def draw(space):
        space.add_lwpolyline(RECTANGLE, close=True)
        space.add_circle((50, 30), diameter / 2)

    drawing = read(tmp_path, draw)
    assert drawing.verdict == "accepted"
    assert len(drawing.parts[0].holes) == 1
    said = "1 hole smaller than min_hole_mm (0.5) kept (at (50, 30))"
    assert any(warning.startswith(said) for warning in drawing.warnings) == warned


def test_hole_that_crosses_itself_with_equal_lobes_is_refused_with_its_place(tmp_path):
    def draw(space):
        space.add_lwpolyline(RECTANGLE, close=True)
        space.add_lwpolyline([(40, 20), (60, 40), (60, 20), (40, 40)], close=True)

    drawing = read(tmp_path, draw)
    assert drawing.verdict == "rejected"
    assert "crosses or touches itself at (50, 30)" in drawing.reason


def test_open_chains_are_dropped_with_length_and_place_also_far_from_the_origin(tmp_path):
    def draw(space):
        x, y = 4567890.0, 5234567.0
        space.add_lwpolyline([(x + a, y + b) for a, b in RECTANGLE], close=True)
        for n in range(4):
            space.add_line((x + 10, y + 10 + n), (x + 20 + n, y + 10 + n))

    reason = read(tmp_path, draw).reason
    assert reason.startswith("4 open chains dropped (13 mm from (4567900, 5234580), 12 mm")
    assert reason.endswith("(4567900, 5234578), ...)")


@pytest.mark.parametrize(("gap", "verdict"), [(8e-4, "accepted"), (0.02, "repaired")])
def test_every_gap_is_told_and_noise_only_decides_on_the_verdict(tmp_path, gap, verdict):
    def draw(space):
        space.add_lwpolyline([(0, gap), *RECTANGLE[::-1]][:-1])
        space.add_line((0, 0), (100, 0))

    drawing = read(tmp_path, draw)
    assert drawing.verdict == verdict
    assert gap in [pytest.approx(found.size_mm, rel=1e-6) for found in drawing.gaps]


@pytest.mark.parametrize("turn", range(0, 90, 15))
@pytest.mark.parametrize(("web_mm", "rejected"), [(0.0, True), (0.002, True), (0.03, False)])
def test_circle_that_touches_the_edge_is_refused_in_every_direction(
    tmp_path, turn, web_mm, rejected
):
    c, s = math.cos(math.radians(turn)), math.sin(math.radians(turn))

    def turned(x, y):
        return (x * c - y * s, x * s + y * c)

    def draw(space):
        space.add_lwpolyline([turned(*corner) for corner in RECTANGLE], close=True)
        space.add_circle(turned(10 + web_mm, 30), 10)

    drawing = read(tmp_path, draw)
    assert (drawing.verdict == "rejected") == rejected
    if rejected:
        x, y = map(float, drawing.reason.split(" at (")[1].split(")")[0].split(", "))
        # Near to the point of contact the circle leaves the edge slowly.
        assert math.dist((x, y), turned(0, 30)) < 1.0
