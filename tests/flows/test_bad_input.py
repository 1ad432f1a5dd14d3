"""What the pipeline does with drawings and folders that are wrong."""

import shutil
from pathlib import Path

import pytest

from components.errors import DrawingError, HomeError
from flows.generate_data import generate_data
from flows.pipeline import pipeline

pytestmark = pytest.mark.flow

DRAWINGS = Path(__file__).parents[2] / "data" / "raw" / "dxf_templates"


def test_missing_drawings_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DrawingError, match="nowhere"):
        pipeline(tmp_path / "home", tmp_path / "nowhere", "tiny", 0)


def test_empty_drawings_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DrawingError, match="empty"):
        pipeline(tmp_path / "home", tmp_path / "empty", "tiny", 0)


def test_home_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    with pytest.raises(HomeError, match="cannot write to the home folder"):
        pipeline(tmp_path / "home", DRAWINGS, "tiny", 0)


def test_unreadable_drawing_is_named_and_left_out(tmp_path: Path) -> None:
    drawings = tmp_path / "drawings"
    drawings.mkdir()
    shutil.copy(DRAWINGS / "hinge_plate.dxf", drawings)
    (drawings / "letter.dxf").write_text("Dear Sir or Madam")
    read, _ = generate_data(tmp_path / "home", drawings, "tiny", 0)
    verdicts = {Path(record["file"]).name: record["verdict"] for record in read.figures["drawings"]}
    assert verdicts == {"hinge_plate.dxf": "accepted", "letter.dxf": "rejected"}
    assert "letter.dxf" in read.summary


def test_no_drawing_left_fails_with_each_reason(tmp_path: Path) -> None:
    drawings = tmp_path / "drawings"
    drawings.mkdir()
    for name in ("one.dxf", "two.dxf"):
        (drawings / name).write_text("Dear Sir or Madam")
    with pytest.raises(DrawingError, match=r"one\.dxf.*two\.dxf"):
        pipeline(tmp_path / "home", drawings, "tiny", 0)
