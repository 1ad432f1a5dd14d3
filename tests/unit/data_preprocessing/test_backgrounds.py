"""Grounds: every kind, stains, and the user's photographs."""

from dataclasses import replace
from pathlib import Path
from typing import get_args

import cv2
import numpy as np
import pytest

from components.data_preprocessing.backgrounds import (
    LOOKS,
    Ground,
    Stain,
    ground_picture,
    random_ground,
)
from components.data_preprocessing.materials import around
from components.data_preprocessing.photos import read_photo
from components.data_preprocessing.view import view_from
from components.settings.data import BackgroundName, DataSettings

VIEW = view_from(160, 120, 1.0)
SHARED = DataSettings.load(None, "tiny").ground
GROUND = Ground("painted", "noise", 0, around(np.full(3, 120.0), 20.0), 1.0, (0.2, 0.2))


def test_every_kind_of_the_settings_has_a_look() -> None:
    assert {*LOOKS, "photo"} == set(get_args(BackgroundName))


@pytest.mark.parametrize("kind", list(LOOKS))
def test_every_kind_fills_the_picture_and_no_two_are_alike(kind: BackgroundName) -> None:
    grounds = [
        random_ground(np.random.default_rng(seed), kind, "train", SHARED) for seed in range(4)
    ]
    pictures = [ground_picture(ground, VIEW, 1) for ground in grounds]
    assert all(p.shape == (120, 160, 3) for p in pictures)
    assert len({p.tobytes() for p in pictures}) == 4
    assert max(p.std() for p in pictures) > 2


def test_stain_adds_coarse_spots_and_keeps_the_spread() -> None:
    spotted = replace(GROUND, stain=Stain(0, 1.0, (0.5, 0.5), 0.9))
    plain = [ground_picture(GROUND, VIEW, seed)[..., 0] for seed in range(8)]
    stained = [ground_picture(spotted, VIEW, seed)[..., 0] for seed in range(8)]
    assert np.std(stained) == pytest.approx(np.std(plain), rel=0.4)

    def coarse(greys: list[np.ndarray]) -> float:
        small = [cv2.resize(grey, (8, 6), interpolation=cv2.INTER_AREA) for grey in greys]
        return float(np.mean([grey.std() for grey in small]))

    assert coarse(stained) > 2 * coarse(plain)


def test_cutting_mat_has_a_grid_that_follows_the_perspective() -> None:
    ground = random_ground(np.random.default_rng(2), "cutting_mat", "train", SHARED)
    straight = ground_picture(ground, VIEW, 1)
    tilted = ground_picture(ground, view_from(160, 120, 1.0, (0.2, 0.1), 1.5), 1)
    assert [line.xy.shape[1:] for line in ground.lines[:2]] == [(13, 2), (13, 2)]
    assert min(len(line.xy) for line in ground.lines[:2]) > 10
    assert (straight != tilted).any()


def test_photograph_is_cropped_and_mirrored_but_never_laid_on_its_side(tmp_path: Path) -> None:
    path = tmp_path / "bench.png"
    ramp = np.repeat(np.arange(0, 240, dtype=np.uint8)[:, None], 320, axis=1)
    cv2.imwrite(str(path), cv2.merge([ramp] * 3))
    read_photo.cache_clear()
    ground = replace(GROUND, kind="photo", photo=path, zoom=1.0)
    upright, flipped, mirrored = (
        ground_picture(replace(ground, turn=turn), VIEW, 1)[..., 0] for turn in (0, 1, 2)
    )
    # Its brightness runs down the picture; upside down it runs up; mirrored it stays.
    assert upright[10].mean() < upright[110].mean()
    assert flipped[10].mean() > flipped[110].mean()
    assert (mirrored == upright[:, ::-1]).all()
    assert upright.shape == (120, 160)


def test_grounds_keep_to_the_ranges_they_share(tmp_path: Path) -> None:
    shared = SHARED.model_copy(
        update={
            "pattern_zoom": (1.5, 1.5),
            "stain_share": 1.0,
            "stain_zoom": (3.0, 3.0),
            "stain_strength": (0.4, 0.4),
            "sheet_share": 1.0,
        }
    )
    plain = shared.model_copy(update={"stain_share": 0.0, "sheet_share": 0.0})
    for seed in range(6):
        ground = random_ground(np.random.default_rng(seed), "concrete", "train", shared)
        assert ground.stain is not None
        assert (ground.zoom, ground.stain.zoom, ground.stain.share) == (1.5, 3.0, 0.4)
        assert len(ground.lines) == 2  # the sheet and its shadow
        bare = random_ground(np.random.default_rng(seed), "concrete", "train", plain)
        assert (bare.stain, bare.lines) == (None, ())


@pytest.mark.parametrize("share", [0.25, 1.0])
def test_piece_of_a_photograph_has_the_side_that_was_asked_for(
    tmp_path: Path, share: float
) -> None:
    path = tmp_path / "table.png"
    ramp = np.repeat(np.arange(0, 240, dtype=np.uint8)[:, None], 320, axis=1)
    cv2.imwrite(str(path), cv2.merge([ramp] * 3))
    read_photo.cache_clear()
    shared = SHARED.model_copy(update={"photo_crop": (share, share)})
    ground = random_ground(np.random.default_rng(3), "photo", "train", shared, [path])
    grey = ground_picture(ground, VIEW, 1)[..., 0].astype(float)
    # One grey level a row of 240, which is as high as the greatest piece.
    assert grey.max() - grey.min() == pytest.approx(240 * share, abs=4)
