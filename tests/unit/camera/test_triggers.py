"""What triggers a picture."""

from pathlib import Path

import pytest

from components.camera import triggers
from components.camera.triggers import Triggers
from tests.unit.camera.rig import settings


def test_words_that_come_a_moment_after_their_file_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "go"
    waiting = Triggers(settings(trigger={"mode": "file", "file": file}).trigger)
    file.touch()
    monkeypatch.setattr(triggers.time, "sleep", lambda _: file.write_text("part 7\nmore"))
    ask = waiting.next(1.0)
    assert ask is not None
    assert ask.text == "part 7"
    assert not file.exists()


def test_file_without_words_triggers_too(tmp_path: Path) -> None:
    file = tmp_path / "go"
    waiting = Triggers(settings(trigger={"mode": "file", "file": file}).trigger)
    file.touch()
    ask = waiting.next(1.0)
    assert ask is not None
    assert ask.text == ""
    assert waiting.next(0.0) is None
