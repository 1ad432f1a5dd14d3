import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from components.data_preprocessing.shapes import random_part
from components.inspection.fitting.fields import MARGIN, FieldStack, field_of
from tests.unit.inspection.shapes import bracket, disc, plate


def looked_up(part, xy, nodes=224):
    stack = FieldStack([field_of(part, nodes)])
    points = np.asarray(xy, dtype=np.float32).T
    distance, slope = stack.look_up(np.array([0]), points[None])
    return distance[0], *slope[0]


def test_distance_to_a_circle_is_the_radius_left():
    # Bore of 10 mm and outline of 30 mm radius.
    # Not at the very centre: there the distance has a peak that no grid shows.
    radii = np.array([1.0, 5.0, 9.0, 12.0, 20.0, 28.0, 32.0])
    distance, along_x, _ = looked_up(disc(), np.column_stack([radii, np.zeros(7)]))
    want = [9.0, 5.0, 1.0, -2.0, -10.0, -2.0, 2.0]
    assert distance == pytest.approx(want, abs=0.2)
    assert along_x[[1, 3, 5]] == pytest.approx([-1.0, -1.0, 1.0], abs=0.05)


def test_distance_beyond_the_grid_goes_on_growing():
    far = 45 * (1 + 2 * MARGIN) + 100
    distance, _, _ = looked_up(plate(), [(far, 0.0)])
    assert distance[0] == pytest.approx(far - 45, rel=0.02)


def test_slopes_are_those_of_the_distance():
    xy = np.array([(44.0, 3.0), (-20.0, 18.5), (10.0, -21.0)])
    distance, along_x, along_y = looked_up(plate(), xy)
    assert distance == pytest.approx([-1.0, -1.5, 1.0], abs=0.02)
    assert along_x == pytest.approx([1.0, 0.0, 0.0], abs=0.02)
    assert along_y == pytest.approx([0.0, 1.0, -1.0], abs=0.02)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000))
def test_distances_near_edges_agree_with_exact_geometry(seed):
    rng = np.random.default_rng(seed)
    part = random_part(rng, "p", 100.0)
    holes = [hole.xy_mm for hole in part.holes]
    polygon = shapely.Polygon(part.outline.xy_mm, holes)
    xy = rng.uniform(*shapely.bounds(polygon).reshape(2, 2), (3000, 2))
    points = shapely.points(xy)
    exact = shapely.distance(polygon.boundary, points)
    exact = np.where(shapely.contains(polygon, points), -exact, exact)
    near = np.abs(exact) < 1.0
    distance, _, _ = looked_up(part, xy[near])
    # A cell is 0.56 mm wide; straight edges are exact, corners and ridges are cut.
    assert np.median(np.abs(distance - exact[near])) < 0.03
    assert np.percentile(np.abs(distance - exact[near]), 95) < 0.35


def test_several_fields_are_looked_up_together():
    parts = [bracket(), plate(), disc()]
    stack = FieldStack([field_of(part, 128) for part in parts])
    xy = np.random.default_rng(0).uniform(-30, 30, (2, 50)).astype(np.float32)
    numbers = np.array([2, 0, 1, 0])
    distance, slope = stack.look_up(numbers, np.tile(xy, (4, 1, 1)))
    together = (distance, slope[:, 0], slope[:, 1])
    for row, number in enumerate(numbers):
        alone = looked_up(parts[number], xy.T, 128)
        for found, want in zip(together, alone, strict=True):
            assert found[row] == pytest.approx(want, abs=1e-4)
