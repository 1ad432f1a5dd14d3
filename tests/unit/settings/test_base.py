from pathlib import Path

import pytest

from components.errors import SettingsError
from components.settings.release import ReleaseSettings


def test_shipped_values_are_read() -> None:
    assert ReleaseSettings.load().trial_pictures == 8


def test_profile_lies_over_the_rest() -> None:
    tiny = ReleaseSettings.load(profile="tiny")
    assert (tiny.min_map, tiny.max_map_loss) == (0.0, ReleaseSettings.load().max_map_loss)


def test_home_wins_over_shipped_and_environment_over_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "release_config.yaml").write_text("max_map_loss: 0.5\ntrial_pictures: 9\n")
    monkeypatch.setenv("DXFVISION_RELEASE__TRIAL_PICTURES", "11")
    settings = ReleaseSettings.load(tmp_path)
    assert (settings.max_map_loss, settings.trial_pictures) == (0.5, 11)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("max_map_los: 0.5", r"max_map_los: Extra inputs are not permitted, got 0.5"),
        ("max_map_loss: 2", r"max_map_loss: Input should be less than or equal to 1, got 2"),
        ("- 1", "expected a table of settings, got list"),
        ("a: [1", "cannot be read as YAML"),
    ],
    ids=["misspelt", "out of range", "no table", "no YAML"],
)
def test_a_wrong_file_is_named_with_the_fault(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "release_config.yaml").write_text(text)
    with pytest.raises(SettingsError, match=f"release_config.yaml.*{message}"):
        ReleaseSettings.load(tmp_path)


def test_profiles_of_the_home_are_used(tmp_path: Path) -> None:
    (tmp_path / "release_config.yaml").write_text("profiles: {full: {trial_pictures: 99}}")
    assert ReleaseSettings.load(tmp_path, "full").trial_pictures == 99
