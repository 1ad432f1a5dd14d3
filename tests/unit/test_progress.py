import logging
import time

import pytest

from components.progress import LogProgress, SilentProgress, listener, listening, stage


def test_log_progress_tells_rate_and_total(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO), stage(LogProgress(0.0), "render", 4, "images") as bar:
        bar.advance(1, "")
        bar.advance(3, "120 MB")
    lines = [record.getMessage() for record in caplog.records]
    assert lines[0].startswith("render: 1/4 images")
    assert lines[1].startswith("render: 4/4 images")
    assert lines[1].endswith("120 MB")
    assert lines[2].startswith("render: 4 images in")


def test_log_progress_tells_the_time_left(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter((0.0, 10.0, 10.0))
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    with caplog.at_level(logging.INFO), stage(LogProgress(0.0), "render", 80, "images") as bar:
        bar.advance(20, "")
    # 20 in 10 s are 2/s; 60 are left.
    assert caplog.records[0].getMessage() == "render: 20/80 images, 2.0/s, 30 s left"


def test_listener_is_the_innermost_one_and_goes_with_its_block() -> None:
    outer, inner = SilentProgress(), SilentProgress()
    with listening(outer):
        with listening(inner):
            assert listener() is inner
        assert listener() is outer
    assert isinstance(listener(), LogProgress)
