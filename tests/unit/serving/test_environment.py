from components.home import Home
from components.serving.environment import recording_from_environment, service_environment


def test_pictures_are_written_down_unless_a_starter_says_otherwise(tmp_path, settings, monkeypatch):
    assert recording_from_environment()
    for wanted in (True, False):
        handed = service_environment(Home(tmp_path), settings, tmp_path, recording=wanted)
        for name, value in handed.items():
            monkeypatch.setenv(name, value)
        assert recording_from_environment() is wanted
