"""Objects that are no part of the drawings."""

from collections.abc import Callable

import numpy as np
import pytest

from components.data_preprocessing.distractors import KINDS, Solid, small_object, unknown_plate
from components.domain import OTHER_LABEL

NAMES = {kind.__name__.strip("_"): kind for kind in KINDS}


def test_all_that_lies_on_a_bench_is_there() -> None:
    wanted = {"screw", "nut", "washer", "spring", "cable", "pen", "tool", "ball", "cut_off"}
    assert wanted <= set(NAMES)


@pytest.mark.parametrize("kind", NAMES.values(), ids=list(NAMES))
def test_every_kind_is_of_valid_solids_that_fit_the_table(
    kind: Callable[[np.random.Generator], list[Solid]],
) -> None:
    for seed in range(12):
        for solid in kind(np.random.default_rng(seed)):
            assert solid.region.is_valid
            assert solid.region.area > 0
            assert solid.thickness > 0
            left, low, right, high = solid.region.bounds
            assert max(right - left, high - low) < 2.5


def test_many_cables_are_longer_than_the_picture_is_wide() -> None:
    bounds = [NAMES["cable"](np.random.default_rng(n))[0].region.bounds for n in range(60)]
    lengths = [np.hypot(right - left, high - low) for left, low, right, high in bounds]
    assert sum(length > 1 for length in lengths) > 12


def test_cables_balls_and_pens_are_round_and_nuts_are_flat() -> None:
    rng = np.random.default_rng(1)
    assert all(s.domed for name in ("cable", "ball", "pen") for s in NAMES[name](rng))
    assert not any(s.domed for name in ("nut", "washer", "cut_off") for s in NAMES[name](rng))


def test_small_object_keeps_its_pieces_together_at_the_frames_scale() -> None:
    for seed in range(20):
        small, large = (
            small_object(np.random.default_rng(seed), 7, mm, (0.75, 1.3)) for mm in (100.0, 200.0)
        )
        assert small.label == OTHER_LABEL
        for one, two in zip(small.pieces, large.pieces, strict=True):
            assert two.scale == pytest.approx(2 * one.scale)
            assert (two.x_mm, two.y_mm) == pytest.approx((2 * one.x_mm, 2 * one.y_mm))
            assert one.domed == two.domed


def test_unknown_plate_is_the_same_whenever_it_is_made() -> None:
    first = unknown_plate(3, 5)
    unknown_plate.cache_clear()
    assert (unknown_plate(3, 5).outline.xy_mm == first.outline.xy_mm).all()
