"""The camera's faults, one at a time."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from components.data_preprocessing.augmentations import (
    CameraEffects,
    exposed,
    photographed,
    random_effects,
    response,
)
from components.settings.data import DataSettings

CLEAR = CameraEffects(
    (1.0, 1.0, 1.0), 1.0, 0.0, 0.0, (0.0, 0.0), 0.0, 0.0, (0.3, 0.6), False, None, False
)


def plain(red: int, green: int, blue: int) -> NDArray[np.uint8]:
    return np.broadcast_to(np.array([red, green, blue], np.uint8), (60, 80, 3)).copy()


def test_clear_camera_changes_nothing() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    assert (photographed(picture, CLEAR, 1) == picture).all()


def test_exposure_multiplies_the_light_and_clips_at_white() -> None:
    effects = replace(CLEAR, gains=(2.0, 1.0, 0.5))
    assert photographed(plain(100, 100, 100), effects, 1)[30, 40].tolist() == [200, 100, 50]
    bright = photographed(plain(200, 200, 200), effects, 1)[30, 40]
    assert bright.tolist() == pytest.approx([255, 200, 100], abs=1)


def test_exponent_bends_the_middle_and_keeps_black_and_white() -> None:
    table = response(2.0)
    # 128 of 255 squared is a quarter.
    assert (table[0], table[128], table[255]) == (0, 64, 255)


def test_light_and_vignetting_darken_where_they_should() -> None:
    light = np.ones((12, 16, 3))
    light[:, :8] = 0.5
    half = photographed(plain(200, 200, 200), CLEAR, 1, light)
    assert half[30, 5, 0] == pytest.approx(100, abs=2)
    assert half[30, 75, 0] == pytest.approx(200, abs=2)
    corner = photographed(plain(200, 200, 200), replace(CLEAR, vignetting=0.4), 1)
    assert corner[30, 40, 0] == pytest.approx(200, abs=3)
    assert corner[0, 0, 0] == pytest.approx(120, abs=6)


def test_noise_has_the_spread_it_was_given() -> None:
    noisy = photographed(plain(120, 120, 120), replace(CLEAR, noise=4.0), 1)
    assert noisy.std() == pytest.approx(4.0, rel=0.1)
    assert noisy.mean() == pytest.approx(120, abs=0.5)


def test_shot_noise_grows_with_the_light() -> None:
    effects = replace(CLEAR, shot_noise=6.0)
    dark, light = (photographed(plain(v, v, v), effects, 1).std() for v in (20, 220))
    assert light > 4 * dark


def test_blur_spreads_a_point_and_keeps_its_light() -> None:
    picture = plain(0, 0, 0)
    picture[30, 40] = 255
    blurred = photographed(picture, replace(CLEAR, blur_px=6.0), 1)
    assert blurred[30, 40, 0] < 100
    assert blurred[30, 42, 0] > 0


def test_motion_smears_along_its_direction_only() -> None:
    picture = plain(0, 0, 0)
    picture[:, 40] = 255
    smeared = photographed(picture, replace(CLEAR, motion_px=(20.0, 0.0)), 1)
    still = photographed(picture, replace(CLEAR, motion_px=(0.0, 20.0)), 1)
    assert smeared[30, 42, 0] > 0
    assert still[30, 42, 0] == 0


def test_bayer_pattern_keeps_flat_colours() -> None:
    mosaic = photographed(plain(200, 90, 30), replace(CLEAR, bayer=True), 1)
    assert mosaic[20:40, 20:40].reshape(-1, 3).mean(axis=0) == pytest.approx([200, 90, 30], abs=1)


def test_grey_camera_sees_no_colour() -> None:
    grey = photographed(plain(200, 90, 30), replace(CLEAR, grey=True), 1)
    assert (grey[..., 0] == grey[..., 2]).all()


def test_earlier_packing_leaves_traces() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    packed = photographed(picture, replace(CLEAR, jpeg_quality=40), 1)
    assert (packed != picture).any()


def test_quality_of_the_earlier_packing_reaches_both_ends_of_its_range() -> None:
    def drawn(low: int, high: int) -> set[int | None]:
        camera = DataSettings.load().camera
        camera = camera.model_copy(update={"jpeg_share": 1.0, "jpeg_quality": (low, high)})
        seeds = map(np.random.default_rng, range(40))
        return {random_effects(rng, camera, 0.0).jpeg_quality for rng in seeds}

    assert drawn(80, 80) == {80}
    assert drawn(80, 82) == {80, 81, 82}


def test_sharpening_raises_edges_and_leaves_flat_areas_alone() -> None:
    picture = plain(60, 60, 60)
    picture[:, 40:] = 160
    sharp = photographed(picture, replace(CLEAR, sharpening=0.8), 1)
    assert sharp[30, 10, 0] == 60
    assert sharp[30, 70, 0] == 160
    assert sharp[30, 39, 0] < 60 - 8
    assert sharp[30, 40, 0] > 160 + 8


def test_automatic_exposure_brightens_a_dark_place_and_raises_its_noise() -> None:
    effects = replace(CLEAR, noise=1.5)
    half = exposed(effects, 27.5, 0.5)
    # Half of the way, on a logarithmic scale, from 27.5 to 110 is a factor of two.
    assert half.gains == pytest.approx((2.0, 2.0, 2.0))
    assert half.noise == pytest.approx(3.0)
    assert exposed(effects, 220.0, 1.0).gains == pytest.approx((0.5, 0.5, 0.5))
    assert exposed(effects, 27.5, 0.0).gains == (1.0, 1.0, 1.0)
