import json
import math
import re

import ezdxf.filemanagement
import numpy as np
import pytest

from components.geometry.contours import hole_area, outline_area, signed_area
from components.geometry.drawing import drawing_to_json, shown
from components.geometry.dxf_entities import curves_of
from components.geometry.dxf_reader import read_drawing
from components.settings.drawings import DrawingSettings
from tests.unit.strategies import draw_plate, saved

SETTINGS = DrawingSettings.load()
RECTANGLE = [(0, 0), (100, 0), (100, 60), (0, 60)]
PLATE = 6000.0
HOLES = 2 * math.pi * 25


def read(tmp_path, draw, **how):
    return read_drawing(saved(tmp_path / "part.dxf", draw, **how), SETTINGS)


def assert_plate(drawing):
    (part,) = drawing.parts
    assert outline_area(part) == pytest.approx(PLATE, rel=1e-6)
    assert hole_area(part) == pytest.approx(HOLES, rel=1e-3)
    assert len(part.holes) == 2
    assert part.size_mm == pytest.approx((100.0, 60.0))


@pytest.mark.parametrize("version", ["R12", "R2000", "R2007", "R2018"])
def test_plate_is_accepted_in_every_version(tmp_path, version):
    def draw(space):
        for start, end in zip(RECTANGLE, RECTANGLE[1:] + RECTANGLE[:1], strict=True):
            space.add_line(start, end)
        space.add_circle((20, 30), 5)
        space.add_circle((80, 30), 5)

    drawing = read(tmp_path, draw, version=version)
    assert (drawing.verdict, drawing.reason) == ("accepted", "")
    assert_plate(drawing)
    assert drawing.centres == ((50.0, 30.0),)


def test_binary_dxf_is_read(tmp_path):
    document = ezdxf.filemanagement.new("R2000")
    document.header["$INSUNITS"] = 4
    draw_plate(document.modelspace())
    document.saveas(tmp_path / "part.dxf", fmt="bin")
    assert_plate(read_drawing(tmp_path / "part.dxf", SETTINGS))


def test_unit_of_a_file_in_utf_16_is_found(tmp_path):
    plain = saved(tmp_path / "plain.dxf", draw_plate, units=5)
    wide = tmp_path / "part.dxf"
    wide.write_bytes(b"\xff\xfe" + plain.read_text("utf-8").encode("utf-16-le"))
    assert read_drawing(wide, SETTINGS).mm_per_unit == 10.0


def test_contours_run_counter_clockwise_round_the_middle(tmp_path):
    (part,) = read(tmp_path, draw_plate).parts
    low, high = part.outline.xy_mm.min(axis=0), part.outline.xy_mm.max(axis=0)
    assert (low + high).tolist() == [0.0, 0.0]
    assert all(signed_area(contour.xy_mm) > 0 for contour in (part.outline, *part.holes))
    assert part.outline.xy_mm.dtype == np.float64


