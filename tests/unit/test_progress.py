import logging

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


def test_listener_is_the_innermost_one_and_goes_with_its_block() -> None:
    outer, inner = SilentProgress(), SilentProgress()
    with listening(outer):
        with listening(inner):
            assert listener() is inner
        assert listener() is outer
    assert isinstance(listener(), LogProgress)
