import os
import subprocess
import sys
from pathlib import Path

import pytest

from components.cli import drawings as doctor
from components.geometry.drawing import drawing_to_json
from components.geometry.dxf_reader import read_drawing
from components.settings.drawings import DrawingSettings
from tests.unit.strategies import draw_plate, saved

MAIN = "from components.cli.app import main; main()"


def test_card_holds_area_counts_gaps_and_the_unit_evidence_of_an_accepted_drawing(
    tmp_path: Path,
) -> None:
    drawing = read_drawing(saved(tmp_path / "plate.dxf", draw_plate), DrawingSettings.load())
    card = doctor.drawing_row(drawing_to_json(drawing))
    assert card["verdict"] == "accepted"
    assert "100.0 x 60.0 mm, outline 6000.0 mm\u00b2, 2 holes 157" in card["found"]
    assert "1 unit = 1 mm (taken as mm, declared; $INSUNITS 4 (mm)" in card["found"]
    kinds = "2 CIRCLE on 0; 1 LWPOLYLINE on 0"
    assert f"entities kept 3 ({kinds}), dropped 0; gaps 0" in card["found"]


def test_file_that_was_not_read_has_a_reason_and_no_counts(tmp_path: Path) -> None:
    drawing = read_drawing(tmp_path / "none.dxf", DrawingSettings.load())
    assert doctor.drawing_row(drawing_to_json(drawing))["found"] == "the file does not exist"


def test_files_of_one_name_are_told_by_their_paths(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a/one.dxf", "b/one.dxf", "two.dxf")]
    drawings = [read_drawing(path, DrawingSettings.load()) for path in paths]
    rows = doctor.verdict_rows([drawing_to_json(drawing) for drawing in drawings])
    assert [row["drawing"] for row in rows] == [str(paths[0]), str(paths[1]), "two.dxf"]


@pytest.mark.parametrize("columns", [80, 160])
def test_table_fits_the_terminal_and_hides_nothing(tmp_path: Path, columns: int) -> None:
    name = "<img src=x onerror=alert(1)>[bold]" + "long" * 20
    saved(tmp_path / f"{name}.dxf", draw_plate)
    (tmp_path / "link.dxf").symlink_to("/dev/zero")
    done = subprocess.run(
        [sys.executable, "-c", MAIN, "drawings", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=os.environ | {"COLUMNS": str(columns)},
    )
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= columns
    cells = [line.split("\u2502") for line in lines if line.startswith("\u2502")]
    text = "".join("".join(row[1].split()) for row in cells)
    assert "".join(name.split()) + ".dxf" in text
    assert "link that leaves its folder" in " ".join(row[3].strip() for row in cells)
    assert lines[-1] == "2 files: 1 accepted, 0 repaired, 1 rejected; 1 part"


def test_verdicts_are_printed_before_the_page_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = []
    monkeypatch.setattr(
        doctor, "write_page", lambda *arguments: printed.append(capsys.readouterr().out)
    )
    path = saved(tmp_path / "plate.dxf", draw_plate)
    doctor.examine_drawings([path], html=tmp_path / "page.html", home=tmp_path, as_json=True)
    (before,) = printed
    assert '"verdict": "accepted"' in before
