import pytest
from ezdxf.entities.factory import load
from ezdxf.lldxf.extendedtags import ExtendedTags

from components.geometry.dxf_reader import read_drawing
from components.settings.drawings import DrawingSettings
from tests.unit.strategies import draw_plate, saved

SETTINGS = DrawingSettings.load()

BODIES = ["REGION", "BODY", "3DSOLID", "SURFACE", "PLANESURFACE", "ACAD_PROXY_ENTITY"]


def dashed(space):
    space.doc.linetypes.add("DASHED", [1.0, 0.5, -0.5])
    return {"linetype": "DASHED"}


def add_body(space, kind, layer="0"):
    """Add an entity whose shape is a text of the modeller, here a stump of one."""
    if kind == "ACAD_PROXY_ENTITY":
        tags = "0\nACAD_PROXY_ENTITY\n100\nAcDbEntity\n8\n0\n100\nAcDbProxyEntity\n90\n498\n"
        space.add_entity(load(ExtendedTags.from_text(tags), space.doc))
        return
    body = space.new_entity(kind, {"layer": layer})
    body.sat = ["400 0 1 0", "End-of-ACIS-data"]


def test_closed_contours_of_a_dashed_line_are_told_with_their_places(tmp_path):
    def draw(space):
        draw_plate(space)
        space.add_circle((50, 30), 8, dxfattribs=dashed(space))
        corners = [(60, 10), (70, 10), (70, 20), (60, 20)]
        for start, end in zip(corners, corners[1:] + corners[:1], strict=True):
            space.add_line(start, end, dxfattribs={"linetype": "DASHED"})

    drawing = read_drawing(saved(tmp_path / "a.dxf", draw), SETTINGS)
    assert len(drawing.parts[0].holes) == 2
    (warning,) = drawing.warnings
    assert warning.startswith("2 closed contours left out for their linetype")
    assert "(50, 30)" in warning
    assert "(65, 15)" in warning


def test_open_centre_lines_need_no_warning(tmp_path):
    def draw(space):
        draw_plate(space)
        space.add_line((10, 30), (30, 30), dxfattribs=dashed(space))

    assert read_drawing(saved(tmp_path / "a.dxf", draw), SETTINGS).warnings == ()


def test_drawing_of_dashed_lines_alone_is_read_with_a_warning(tmp_path):
    def draw(space):
        space.add_circle((0, 0), 20, dxfattribs=dashed(space))

    drawing = read_drawing(saved(tmp_path / "a.dxf", draw), SETTINGS)
    assert len(drawing.parts) == 1
    assert "only linetypes that are usually not cut hold curves; they were read" in drawing.warnings


@pytest.mark.parametrize("kind", BODIES)
def test_body_beside_curves_is_a_stated_loss(tmp_path, kind):
    def draw(space):
        draw_plate(space)
        add_body(space, kind)

    path = saved(tmp_path / "a.dxf", draw)
    drawing = read_drawing(path, SETTINGS)
    assert drawing.verdict == "repaired"
    assert f"1 {kind} left out: its shape is not stored as curves" in drawing.reason


@pytest.mark.parametrize("kind", BODIES)
def test_drawing_that_is_a_body_alone_is_rejected_with_type_and_count(tmp_path, kind):
    path = saved(tmp_path / "a.dxf", lambda space: add_body(space, kind))
    drawing = read_drawing(path, SETTINGS)
    assert drawing.verdict == "rejected"
    assert f"1 {kind} (its shape is not stored as curves; export it as" in drawing.reason


def test_body_on_a_hidden_layer_is_no_loss(tmp_path):
    def draw(space):
        draw_plate(space)
        space.doc.layers.add("OFF").off()
        add_body(space, "REGION", "OFF")

    drawing = read_drawing(saved(tmp_path / "a.dxf", draw), SETTINGS)
    assert drawing.verdict == "accepted"
    assert [count.rule for count in drawing.dropped] == ["layer is off"]


def test_only_layer_is_read_whatever_its_name_says(tmp_path):
    def draw(space):
        space.add_circle((0, 0), 20, dxfattribs={"layer": "FRAME"})

    drawing = read_drawing(saved(tmp_path / "a.dxf", draw), SETTINGS)
    assert len(drawing.parts) == 1
    assert any(
        "'FRAME' is cut, though its name says frame" in warning for warning in drawing.warnings
    )


def test_centre_lines_are_left_out_for_their_linetype(tmp_path):
    def draw(space):
        draw_plate(space)
        space.doc.linetypes.add("CENTER2", [1.0, 0.5, -0.5])
        space.doc.layers.add("AUX", linetype="CENTER2")
        space.add_circle((20, 30), 12, dxfattribs={"linetype": "CENTER2"})
        space.add_circle((50, 0), 12, dxfattribs={"layer": "AUX"})

    drawing = read_drawing(saved(tmp_path / "a.dxf", draw), SETTINGS)
    assert len(drawing.parts[0].holes) == 2
    assert {c.rule for c in drawing.dropped} == {"linetype center is not cut"}
