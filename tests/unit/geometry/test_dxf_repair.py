import gzip

import pytest

from components.errors import DrawingError
from components.geometry.contours import outline_area
from components.geometry.dxf_reader import read_drawing
from components.geometry.dxf_repair import prepared
from components.settings.drawings import DrawingSettings

SETTINGS = DrawingSettings.load()


def tags(*pairs):
    return "".join(f"{code}\n{value}\n" for code, value in pairs)


def lines(corners, order=(10, 20, 11, 21)):
    text = ""
    for (x, y), (u, v) in zip(corners, corners[1:] + corners[:1], strict=True):
        values = {10: x, 20: y, 11: u, 21: v}
        text += tags((0, "LINE"), (8, "0"), *((code, values[code]) for code in order))
    return text


END = tags((0, "ENDSEC"), (0, "EOF"))


def document(entities, version="AC1009", tail=END):
    head = tags((0, "SECTION"), (2, "HEADER"), (9, "$ACADVER"), (1, version), (0, "ENDSEC"))
    return head + tags((0, "SECTION"), (2, "ENTITIES")) + entities + tail


CORNERS = [(0, 0), (100.5, 0), (100.5, 60.0), (0, 60.0)]
PLATE = document(lines(CORNERS))
AREA = 6030.0


def read(tmp_path, content):
    path = tmp_path / "part.dxf"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_drawing(path, SETTINGS)


POLYLINE = tags((0, "LWPOLYLINE"), (8, "0"), (90, 4), (70, 1)) + "".join(
    tags((10, x), (20, y)) for x, y in CORNERS
)


@pytest.mark.parametrize(
    ("content", "verdict", "said"),
    [
        pytest.param(PLATE, "accepted", "", id="plain"),
        pytest.param(tags((999, "by nobody")) + PLATE, "accepted", "", id="comments first"),
        pytest.param(document(lines(CORNERS, (10, 11, 20, 21))), "accepted", "", id="10 11 20 21"),
        pytest.param(
            PLATE.replace(".", ","), "repaired", "8 numbers had a decimal comma", id="commas"
        ),
        pytest.param(
            document(POLYLINE, "AC1015"), "repaired", "no subclass marker", id="no marker"
        ),
        pytest.param(
            document(lines(CORNERS), tail=tags((0, "ENDSEC"))), "repaired", "no EOF", id="no EOF"
        ),
        pytest.param(PLATE + "rubbish\n" * 9, "repaired", "after the end", id="text after EOF"),
        pytest.param(PLATE.replace("\n", "\r"), "repaired", "CR alone", id="old Mac"),
        pytest.param(PLATE.replace("\n", "\r\n"), "accepted", "", id="Windows"),
        pytest.param(b"\xef\xbb\xbf" + PLATE.encode(), "repaired", "byte order", id="UTF-8 mark"),
        pytest.param(b"\xff\xfe" + PLATE.encode("utf-16-le"), "repaired", "UTF-16", id="UTF-16"),
        pytest.param(PLATE.encode("utf-16-le"), "repaired", "UTF-16", id="UTF-16, no mark"),
        pytest.param(PLATE.encode("utf-16-be"), "repaired", "UTF-16", id="UTF-16 BE, no mark"),
        pytest.param(PLATE.replace("\n", "\r\r\n"), "repaired", "CR CR LF", id="doubled CR"),
        pytest.param("\n \n" + PLATE, "repaired", "blank lines", id="blank lines first"),
    ],
)
def test_harmless_slip_is_put_right_and_told(tmp_path, content, verdict, said):
    drawing = read(tmp_path, content)
    assert drawing.verdict == verdict, drawing.reason
    assert said in drawing.reason
    assert outline_area(drawing.parts[0]) == pytest.approx(AREA, rel=1e-9)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"", "the file is empty", id="empty"),
        pytest.param(b" \n\r\n" * 50, "does not begin", id="white space"),
        pytest.param(b"\0" * 99, "does not begin", id="NULs"),
        pytest.param(b"\x89PNG\r\n\x1a\n", "PNG", id="PNG"),
        pytest.param(b"<?xml version='1.0'?><svg>", "SVG", id="SVG"),
        pytest.param(b"AC1032\0\0\0", "DWG", id="DWG"),
        pytest.param(gzip.compress(PLATE.encode()), "gzip", id="gzip"),
        pytest.param(b"<!DOCTYPE html>", "HTML", id="HTML"),
        pytest.param(b"version https://git-lfs.github.com/spec/v1\n", "git-lfs", id="LFS"),
        pytest.param(b"AutoCAD Binary DXF\r\n\x1a\0", "truncated", id="binary, cut"),
        pytest.param(PLATE[:-40], "truncated", id="cut in the entities"),
        pytest.param(PLATE[:60], "no entities", id="cut before the entities"),
        pytest.param(PLATE.replace("LINE", "LI\0NE", 1), "NUL", id="NUL in a name"),
        pytest.param(PLATE.replace("\n8\n0\n", "\n8\n", 1), "at line", id="a line missing"),
        pytest.param(PLATE.replace("\n10\n", "\nten\n", 1), "group code at line", id="word"),
        pytest.param(PLATE.replace("100.5", "1,000.5"), "invalid number at line", id="thousands"),
    ],
)
def test_what_is_no_whole_drawing_is_rejected(tmp_path, content, reason):
    drawing = read(tmp_path, content)
    assert drawing.verdict == "rejected"
    assert reason in drawing.reason


def test_prepared_raises_the_project_error():
    with pytest.raises(DrawingError):
        prepared(b"G21\nG90\n")
