from pathlib import Path

import pytest

from components.cli import drawings as doctor
from components.geometry.drawing import drawing_to_json
from components.geometry.dxf_reader import read_drawing
from components.settings.drawings import DrawingSettings
from tests.unit.strategies import draw_plate, saved


def test_card_holds_area_counts_gaps_and_the_unit_evidence_of_an_accepted_drawing(
    tmp_path: Path,
) -> None:
    drawing = read_drawing(saved(tmp_path / "plate.dxf", draw_plate), DrawingSettings.load())
    card = doctor.drawing_row(drawing_to_json(drawing))
    assert card["verdict"] == "accepted"
    assert "100.0 x 60.0 mm, outline 6000.0 mm\u00b2, 2 holes 157" in card["found"]
    assert "1 unit = 1 mm (taken as mm, declared; $INSUNITS 4 (mm)" in card["found"]
    assert "entities kept 3, dropped 0; gaps 0" in card["found"]


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
