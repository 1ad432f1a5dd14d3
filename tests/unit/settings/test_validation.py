import pytest

from components.errors import SettingsError
from components.settings.base import PROFILES, Profile
from components.settings.validation import ValidationSettings


@pytest.mark.parametrize("profile", PROFILES)
def test_shipped_settings_load_in_every_profile(profile: Profile) -> None:
    assert ValidationSettings.load(None, profile).images.brightness.min > 0


def test_environment_overrides_a_nested_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DXFVISION_VALIDATION__SPLITS__MIN_IMAGES", "7")
    assert ValidationSettings.load(None, "tiny").splits.min_images == 7


def test_limits_that_nothing_can_meet_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DXFVISION_VALIDATION__IMAGES__BRIGHTNESS__MIN", "260")
    with pytest.raises(SettingsError, match="min 260"):
        ValidationSettings.load(None, "tiny")
