"""Settings of scenes and datasets."""

import pytest

from components.errors import SettingsError
from components.settings.base import PROFILES
from components.settings.data import DataSettings


@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_loads(profile):
    assert DataSettings.load(None, profile).images > 0


def test_bigger_profiles_have_more_pictures():
    counts = [DataSettings.load(None, profile).images for profile in PROFILES]
    assert counts == sorted(counts)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("splits: {train: 0.8, val: 0.1, test: 0.2}", "add up to 1"),
        ("scene: {part_size: [0.5, 0.2]}", "part_size"),
        ("scene: {part_size: [0, 0.2]}", "part_size"),
        ("scene: {far_size: [0, 0]}", "far_size"),
        ("light: {elevation_deg: [0, 45]}", "elevation_deg"),
        ("camera: {distance: [0, 2]}", "distance"),
        ("camera: {jpeg_quality: [0, 50]}", "jpeg_quality"),
        ("camera: {jpeg_quality: [50, 101]}", "jpeg_quality"),
        ("backgrounds: {marble: 1}", "marble"),
        ("ground: {photo_crop: [0.2, 1.5]}", "photo_crop"),
        ("ground: {stain_zoom: [0, 1]}", "stain_zoom"),
        ("backlight: {panel: [200, 256]}", "panel"),
        ("bright_on_dark: {metal: [180, 130]}", "metal"),
        ("presets: {workbench: 0, conveyor: 0, backlight: 0, bright_on_dark: 0}", "presets"),
        ("camera: {px_per_mm: -1}", "px_per_mm"),
        ("width_px: 10", "width_px"),
        ("imagse: 10", "imagse"),
    ],
)
def test_wrong_value_is_named(tmp_path, text, named):
    (tmp_path / "data_config.yaml").write_text(text)
    with pytest.raises(SettingsError, match=named):
        DataSettings.load(tmp_path, "quick")


def test_how_the_work_is_spread_is_no_part_of_the_content():
    settings = DataSettings.load(None, "tiny")
    changes = {"executor": "thread", "workers": 3, "shard_samples": 5}
    assert settings.content() == settings.model_copy(update=changes).content()
    assert settings.content() != settings.model_copy(update={"images": 5}).content()
