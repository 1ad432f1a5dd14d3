import numpy as np
import pytest

from components.geometry.dxf_reader import read_drawing
from components.geometry.frames import without_countersinks, without_frames
from components.geometry.nesting import nested
from components.settings.drawings import DrawingSettings
from tests.unit.strategies import draw_plate, rectangle, regular, saved, square

SETTINGS = DrawingSettings.load()
NO_TEXT = np.empty((0, 2))


def sizes(cleared):
    return sorted(round(float(np.ptp(ring[:, 0])), 3) for ring in cleared.rings)


def plate(x, y):
    return [square(40, x, y), regular(32, 5, x, y)]


def test_sheet_with_two_holed_parts_is_a_frame():
    rings = [rectangle(300, 200), *plate(-100, 0), *plate(100, 0)]
    cleared = without_frames(nested(rings), NO_TEXT)
    assert sizes(cleared) == [10, 10, 40, 40]
    assert cleared.warnings == ("a sheet frame of 300 x 200 units was left out",)


def test_paper_with_double_border_and_title_block_leaves_the_part():
    rings = [rectangle(420, 297), rectangle(400, 277), rectangle(80, 30, 150, -115), *plate(0, 0)]
    cleared = without_frames(nested(rings), np.array([[150.0, -115.0]]))
    assert sizes(cleared) == [10, 40]
    assert len(cleared.warnings) == 2


@pytest.mark.parametrize(
    "rings",
    [
        pytest.param(
            [rectangle(300, 200), regular(32, 5), square(30, 80, 0)], id="plate with holes"
        ),
        pytest.param([rectangle(300, 200), *plate(0, 0)], id="window with a smaller part in it"),
        pytest.param([rectangle(297, 210), square(40, 50, 0)], id="plate as big as paper"),
        pytest.param([regular(6, 100), *plate(-30, 0), *plate(30, 0)], id="no rectangle"),
    ],
)
def test_plate_is_no_frame(rings):
    cleared = without_frames(nested(rings), NO_TEXT)
    assert len(cleared.rings) == len(rings)
    assert cleared.warnings == ()


def test_countersink_keeps_its_inner_circle():
    rings = [rectangle(100, 60), regular(64, 6, 20, 0), regular(64, 3, 20, 0)]
    cleared = without_countersinks(nested(rings))
    assert sizes(cleared) == [6, 100]


@pytest.mark.parametrize(
    "inner",
    [
        pytest.param([regular(64, 3, 21, 0)], id="not concentric"),
        pytest.param([square(3, 20, 0)], id="not round"),
        pytest.param([regular(64, 3, 20, 0), regular(64, 1, 20, 0)], id="deeper rings"),
    ],
)
def test_other_islands_stay(inner):
    rings = [rectangle(100, 60), regular(64, 6, 20, 0), *inner]
    assert len(without_countersinks(nested(rings)).rings) == len(rings)


def test_frame_never_becomes_the_part(tmp_path):
    def draw(space):
        draw_plate(space)
        for margin in (100, 90):
            corners = [(50 - 2 * margin, 30 - margin), (50 + 2 * margin, 30 - margin)]
            corners += [(50 + 2 * margin, 30 + margin), (50 - 2 * margin, 30 + margin)]
            space.add_lwpolyline(corners, close=True)

    drawing = read_drawing(saved(tmp_path / "a.dxf", draw), SETTINGS)
    (part,) = drawing.parts
    assert part.size_mm == pytest.approx((100, 60))
    assert any("sheet frame" in warning for warning in drawing.warnings)


def test_only_layer_is_read_whatever_its_name_says(tmp_path):
    def draw(space):
        space.add_circle((0, 0), 20, dxfattribs={"layer": "FRAME"})

    drawing = read_drawing(saved(tmp_path / "a.dxf", draw), SETTINGS)
    assert len(drawing.parts) == 1
    assert any("usually not cut" in warning for warning in drawing.warnings)


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
