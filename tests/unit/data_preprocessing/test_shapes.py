"""Random parts are always parts."""

from collections.abc import Callable

import numpy as np
import pytest
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

from components.data_preprocessing.shapes import FAMILIES, frame, largest, random_part
from components.geometry.contours import signed_area

SEEDS = range(60)


@pytest.mark.parametrize("seed", SEEDS)
def test_random_part_is_a_valid_region_about_its_origin(seed: int) -> None:
    part = random_part(np.random.default_rng(seed), size_mm=80.0)
    region = Polygon(part.outline.xy_mm, [hole.xy_mm for hole in part.holes])
    assert region.is_valid
    assert region.area > 0
    left, low, right, high = region.bounds
    assert max(right - left, high - low) == pytest.approx(80.0)
    assert (left + right, low + high) == pytest.approx((0.0, 0.0), abs=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_contour_of_a_random_part_is_counter_clockwise(seed: int) -> None:
    part = random_part(np.random.default_rng(seed))
    assert all(signed_area(c.xy_mm) > 0 for c in (part.outline, *part.holes))


@pytest.mark.parametrize("family", sorted(set(FAMILIES), key=lambda f: f.__name__))
def test_every_family_gives_a_region(family: Callable[[np.random.Generator], BaseGeometry]) -> None:
    rng = np.random.default_rng(3)
    areas = [largest(family(rng)).area for _ in range(10)]
    assert sum(area > 0.01 for area in areas) >= 9


def test_random_parts_differ_and_many_have_holes() -> None:
    parts = [random_part(np.random.default_rng(seed)) for seed in SEEDS]
    assert len({part.outline.xy_mm.tobytes() for part in parts}) == len(parts)
    assert sum(bool(part.holes) for part in parts) > len(parts) / 2


def test_same_seed_gives_the_same_part() -> None:
    one, two = (random_part(np.random.default_rng(5)) for _ in range(2))
    assert (one.outline.xy_mm == two.outline.xy_mm).all()


def test_frames_are_thin_bands_round_one_opening() -> None:
    for seed in range(30):
        band = largest(frame(np.random.default_rng(seed)))
        openings = sorted(Polygon(hole).area for hole in band.interiors)
        filled = Polygon(band.exterior).area
        assert openings[-1] > 0.35 * filled
        assert band.area < 0.6 * filled
