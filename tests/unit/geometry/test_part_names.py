import pytest

from components.geometry.dxf_reader import read_drawing, read_drawings
from components.progress import SilentProgress
from components.settings.drawings import DrawingSettings
from tests.unit.strategies import draw_plate, saved

SETTINGS = DrawingSettings.load()


def test_several_files_get_unique_names_and_keep_their_order(tmp_path):
    (tmp_path / "sub").mkdir()
    paths = [
        saved(tmp_path / "plate.dxf", draw_plate),
        tmp_path / "missing.dxf",
        saved(tmp_path / "sub" / "PLATE.dxf", draw_plate),
    ]
    drawings = read_drawings(paths, SETTINGS, SilentProgress())
    assert [drawing.file for drawing in drawings] == paths
    assert [drawing.verdict for drawing in drawings] == ["accepted", "rejected", "accepted"]
    assert [d.parts[0].name for d in drawings if d.parts] == ["plate", "PLATE-2"]
    assert drawings[1].reason == "the file does not exist"


@pytest.mark.parametrize("stem", ["other", "unknown", "Other"])
def test_drawing_named_like_a_reserved_label_gets_another_name_and_a_warning(tmp_path, stem):
    drawing = read_drawing(saved(tmp_path / f"{stem}.dxf", draw_plate), SETTINGS)
    assert drawing.verdict == "accepted"
    assert [part.name for part in drawing.parts] == [f"{stem}-2"]
    assert drawing.warnings == (
        f"'{stem}' is the label of objects that are no drawing; the part is called '{stem}-2'",
    )


def test_reserved_name_stays_apart_from_the_drawing_that_has_its_replacement(tmp_path):
    paths = [saved(tmp_path / name, draw_plate) for name in ("other-2.dxf", "other.dxf")]
    drawings = read_drawings(paths, SETTINGS, SilentProgress())
    assert [drawing.parts[0].name for drawing in drawings] == ["other-2", "other-2-2"]


def test_numbers_of_several_parts_keep_them_off_a_reserved_name(tmp_path):
    def draw(space):
        for x in (0, 200):
            space.add_circle((x, 0), 40)

    drawing = read_drawing(saved(tmp_path / "other.dxf", draw), SETTINGS)
    assert [part.name for part in drawing.parts] == ["other-1", "other-2"]
    assert drawing.warnings == ("the drawing holds 2 parts",)
