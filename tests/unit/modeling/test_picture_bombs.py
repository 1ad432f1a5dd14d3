"""Small files that a decoder would pay for dearly."""

import io
import struct
import subprocess
import sys
import zlib

import pytest
from PIL import Image

from components.modeling.picture_bombs import MOST_PIECES, MOST_SCANS, bomb_in
from components.modeling.pictures import (
    MAX_SIDE_PX,
    BrokenPictureError,
    LargePictureError,
    decode_picture,
)

MAX_PIXELS = 4_000_000

SHORT, LONG, SIGNED_LONG = 3, 4, 9


def tiff(order: str, entries: list[tuple[int, int, int, int]], data: bytes) -> bytes:
    """A TIFF of 8 x 8 grey pixels with further entries: tag, type, count and value."""
    basic = [(256, LONG, 1, 8), (257, LONG, 1, 8), (258, SHORT, 1, 8), (262, SHORT, 1, 1)]
    entries = sorted([*basic, *entries])
    packed = [
        struct.pack(f"{order}HHL", tag, kind, count)
        + struct.pack(
            f"{order}HH" if kind == SHORT else f"{order}L", *([value] + [0] * (kind == 3))
        )
        for tag, kind, count, value in entries
    ]
    start = b"II*\x00" if order == "<" else b"MM\x00*"
    directory = struct.pack(f"{order}H", len(packed)) + b"".join(packed) + bytes(4)
    return start + struct.pack(f"{order}L", 8 + len(data)) + data + directory


def tiled(order: str, side: int, kind: int = LONG) -> bytes:
    """A TIFF whose only tile, of zeros, has such sides."""
    data = zlib.compress(bytes(side * side))
    data += bytes(len(data) % 2)
    sides = [(322, kind, 1, side), (323, kind, 1, side)]
    tile = [(259, SHORT, 1, 8), (324, LONG, 1, 8), (325, LONG, 1, len(data))]
    return tiff(order, [*sides, *tile], data)


def stripped(order: str, count: int) -> bytes:
    """A TIFF that lies in so many strips of one row."""
    data = struct.pack(f"{order}L", 8) * count
    return tiff(order, [(273, LONG, count, 8), (278, LONG, 1, 1)], data)


def scanned(count: int) -> bytes:
    """A progressive JPEG with so many scans."""
    buffer = io.BytesIO()
    Image.new("L", (64, 48), 128).save(buffer, "JPEG", progressive=True)
    data = buffer.getvalue()
    last = data.rindex(b"\xff\xda")
    more = count - data.count(b"\xff\xda")
    return data[:-2] + data[last:-2] * more + b"\xff\xd9"


@pytest.mark.parametrize("order", ["<", ">"])
def test_tile_that_is_larger_than_any_picture_is_refused(order):
    assert decode_picture(tiled(order, 256), MAX_PIXELS).shape == (8, 8, 3)
    with pytest.raises(BrokenPictureError, match=r"tiles have 2001 x 2001 pixels.*save it again"):
        decode_picture(tiled(order, 2001), MAX_PIXELS)


def test_small_tiles_are_taken_where_even_smaller_pictures_are_allowed():
    assert bomb_in(tiled("<", 1024), 1000) is None
    assert bomb_in(tiled("<", 1025), 1000) is not None


def test_sides_of_a_tile_that_nobody_writes_so_are_refused():
    assert bomb_in(tiled("<", 16, SIGNED_LONG), MAX_PIXELS) is not None


@pytest.mark.parametrize("order", ["<", ">"])
def test_millions_of_strips_are_refused_before_any_is_listed(order):
    assert bomb_in(stripped(order, MOST_PIECES), MAX_PIXELS) is None
    with pytest.raises(BrokenPictureError, match=f"lies in {MOST_PIECES + 1} strips"):
        decode_picture(stripped(order, MOST_PIECES + 1), MAX_PIXELS)


def test_ordinary_tiff_is_none():
    for options in ({}, {"compression": "tiff_lzw"}, {"compression": "tiff_adobe_deflate"}):
        buffer = io.BytesIO()
        Image.new("RGB", (300, 200)).save(buffer, "TIFF", **options)
        assert bomb_in(buffer.getvalue(), MAX_PIXELS) is None


def test_directory_that_is_cut_short_is_left_to_the_decoder():
    data = stripped("<", 1)
    assert {bomb_in(data[:end], MAX_PIXELS) for end in range(len(data))} == {None}


def test_jpeg_of_many_scans_is_refused():
    assert decode_picture(scanned(MOST_SCANS), MAX_PIXELS).shape == (48, 64, 3)
    with pytest.raises(BrokenPictureError, match=f"more than {MOST_SCANS} scans"):
        decode_picture(scanned(MOST_SCANS + 1), MAX_PIXELS)


def test_what_follows_a_jpeg_or_lies_in_its_tags_is_no_scan():
    marks = b"\xff\xda" * (MOST_SCANS + 1)
    data = scanned(10)
    comment = b"\xff\xfe" + struct.pack(">H", len(marks) + 2) + marks
    assert bomb_in(data + marks, MAX_PIXELS) is None
    assert bomb_in(data[:2] + comment + data[2:], MAX_PIXELS) is None


def test_jpeg_of_markers_alone_is_refused_soon():
    assert bomb_in(b"\xff\xd8" + b"\xff\xda\x00\x02\xff\xe0\x00\x02" * 200, 1) is not None
    assert bomb_in(b"\xff\xd8" + b"\xff\xe0\x00\x04\xff\xda" * 20_000, 1) is not None


def test_side_that_opencv_cannot_look_up_is_refused():
    for width, height in ((MAX_SIDE_PX + 1, 1), (1, MAX_SIDE_PX + 1)):
        buffer = io.BytesIO()
        Image.new("L", (width, height)).save(buffer, "PNG")
        with pytest.raises(LargePictureError, match=f"it is {width} x {height}"):
            decode_picture(buffer.getvalue(), MAX_PIXELS)
    buffer = io.BytesIO()
    Image.new("L", (MAX_SIDE_PX, 1)).save(buffer, "PNG")
    assert decode_picture(buffer.getvalue(), MAX_PIXELS).shape == (1, MAX_SIDE_PX, 3)


WARNED = """
import sys
from PIL import TiffImagePlugin
from components.modeling.pictures import decode_picture
try:
    decode_picture(sys.stdin.buffer.read(), 1000)
except Exception:
    pass
print(len(getattr(TiffImagePlugin, "__warningregistry__", {})))
"""


def test_damaged_tags_leave_nothing_in_the_log_nor_in_memory():
    # The comment, tag 270, would lie beyond the end.
    damaged = tiff("<", [(270, 2, 100, 10_000), (273, LONG, 1, 8)], bytes(64))
    done = subprocess.run(
        [sys.executable, "-c", WARNED], input=damaged, capture_output=True, check=True
    )
    assert done.stderr == b""
    assert done.stdout in (b"0\n", b"1\n")
