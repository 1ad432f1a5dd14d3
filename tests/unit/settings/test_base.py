from pathlib import Path

import pytest

from components.errors import SettingsError
from components.settings.base import PROFILES, Profile
from components.settings.data import DataSettings
from components.settings.release import ReleaseSettings
from components.settings.train import TrainSettings


def test_shipped_values_are_read() -> None:
    assert ReleaseSettings.load().trial_pictures == 200


def test_profile_lies_over_the_rest() -> None:
    tiny = ReleaseSettings.load(profile="tiny")
    assert (tiny.min_agnostic_map, tiny.max_map_loss) == (0.0, ReleaseSettings.load().max_map_loss)


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
        ("profiles:", "profiles: expected a table with rows out of .*quick.*, got None"),
        ("profiles: [quick]", r"profiles: expected a table with rows .*, got \['quick'\]"),
        (
            "profiles: {quik: {min_agnostic_map: 0}}",
            "profiles: expected a table with rows .*'quik'",
        ),
        ("profiles: {quick: 3}", r"profiles\.quick: expected a table of settings, got 3"),
        ("profiles: {quick: [1]}", r"profiles\.quick: expected a table of settings, got \[1\]"),
    ],
    ids=[
        "misspelt",
        "out of range",
        "no table",
        "no YAML",
        "empty profiles",
        "list of profiles",
        "misspelt profile",
        "number for a row",
        "list for a row",
    ],
)
def test_a_wrong_file_is_named_with_the_fault(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "release_config.yaml").write_text(text)
    with pytest.raises(SettingsError, match=f"release_config.yaml.*{message}"):
        ReleaseSettings.load(tmp_path)


def test_profiles_of_the_home_are_used(tmp_path: Path) -> None:
    (tmp_path / "release_config.yaml").write_text("profiles: {full: {trial_pictures: 99}}")
    assert ReleaseSettings.load(tmp_path, "full").trial_pictures == 99


@pytest.mark.parametrize("profile", PROFILES)
def test_own_value_wins_over_the_shipped_row_of_every_profile(
    tmp_path: Path, profile: Profile
) -> None:
    (tmp_path / "data_config.yaml").write_text("images: 77\nwidth_px: 200\n")
    (tmp_path / "train_config.yaml").write_text("minutes: 30\ncrops: {batch: 5}\n")
    data, train = DataSettings.load(tmp_path, profile), TrainSettings.load(tmp_path, profile)
    shipped = TrainSettings.load(None, profile)
    assert (data.images, data.width_px) == (77, 200)
    assert data.height_px == DataSettings.load(None, profile).height_px
    assert (train.minutes, train.crops.batch) == (30, 5)
    assert (train.steps, train.crops.size_px) == (shipped.steps, shipped.crops.size_px)


def test_own_row_wins_over_the_own_value(tmp_path: Path) -> None:
    (tmp_path / "train_config.yaml").write_text(
        "minutes: 30\nvalidations: 2\nprofiles: {quick: {minutes: 1}}\n"
    )
    quick, full = (TrainSettings.load(tmp_path, name) for name in ("quick", "full"))
    assert (quick.minutes, quick.validations) == (1, 2)
    assert (full.minutes, full.validations) == (30, 2)


def test_shipped_folder_as_home_is_read_once_and_its_rows_win(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "release_config.yaml").write_text(
        "max_map_loss: 0.03\nmax_part_loss: 0.1\nmin_part_objects: 9\nmax_golden_loss: 0.1\n"
        "min_agnostic_map: 0.3\ntrial_pictures: 8\nready_s: 9\nservice_url: null\n"
        "trusted_keys: []\n"
        "profiles: {tiny: {min_agnostic_map: 0.0}}\n"
    )
    monkeypatch.setattr("components.settings.base.files", lambda package: tmp_path)
    assert ReleaseSettings.load(tmp_path, "tiny").min_agnostic_map == 0.0
    assert ReleaseSettings.load(tmp_path, "standard").min_agnostic_map == 0.3


def test_row_whose_lines_are_commented_out_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "release_config.yaml").write_text(
        "profiles:\n  quick:\n  # min_agnostic_map: 0.5\n"
    )
    assert ReleaseSettings.load(tmp_path, "quick") == ReleaseSettings.load(None, "quick")
