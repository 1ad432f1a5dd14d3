"""What the routes write down, and what they do not."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from components.files import write_text
from components.home import Home
from components.inspection.disagreement import Disagreement
from components.inspection.inspector import Inspector
from components.serving.answers import see_picture
from components.serving.feature_log import features_folder, read_lines
from components.serving.recording import record, record_opinion, record_to, stop_recording
from components.settings.serve import ServeSettings
from tests.bundles import encoded, scene


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path)
    write_text(home.configs / "drift_config.yaml", "log: {share_per_minute: 6000}\n")
    yield home
    stop_recording()


def test_answered_picture_becomes_one_line(
    home: Home, inspector: Inspector, settings: ServeSettings
) -> None:
    seen = see_picture(encoded(scene(3)), inspector, None, settings)
    record(seen, "before")
    record_to(home)
    record(seen, "v1")
    record_opinion(Disagreement(2, 1, 0))
    stop_recording()
    picture, opinion = read_lines(features_folder(home))
    assert (picture["version"], picture["labels"]) == ("v1", {"plate": 1, "ring": 1})
    assert (opinion["version"], opinion["template_disagreement"]) == ("v1", 0.5)


def test_nothing_is_written_where_it_is_switched_off(
    home: Home, inspector: Inspector, settings: ServeSettings
) -> None:
    write_text(home.configs / "drift_config.yaml", "log: {share_per_minute: 0}\n")
    record_to(home)
    record(see_picture(encoded(scene(3)), inspector, None, settings), "v1")
    stop_recording()
    assert not features_folder(home).exists()