HOLE_CASES = {
    "ellipse": (lambda s: s.add_ellipse((50, 30), (20, 0), 0.5), math.pi * 200),
    "arc 0 to 360": (lambda s: s.add_arc((50, 30), 5, 0, 360), math.pi * 25),
    "two arcs": (
        lambda s: (s.add_arc((50, 30), 5, 350, 170), s.add_arc((50, 30), 5, 170, -10)),
        math.pi * 25,
    ),
    "half disc in a mirrored plane": (
        lambda s: (
            s.add_arc((-50, 30), 5, 0, 180, dxfattribs={"extrusion": (0, 0, -1)}),
            s.add_line((45, 30), (55, 30)),
        ),
        math.pi * 12.5,
    ),
    "heavy polyline": (
        lambda s: s.add_polyline2d([(40, 20), (60, 20), (60, 40)], close=True), 200.0
    ),
    "closed spline": (
        lambda s: s.add_spline().set_closed(
            [(40, 20, 0), (60, 20, 0), (60, 40, 0), (40, 40, 0)], degree=1),
        400.0,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HOLE_CASES)
def test_hole_of_every_entity_has_its_area(tmp_path, name):
    draw_hole, area = HOLE_CASES[name]

    def draw(space):
        space.add_lwpolyline(RECTANGLE, close=True)
        draw_hole(space)

    (part,) = read(tmp_path, draw).parts
    assert hole_area(part) == pytest.approx(area, rel=1e-3)


@pytest.mark.parametrize(
    ("attributes", "size", "area"),
    [
        pytest.param({"xscale": -1}, (100, 60), PLATE, id="mirrored"),
        pytest.param({"xscale": 2, "yscale": 1}, (200, 60), 2 * PLATE, id="stretched"),
        pytest.param({"rotation": 90}, (60, 100), PLATE, id="turned"),
        pytest.param({"extrusion": (0, 0, -1)}, (100, 60), PLATE, id="seen from behind"),
    ],
)
def test_inserted_block_is_moved_as_its_insert_says(tmp_path, attributes, size, area):
    def draw(space):
        draw_plate(space.doc.blocks.new("INNER", base_point=(7, 9)))
        space.doc.blocks.new("OUTER").add_blockref("INNER", (3, 4))
        space.add_blockref("OUTER", (1000, 500), dxfattribs=attributes)

    (part,) = read(tmp_path, draw).parts
    assert part.size_mm == pytest.approx(size)
    assert outline_area(part) == pytest.approx(area)
    assert hole_area(part) == pytest.approx(area / PLATE * HOLES, rel=1e-3)


def test_rows_and_columns_of_an_insert_become_parts(tmp_path):
    def draw(space):
        draw_plate(space.doc.blocks.new("P"))
        grid = {"row_count": 2, "column_count": 3, "row_spacing": 80, "column_spacing": 120}
        space.add_blockref("P", (0, 0), dxfattribs=grid)

    drawing = read(tmp_path, draw)
    assert len(drawing.parts) == 6
    assert [part.name for part in drawing.parts] == [f"part-{n}" for n in range(1, 7)]
    assert "the drawing holds 6 parts" in drawing.warnings


def test_what_is_not_cut_is_left_out_and_counted(tmp_path):
    def draw(space):
        draw_plate(space)
        space.doc.layers.add("OFF").off()
        space.add_circle((50, 30), 9, dxfattribs={"layer": "OFF"})
        space.add_circle((50, 30), 8, dxfattribs={"invisible": 1})
        space.add_circle((50, 30), 7, dxfattribs={"layer": "Defpoints"})
        space.add_line((50, 0), (50, 60), dxfattribs={"layer": "BEND"})
        space.add_text("A1")
        space.add_point((1, 1))

    drawing = read(tmp_path, draw)
    assert drawing.verdict == "accepted"
    assert_plate(drawing)
    rules = {(count.entity, count.layer): count.rule for count in drawing.dropped}
    assert rules["CIRCLE", "OFF"] == "layer is off"
    assert rules["CIRCLE", "0"] == "entity is invisible"
    assert rules["CIRCLE", "Defpoints"] == "layer Defpoints never plots"
    assert rules["LINE", "BEND"] == "layer name says bend"
    assert rules["TEXT", "0"] == "texts and dimensions are not cut"
    assert {(c.entity, c.count) for c in drawing.kept} == {("CIRCLE", 2), ("LWPOLYLINE", 1)}


def test_part_far_from_the_origin_keeps_its_shape(tmp_path):
    def draw(space):
        space.add_lwpolyline([(x + 1e7, y - 1e7) for x, y in RECTANGLE], close=True)
        space.add_circle((1e7 + 20, -1e7 + 30), 5)

    (part,) = read(tmp_path, draw).parts
    assert outline_area(part) == pytest.approx(PLATE, rel=1e-9)
    assert hole_area(part) == pytest.approx(HOLES / 2, rel=1e-3)


def test_inches_become_millimetres(tmp_path):
    drawing = read(tmp_path, lambda s: s.add_lwpolyline(
        [(0, 0), (4, 0), (4, 2), (0, 2)], close=True), units=1)  # fmt: skip
    assert drawing.mm_per_unit == 25.4
    assert outline_area(drawing.parts[0]) == pytest.approx(8 * 25.4**2)


def test_closed_gap_is_told_in_drawing_coordinates(tmp_path):
    def draw(space):
        corners = [(500, 500), (600, 500), (600, 560), (500, 560), (500, 500.2)]
        space.add_lwpolyline(corners)

    drawing = read(tmp_path, draw)
    assert drawing.verdict == "repaired"
    (gap,) = drawing.gaps
    assert (gap.size_mm, gap.x, gap.y) == pytest.approx((0.2, 500, 500.1))


REFUSED = {
    "crossing": (lambda s: s.add_circle((0, 30), 5), r"two contours cross at \("),
    "not finite": (lambda s: s.add_line((0, 0), (math.nan, 5)), "no finite number"),
    "area not finite": (
        lambda s: s.add_hatch(dxfattribs={"elevation": (0, 0, math.nan)}).paths.add_polyline_path(
            [(0, 0), (50, 0, 0.4), (20, 40)]
        ),
        "HATCH has a coordinate that is no finite number",
    ),
    "bad radius": (lambda s: s.add_circle((50, 30), -5), "radius -5"),
    "out of range": (lambda s: s.add_line((0, 0), (1e300, 0)), "out of range"),
    "not flat": (lambda s: s.add_line((10, 10, 0), (20, 20, 9)), "leaves the XY plane by 9 mm"),
    "block loop": (
        lambda s: (s.doc.blocks.new("A").add_blockref("A", (1, 1)), s.add_blockref("A", (0, 0))),
        "block 'a' inserts itself",
    ),
    "too many entities": (
        lambda s: (
            s.doc.blocks.new("H").add_circle((0, 0), 0.2),
            s.add_blockref("H", (0, 0), dxfattribs={
                "row_count": 999, "column_count": 999, "row_spacing": 1, "column_spacing": 1}),
        ),
        "stands for 998",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_bad_drawing_is_rejected_with_its_reason(tmp_path, name):
    spoil, reason = REFUSED[name]

    def draw(space):
        draw_plate(space)
        spoil(space)

    drawing = read(tmp_path, draw)
    assert drawing.verdict == "rejected"
    assert drawing.parts == ()
    assert re.search(reason, drawing.reason), drawing.reason


@pytest.mark.parametrize("reach", [1e6, 1e12])
def test_curves_far_too_big_for_any_sheet_do_not_ask_for_millions_of_points(tmp_path, reach):
    def draw(space):
        draw_plate(space)
        space.add_ellipse((0, 0), (reach, 0), 0.5)
        space.add_hatch().paths.add_edge_path().add_ellipse((0, 0), (reach, 0), 0.5, 0, 360)

    path = saved(tmp_path / "part.dxf", draw)
    huge = ezdxf.filemanagement.readfile(path).modelspace().query("ELLIPSE HATCH")
    assert [1_000 < len(curves_of(entity, 0.005)[0]) < 20_000 for entity in huge] == [True] * 2
    assert "bigger than max_size_mm" in read_drawing(path, SETTINGS).reason


def test_empty_model_space_says_where_the_curves_are(tmp_path):
    drawing = read(tmp_path, lambda s: draw_plate(s.doc.blocks.new("PART")))
    assert drawing.verdict == "rejected"
    assert "a block that is not inserted holds some" in drawing.reason


def test_json_record_holds_the_contract_and_nothing_unescaped(tmp_path):
    path = saved(tmp_path / "a\x1b[31m\u202e.dxf", draw_plate)
    record = json.loads(json.dumps(drawing_to_json(read_drawing(path, SETTINGS))))
    assert {
        "file",
        "verdict",
        "reason",
        "warnings",
        "mm_per_unit",
        "unit_evidence",
        "parts",
    } <= set(record)
    assert set(record["parts"][0]) == {
        "name", "outer_area_mm2", "hole_area_mm2", "hole_count", "width_mm", "height_mm",
    }  # fmt: skip
    assert record["parts"][0]["name"] == "a_31m"
    assert record["file"].isprintable()
    assert record["file"] == shown(str(path))


def test_unexpected_error_is_a_rejection_that_quotes_nothing(tmp_path, monkeypatch, caplog):
    def stumble(data):
        raise KeyError("\x1b[31mtext of the file")

    monkeypatch.setattr("components.geometry.dxf_reader.prepared", stumble)
    drawing = read_drawing(saved(tmp_path / "part.dxf", draw_plate), SETTINGS)
    assert drawing.verdict == "rejected"
    assert drawing.reason.startswith("it cannot be understood (KeyError in test_dxf_reader.py:")
    assert "text of the file" not in caplog.text


def test_a_missing_header_declares_no_unit(tmp_path):
    lines = ["0", "SECTION", "2", "ENTITIES", "0", "CIRCLE", "8", "0"]
    lines += ["10", "0.0", "20", "0.0", "40", "60.0", "0", "ENDSEC", "0", "EOF", ""]
    path = tmp_path / "disc.dxf"
    path.write_text("\n".join(lines))
    drawing = read_drawing(path, DrawingSettings.load())
    assert drawing.mm_per_unit == 1.0
    assert "$INSUNITS absent" in drawing.unit_evidence
    assert drawing.warnings == ()
