"""Surfaces: every material of the settings."""

from typing import get_args

import numpy as np
import pytest

from components.data_preprocessing.materials import LOOKS, random_surface, shifted_to, unlit
from components.settings.data import DataSettings, MaterialName

NAMES = get_args(MaterialName)


def test_every_material_of_the_settings_has_a_look_and_a_weight() -> None:
    assert set(LOOKS) == set(NAMES) == set(DataSettings.load(None, "standard").materials)


@pytest.mark.parametrize("name", NAMES)
def test_material_gives_surfaces_that_differ(name: MaterialName) -> None:
    surfaces = [random_surface(np.random.default_rng(seed), name) for seed in range(8)]
    assert len({s.colours.tobytes() for s in surfaces}) == 8
    assert all(0 < s.opacity <= 1 and 0 <= s.gloss <= 1 for s in surfaces)


def test_acrylic_alone_lets_light_through() -> None:
    clear = {
        name
        for name in NAMES
        for seed in range(12)
        if random_surface(np.random.default_rng(seed), name).opacity < 1
    }
    assert clear == {"acrylic"}


def test_rubber_is_dull_and_oiled_metal_shines() -> None:
    rng = np.random.default_rng(0)
    assert random_surface(rng, "rubber").gloss == 0
    assert random_surface(rng, "oily").gloss >= 0.5


def test_shifted_surface_has_the_wanted_mean_and_its_own_contrast() -> None:
    surface = random_surface(np.random.default_rng(1), "brushed")
    moved = shifted_to(surface, np.array([120.0, 110.0, 100.0]))
    assert moved.mean_rgb == pytest.approx([120, 110, 100], abs=1.5)
    steps = [
        table.astype(int)[150] - table.astype(int)[106]
        for table in (moved.colours, surface.colours)
    ]
    assert np.abs(steps[0] - steps[1]).max() <= 1


def test_surface_before_a_panel_is_dark_and_opaque() -> None:
    dark = unlit(random_surface(np.random.default_rng(2), "acrylic"), 20.0)
    assert dark.mean_rgb.mean() < 40
    assert dark.opacity == 1
