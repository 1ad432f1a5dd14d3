from pathlib import Path

import pytest

from components.errors import SettingsError
from components.settings.base import PROFILES
from components.settings.measure import BoardSettings, MeasureSettings


@pytest.mark.parametrize("profile", PROFILES)
def test_shipped_settings_load(profile: str) -> None:
    settings = MeasureSettings.load(profile=profile)
    assert settings.edges.reach_px[0] < settings.edges.reach_px[1]
    assert set(settings.visible_px) == {
        "missing_hole", "extra_hole", "wrong_diameter", "burr", "notch", "short_edge",
        "misplaced_hole",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("tolerances: {outline: 0}", "tolerances.outline"),
        ("tolerances: {parts: {a: {holes: {0: {hole_position: 1}}}}}", "tolerances.parts.a.holes"),
        ("tolerances: {parts: {a: {outlines: 1}}}", "tolerances.parts.a.outlines"),
        ("edges: {reach_px: [20, 10]}", "edges.reach_px"),
        ("calibration: {board: {marker_mm: 19}}", "calibration.board"),
        ("visible_px: {scratch: 3}", "visible_px"),
    ],
)
def test_wrong_settings_are_told_by_their_place(tmp_path: Path, text: str, place: str) -> None:
    (tmp_path / "measure_config.yaml").write_text(text)
    with pytest.raises(SettingsError, match=place.replace(".", r"\.")):
        MeasureSettings.load(tmp_path)


def test_tolerances_of_a_part_and_its_holes_are_read(tmp_path: Path) -> None:
    text = "tolerances: {parts: {flange: {burr: 0.2, holes: {5: {hole_diameter: 0.1}}}}}"
    (tmp_path / "measure_config.yaml").write_text(text)
    own = MeasureSettings.load(tmp_path).tolerances.parts["flange"]
    assert own.burr == 0.2
    assert own.outline is None
    assert own.holes[5].hole_diameter == 0.1


def test_marker_needs_white_all_round() -> None:
    with pytest.raises(ValueError, match="white"):
        BoardSettings(columns=5, rows=5, square_mm=10, marker_mm=9.5)
