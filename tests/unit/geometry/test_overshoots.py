import math

import numpy as np
import pytest

from components.geometry.contours import outline_area
from components.geometry.dxf_reader import read_drawing
from components.geometry.overshoots import led_on, trimmed_ends
from components.settings.drawings import DrawingSettings
from tests.unit.strategies import saved

SETTINGS = DrawingSettings.load()
LIMIT = 3.0


def chain(*points):
    return np.array(points, dtype=np.float64)


def crossing_lines(space, by):
    """The four edges of a rectangle of 100 x 50, each `by` too long at both ends."""
    for y in (0, 50):
        space.add_line((-by, y), (100 + by, y))
    for x in (0, 100):
        space.add_line((x, -by), (x, 50 + by))


def read(tmp_path, draw):
    return read_drawing(saved(tmp_path / "part.dxf", draw), SETTINGS)


@pytest.mark.parametrize("by", [0.01, 0.3, 2.0, 2.9])
def test_lines_past_every_corner_are_cut_there_and_told_with_size_and_place(tmp_path, by):
    drawing = read(tmp_path, lambda space: crossing_lines(space, by))
    assert drawing.verdict == "repaired"
    assert drawing.reason == (
        f"4 overshooting ends trimmed ({by:g} mm at (0, 0), {by:g} mm at (0, 50), "
        f"{by:g} mm at (100, 0), ...)"
    )
    assert outline_area(drawing.parts[0]) == pytest.approx(5000, rel=1e-9)


@pytest.mark.parametrize("by", [3.2, 10.0])
def test_longer_overshoots_are_refused_with_size_and_place(tmp_path, by):
    drawing = read(tmp_path, lambda space: crossing_lines(space, by))
    assert drawing.verdict == "rejected"
    assert drawing.reason.startswith(f"a line runs {by:g} mm past a corner at (")
    assert "overshoot_limit_mm (3)" in drawing.reason
    x, y = map(float, drawing.reason.split(" at (")[1].split(")")[0].split(", "))
    assert (x, y) in [(0, 0), (100, 0), (100, 50), (0, 50)]


def test_overshoot_of_more_than_a_tenth_of_a_small_contour_is_no_overshoot(tmp_path):
    def draw(space):
        space.add_lwpolyline([(0, 0), (100, 0), (100, 60), (0, 60)], close=True)
        for k in (20, 26):
            space.add_line((k, 18), (k, 28))
            space.add_line((18, k), (28, k))

    drawing = read(tmp_path, draw)
    assert drawing.parts[0].holes == ()
    assert "4 open chains dropped (10 mm from" in drawing.reason


def test_one_line_past_the_end_of_the_other_is_cut_there():
    one, other = chain((0, 0), (100, 0)), chain((98, 0), (98, 50))
    (first, second), places = trimmed_ends([one, other], LIMIT, 1e-3, 1e-6)
    assert first.tolist() == [[0, 0], [98, 0]]
    assert second.tolist() == other.tolist()
    assert places == [(pytest.approx(2), pytest.approx(98), pytest.approx(0))]


def test_both_ends_of_one_bent_line_are_cut_where_they_cross():
    bent = chain((-1, 0), (100, 0), (100, 50), (0, 50), (0, -2))
    (cut,), places = trimmed_ends([bent], LIMIT, 1e-3, 1e-6)
    assert cut.tolist() == [[0, 0], [100, 0], [100, 50], [0, 50], [0, 0]]
    assert places == [(pytest.approx(2), pytest.approx(0), pytest.approx(0))]


def test_crossing_in_the_middle_and_overlapping_ends_are_left():
    cross = [chain((-5, 0), (5, 0)), chain((0, -5), (0, 5))]
    overlap = [chain((20, 0), (60, 0)), chain((58, 0), (90, 0))]
    chains = [*cross, *overlap]
    cut, places = trimmed_ends(chains, LIMIT, 1e-3, 1e-6)
    assert places == []
    assert all(np.array_equal(a, b) for a, b in zip(cut, chains, strict=True))


def test_end_that_three_lines_share_is_left_for_noding():
    star = [chain((-1, 0), (50, 0)), chain((0, -1), (0, 50)), chain((-1, -1), (50, 50))]
    assert trimmed_ends(star, LIMIT, 1e-3, 1e-6)[1] == []


@pytest.mark.parametrize("turn", [0, 17, 30, 90])
def test_end_that_stops_short_of_a_line_is_led_straight_on_to_it(turn):
    c, s = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    matrix = np.array([[c, s], [-s, c]])
    # At 45 degrees an end 0.3 above the line meets it 0.3 further along, sqrt(0.18) away.
    slanted, line = chain((10, 10.3), (0.0, 0.3)), chain((-50, 0), (50, 0))
    chains = [slanted @ matrix, line @ matrix]
    (longer, same), places = led_on(chains, 0.5, 1e-6)
    assert np.array_equal(same, chains[1])
    assert longer[-1] == pytest.approx(chain((-0.3, 0))[0] @ matrix, abs=2e-6)
    ((size, x, y),) = places
    assert size == pytest.approx(math.sqrt(0.18), rel=1e-6)
    assert (x, y) == pytest.approx(tuple(chain((-0.3, 0))[0] @ matrix), abs=1e-6)


def test_undershoot_at_a_line_that_runs_on_is_closed_as_a_gap(tmp_path):
    def draw(space):
        space.add_line((-2, 0), (102, 0))
        space.add_line((0, 0.3), (0, 50))
        space.add_line((0, 50), (100, 50))
        space.add_line((100, 50), (100, 0.4))

    drawing = read(tmp_path, draw)
    assert outline_area(drawing.parts[0]) == pytest.approx(5000, rel=1e-6)
    assert [gap.size_mm for gap in drawing.gaps] == [pytest.approx(0.4), pytest.approx(0.3)]
    assert (drawing.gaps[0].x, drawing.gaps[0].y) == (100, 0)
    assert "2 gaps joined (widest 0.4 mm at (100, 0))" in drawing.reason
    assert "2 overshooting ends trimmed (2 mm at (0, 0), 2 mm at (100, 0))" in drawing.reason
