import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.geometry.contours import signed_area
from components.geometry.joining import JoinSettings, joined, simple_chains
from tests.unit.strategies import rectangle, regular

JOINS = JoinSettings(start=1e-6, limit=0.5, factor=10.0, double=0.01, overshoot=3.0, noise=1e-3)


def sides(ring):
    """The sides of a ring as separate lines."""
    return [np.array([a, b]) for a, b in zip(ring, np.roll(ring, -1, axis=0), strict=True)]


def test_steps_grow_from_tight_to_the_limit():
    assert JOINS.steps()[0] == 1e-6
    assert JOINS.steps()[-1] == 0.5


@settings(max_examples=40)
@given(st.integers(3, 60), st.randoms(use_true_random=False))
def test_shuffled_and_reversed_sides_make_the_ring_again(count, random):
    ring = regular(count, 40.0)
    lines = [line[::-1] if random.random() < 0.5 else line for line in sides(ring)]
    random.shuffle(lines)
    result = joined(lines, JOINS)
    assert len(result.rings) == 1
    assert result.loose == []
    assert abs(signed_area(result.rings[0])) == pytest.approx(signed_area(ring))


@pytest.mark.parametrize("gap", [0.01, 0.1, 0.4])
def test_gap_is_joined_and_told_with_size_and_place(gap):
    lines = sides(rectangle(100, 60))
    lines[3][1, 1] += gap
    result = joined(lines, JOINS)
    assert len(result.rings) == 1
    assert result.gaps == [(pytest.approx(gap), -50.0, pytest.approx(-30 + gap / 2))]
    assert abs(signed_area(result.rings[0])) == pytest.approx(6000, rel=1e-9)


def test_gap_beyond_the_limit_stays_open():
    lines = sides(rectangle(100, 60))
    lines[3][1, 1] += 0.6
    result = joined(lines, JOINS)
    assert result.rings == []
    assert len(result.loose) == 1


def test_overshooting_corners_are_joined_where_the_lines_cross():
    lines = [line + (line - line[::-1]) * 0.003 for line in sides(rectangle(100, 100))]
    result = joined(lines, JOINS)
    assert abs(signed_area(result.rings[0])) == pytest.approx(10000, rel=1e-9)


def test_whisker_at_a_corner_stays_loose():
    result = joined([*sides(rectangle(100, 60)), np.array([(50, 30), (70, 50)])], JOINS)
    assert len(result.rings) == 1
    assert [chain.tolist() for chain in result.loose] == [[[50, 30], [70, 50]]]


def test_wide_tolerance_does_not_eat_short_segments():
    ring = regular(4000, 10.0)
    result = joined(sides(ring), JOINS)
    assert len(result.rings[0]) == 4000
    assert abs(signed_area(result.rings[0])) == pytest.approx(100 * math.pi, rel=1e-5)


def test_order_of_runs_follows_that_of_the_pieces_and_no_set():
    # Ten crosses of four arms each: edgeminer alone gives the arms in an order that memory decides.
    pieces = [
        np.array([(10.0 * n, 0.0), (10.0 * n + x, y)])
        for n in range(10)
        for x, y in ((4, 0), (-4, 0), (0, 4), (0, -4))
    ]
    runs = simple_chains(pieces, 0.1)
    assert [len(run) for run in runs] == [1] * len(pieces)
    for (run,), piece in zip(runs, pieces, strict=True):
        assert np.array_equal(run, piece) or np.array_equal(run[::-1], piece)


def test_piece_whose_ends_meet_is_a_run_of_its_own():
    turn = np.linspace(0, 1.95 * np.pi, 50)
    piece = np.column_stack([np.cos(turn), np.sin(turn)])
    assert [len(run) for run in simple_chains([piece, piece + 9], 0.5)] == [1, 1]
