"""Tiles and the pieces that are cut from them."""

import numpy as np
import pytest

from components.data_preprocessing.textures import PATTERNS, TURNS, crop, grains, tile


@pytest.mark.parametrize("name", list(PATTERNS))
def test_every_pattern_has_contrast_about_middle_grey(name: str) -> None:
    grey = tile(name, 0, 1)
    assert abs(float(grey.mean()) - 128) < 12
    assert grey.std() > 15


@pytest.mark.parametrize("sigma_px", [0.5, 0.8, 1.2])
def test_grains_have_unit_spread_however_blurred(sigma_px: float) -> None:
    fields = [grains(np.random.default_rng(seed), sigma_px) for seed in range(3)]
    assert np.std(fields) == pytest.approx(1.0, abs=0.02)
    assert np.abs(np.corrcoef([field.ravel() for field in fields])[0, 1:]).max() < 0.05


def test_tile_depends_on_name_variant_and_seed_alone() -> None:
    first = tile("cloud", 1, 5)
    tile.cache_clear()
    assert (tile("cloud", 1, 5) == first).all()
    assert (tile("cloud", 2, 5) != first).any()
    assert (tile("cloud", 1, 6) != first).any()


def test_every_turn_shows_the_same_pixels_another_way() -> None:
    grey = np.arange(36, dtype=np.uint8).reshape(6, 6)
    pieces = [crop(grey, 6, 6, (0.0, 0.0), 1.0, turn) for turn in range(TURNS)]
    assert len({piece.tobytes() for piece in pieces}) == TURNS
    assert all(sorted(piece.ravel().tolist()) == list(range(36)) for piece in pieces)


@pytest.mark.parametrize("turn", range(TURNS))
def test_crop_has_the_wanted_shape_whatever_the_turn(turn: int) -> None:
    grey = tile("noise", 0, 1)
    assert crop(grey, 30, 80, (0.3, 0.9), 1.7, turn).shape == (30, 80)
    # Wider than the tile: it is enlarged, never repeated.
    assert crop(grey, 600, 1400, (0.3, 0.9), 1.0, turn).shape == (600, 1400)
