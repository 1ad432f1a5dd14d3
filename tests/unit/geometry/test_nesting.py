import numpy as np
import pytest

from components.errors import DrawingError
from components.geometry.contours import signed_area
from components.geometry.drawing import PlacedError
from components.geometry.loose_ends import check_loose
from components.geometry.nesting import cleaned, healed, nested, shapes_of, without_double_rings
from components.geometry.noding import NodingLimits, noded
from tests.unit.strategies import rectangle, regular, square

LIMITS = NodingLimits(start=1e-6, gap=0.5, overshoot=3.0)


def test_rings_in_rings_become_outlines_with_holes():
    rings = [regular(64, radius) for radius in (30, 90, 60, 75, 45)]
    shapes = shapes_of(nested([*rings, square(200)]))
    assert [len(shape.holes) for shape in shapes] == [1, 1, 1]
    assert [np.ptp(shape.outline[:, 0]) for shape in shapes] == pytest.approx([200, 150, 90])


def test_parts_side_by_side_come_biggest_first():
    shapes = shapes_of(nested([square(5, 50), square(10), square(1, 50)]))
    assert [len(shape.holes) for shape in shapes] == [0, 1]


@pytest.mark.parametrize(
    ("rings", "place"),
    [
        pytest.param([square(10), square(10, 5, 5)], (0, 5), id="crossing"),
        pytest.param([square(10), square(2, 4, 0)], (5, 0), id="touching along an edge"),
        pytest.param([np.array([(0, 0), (8, 6), (8, 0), (0, 6)])], (4, 3), id="bow tie"),
        pytest.param([np.array([(0, 0), (8, 0), (8, 6), (4, 0), (0, 6)])], (4, 0), id="self-touch"),
    ],
)
def test_contours_that_meet_are_refused_with_the_place(rings, place):
    with pytest.raises(PlacedError) as caught:
        nested(rings)
    assert caught.value.moved((0.0, 0.0)).args == caught.value.args
    x, y = (float(number) for number in str(caught.value).split("(")[1].rstrip(")").split(","))
    assert abs(x - place[0]) + abs(y - place[1]) <= 5.0


def test_place_is_told_in_the_drawing_when_moved():
    error = PlacedError("they cross at {place}", (1.5, 2.0)).moved((100.0, -10.0))
    assert str(error) == "they cross at (101.5, -8)"


def test_rings_without_width_are_dropped():
    needle = np.array([(0, 0), (50, 0), (50, 1e-6), (0, 1e-6)])
    rings, dropped = cleaned([square(10), needle, np.zeros((4, 2))], speck=0.02)
    assert (len(rings), dropped) == (1, 2)


def test_ring_drawn_twice_counts_once_but_a_narrow_frame_stays():
    twice = [square(10), square(10, 1e-4, 1e-4), square(10)[::-1], square(9.9)]
    rings, doubles = without_double_rings(twice, tolerance=0.01)
    assert (len(rings), doubles) == (2, 2)


def test_tiny_loop_at_a_corner_is_cleaned():
    ring = np.array([(0, 0), (10, 0), (10, 10), (0.001, 10), (0, 9.999), (0, 10.001), (0, 0.5)])
    rings, count = healed([ring], speck=0.02)
    assert count == 1
    assert len(nested(rings).rings) == 1


def test_overlapping_lines_are_merged_by_noding():
    chain = np.array([(70, 0), (0, 0), (0, 60), (100, 60), (100, 0), (30, 0)], dtype=float)
    result = noded([chain], LIMITS)
    assert len(result.rings) == 1
    assert result.loose == []


def test_grid_of_centre_lines_makes_no_ring():
    lines = [np.array([(-9, y), (9, y)], dtype=float) for y in (-5, 5)]
    lines += [line[:, ::-1] for line in lines]
    result = noded(lines, LIMITS)
    assert result.rings == []
    assert len(result.loose) == 4


def test_two_cells_with_a_common_wall_are_ambiguous():
    around = np.array([(50, 0), (0, 0), (0, 60), (50, 60)], dtype=float)
    mirrored = np.array([(50, 0), (100, 0), (100, 60), (50, 60)], dtype=float)
    wall = np.array([(50, 0), (50, 60)], dtype=float)
    with pytest.raises(PlacedError, match=r"share an edge at \(50, 30\)"):
        noded([around, mirrored, wall], LIMITS)


@pytest.mark.parametrize(
    "chain",
    [
        pytest.param([(-50, 30), (-50, -30), (50, -30), (50, 30)], id="outline without one side"),
        pytest.param([(-5, 8), (-5, 12), (5, 12), (5, 8), (-4.5, 8)], id="nearly closed slot"),
        pytest.param([(60, -30), (60, 30), (160, 30), (160, -20)], id="open part beside"),
    ],
)
def test_lost_contour_is_refused(chain):
    with pytest.raises(DrawingError, match="open contour"):
        check_loose([np.array(chain, dtype=float)], [regular(32, 5.0)], limit=0.5, mm=1.0)


@pytest.mark.parametrize(
    "chain",
    [
        pytest.param([(-50, 0), (50, 0)], id="bend line"),
        pytest.param([(50, 30), (70, 50)], id="whisker"),
        pytest.param([(1e6, 1e6), (1e6 + 1, 1e6)], id="stray line far away"),
        pytest.param([(-10, -5), (-10, 5), (0, 5)], id="engraved letter"),
    ],
)
def test_harmless_open_chain_is_left_out(chain):
    check_loose([np.array(chain, dtype=float)], [rectangle(100, 60)], limit=0.5, mm=1.0)


@pytest.mark.parametrize("degrees", [0, 17, 30, 123.4, 271])
def test_overlapping_lines_are_merged_however_the_drawing_is_turned(degrees):
    turn = np.radians(degrees)
    matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    lines = [
        [(0, 0), (70, 0)], [(30, 0), (100, 0)], [(100, 0), (100, 60)], [(100, 60), (0, 60)],
        [(0, 60), (0, 20)], [(0, 35), (0, 0)],
    ]  # fmt: skip
    chains = [np.array(line, dtype=float) @ matrix + (700.3, -41.7) for line in lines]
    result = noded(chains, LIMITS)
    assert [abs(signed_area(ring)) for ring in result.rings] == [pytest.approx(6000)]
    assert result.loose == []
