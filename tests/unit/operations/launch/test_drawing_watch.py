import os
from pathlib import Path

import pytest

from components.operations.launch import drawing_watch
from components.operations.launch.drawing_watch import DrawingWatch


def put(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_text(text)
    return file


def test_change_counts_once_it_is_quiet(tmp_path: Path) -> None:
    watch = DrawingWatch(tmp_path, 2.0, 1000)
    put(tmp_path, "a.dxf", "one")
    assert watch.look(10.0) is None
    put(tmp_path, "b.dxf", "two")
    assert watch.look(11.9) is None
    assert watch.look(13.8) is None
    change = watch.look(13.9)
    assert change is not None
    assert (change.files, change.since) == (2, 11.9)


def test_same_content_under_a_new_time_is_no_change(tmp_path: Path) -> None:
    watch = DrawingWatch(tmp_path, 0.0, 1000)
    file = put(tmp_path, "a.dxf", "one")
    before = watch.look(0.0)
    os.utime(file, (1, 1))
    after = watch.look(5.0)
    assert before is not None
    assert after is not None
    assert (before.digest, before.since) == (after.digest, after.since)


@pytest.mark.parametrize("change", ["content", "name", "gone"])
def test_whatever_differs_is_a_change(tmp_path: Path, change: str) -> None:
    watch = DrawingWatch(tmp_path, 0.0, 1000)
    file = put(tmp_path, "a.dxf", "one")
    put(tmp_path, "b.dxf", "two")
    before = watch.look(0.0)
    if change == "content":
        put(tmp_path, "a.dxf", "other")
    elif change == "name":
        file.rename(tmp_path / "c.dxf")
    else:
        file.unlink()
    after = watch.look(1.0)
    assert before is not None
    assert after is not None
    assert before.digest != after.digest


def test_only_what_changed_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    whole = drawing_watch.drawing_digest

    def counted(path: Path, limit: int) -> str:
        read.append(path.name)
        return whole(path, limit)

    monkeypatch.setattr(drawing_watch, "drawing_digest", counted)
    watch = DrawingWatch(tmp_path, 0.0, 1000)
    put(tmp_path, "a.dxf", "one")
    put(tmp_path, "b.dxf", "two")
    for now in (0.0, 1.0):
        watch.look(now)
    put(tmp_path, "b.dxf", "three")
    watch.look(2.0)
    assert read == ["a.dxf", "b.dxf", "b.dxf"]


def test_empty_or_missing_folder_is_nothing_to_do(tmp_path: Path) -> None:
    assert DrawingWatch(tmp_path, 0.0, 1000).look(0.0) is None
    assert DrawingWatch(tmp_path / "none", 0.0, 1000).look(0.0) is None
