import json
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.errors import DrawingError
from components.geometry.parts_file import part_from_record, part_record, read_parts, write_parts
from components.modeling.origin import drawings_hash
from tests.unit.strategies import part, plate_with_hole, rectangle


def test_parts_come_back_bit_by_bit(tmp_path):
    parts = [plate_with_hole("a"), plate_with_hole("b", 1 / 3, 2e-17)]
    write_parts(tmp_path / "parts.json", parts)
    again = read_parts(tmp_path / "parts.json")
    assert [p.name for p in again] == ["a", "b"]
    for one, other in zip(parts, again, strict=True):
        assert one.outline.xy_mm.tobytes() == other.outline.xy_mm.tobytes()
        assert [h.xy_mm.tobytes() for h in one.holes] == [h.xy_mm.tobytes() for h in other.holes]


def test_layers_come_back_and_are_no_part_of_what_a_drawing_is(tmp_path):
    one = plate_with_hole("a")
    fit = replace(one.holes[0], layer="FITS")
    layered = replace(one, outline=replace(one.outline, layer="CUT"), holes=(fit,))
    path = tmp_path / "parts.json"
    write_parts(path, [layered])
    assert json.loads(path.read_text())["format"] == "dxfvision-parts-2"
    assert read_parts(path)[0].layers == ("CUT", "FITS")
    assert drawings_hash([layered]) == drawings_hash([one])


def test_file_of_the_first_version_knows_no_layers(tmp_path):
    path = tmp_path / "parts.json"
    write_parts(path, [plate_with_hole("a")])
    assert json.loads(path.read_text())["format"] == "dxfvision-parts-1"
    assert read_parts(path)[0].layers == ("", "")


@given(st.floats(1e-6, 1e6), st.floats(1e-6, 1e6))
def test_record_keeps_every_float(width, height):
    one = part("p", rectangle(width, height))
    assert part_from_record(part_record(one)).outline.xy_mm.tolist() == one.outline.xy_mm.tolist()


@pytest.mark.parametrize("content", ["", "[]", '{"format": "other", "parts": []}', '{"parts": 3}'])
def test_damaged_file_is_refused_by_name(tmp_path, content):
    path = tmp_path / "parts.json"
    path.write_text(content)
    with pytest.raises(DrawingError, match=r"parts\.json"):
        read_parts(path)


def test_reading_parts_loads_no_drawing_library():
    code = (
        "import sys, components.geometry.parts_file;"
        "print([m for m in ('ezdxf', 'shapely', 'scipy', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
