"""Settings from the environment."""

import pytest

from components.errors import SettingsError
from components.settings.data import DataSettings
from components.settings.train import TrainSettings
from components.settings.validation import ValidationSettings


@pytest.mark.parametrize(
    ("variable", "value", "fault"),
    [
        pytest.param("MINUTES", "x", r"minutes: .*valid number.*, got 'x'", id="value"),
        pytest.param("CROPS__BATCH", "0", r"crops\.batch: .*greater than 0", id="in a table"),
        pytest.param("CROPS__BATSH", "3", r"crops\.batsh: Extra inputs", id="misspelt in a table"),
        pytest.param("CROPS__SCALE", "[2, 1]", r"crops: .*first must not exceed", id="list"),
        pytest.param("CROPS__SCALE", "small", r"crops\.scale: .*, got 'small'", id="no list"),
        pytest.param("CROPS", "small", r"crops: .*, got 'small'", id="no table"),
        pytest.param("CROPS", '{"batch": 0}', r"crops\.batch: .*greater than 0", id="JSON table"),
        pytest.param("MINUTS", "3", r".* no such setting.*__MINUTES,", id="misspelt"),
        pytest.param("", "3", "there is no such setting", id="no name"),
        pytest.param("MINUTES__LONG", "3", "minutes is no table; use .*__MINUTES", id="too deep"),
    ],
)
def test_wrong_variable_is_named_with_the_fault(monkeypatch, variable, value, fault):
    name = f"DXFVISION_TRAIN__{variable}"
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=f"environment variable {name}: {fault}"):
        TrainSettings.load()


def test_fault_of_a_value_is_not_put_on_the_file(tmp_path, monkeypatch):
    (tmp_path / "train_config.yaml").write_text("threads: 0")
    monkeypatch.setenv("DXFVISION_TRAIN__MINUTES", "x")
    with pytest.raises(SettingsError) as caught:
        TrainSettings.load(tmp_path)
    message = str(caught.value)
    assert "environment variable DXFVISION_TRAIN__MINUTES: minutes: " in message
    assert f"{tmp_path}/train_config.yaml (profile standard): threads: " in message


def test_fault_between_a_variable_and_the_file_names_both(monkeypatch):
    monkeypatch.setenv("DXFVISION_VALIDATION__IMAGES__BRIGHTNESS__MIN", "260")
    both = r"validation_config\.yaml .* with environment variable .*BRIGHTNESS__MIN: .*min 260"
    with pytest.raises(SettingsError, match=both):
        ValidationSettings.load()


def test_variables_of_other_files_and_programs_are_left_alone(monkeypatch):
    for name in ("DXFVISION_DATA__IMAGSE", "DXFVISION_TRAIN_MINUTS", "DXFVISION_TRAINING__MINUTS"):
        monkeypatch.setenv(name, "3")
    assert TrainSettings.load().minutes is not None
    with pytest.raises(SettingsError, match="DXFVISION_DATA__IMAGSE"):
        DataSettings.load()


def test_table_of_weights_and_lists_are_set_by_variables(monkeypatch):
    monkeypatch.setenv("DXFVISION_DATA__PRESETS__CONVEYOR", "0.5")
    monkeypatch.setenv("DXFVISION_DATA__SCENE__PARTS", "[2, 3]")
    settings = DataSettings.load()
    assert (settings.presets["conveyor"], settings.scene.parts) == (0.5, (2, 3))
