"""Small files that cost a decoder more than their pixels: found before anything is decoded.

The number of pixels bounds what a picture costs, but for three things that a decoder believes:

    TIFF   sides of its tiles: one is unpacked whole, 46 kB to 48 MB, however small the picture is
    TIFF   strips and tiles by the million: each is a record in memory, 60 times its 4 bytes
    JPEG   scans: each goes over the whole picture, 24 megapixels in 25 ms, and takes 200 bytes
"""

import re
import struct
from collections.abc import Iterator
from math import prod

MOST_PIECES = 2**17
"""Strips or tiles of a TIFF; 24 megapixels in tiles of 16 x 16 are 94,000."""
MOST_SCANS = 100
"""Of a JPEG; progressive ones have about ten."""
SMALL_TILE_PX = 2**20
"""Tiles of so many pixels are taken whatever the bound for pictures is."""

# Tags of a TIFF.
_PIECES = {273: "strips", 324: "tiles"}
_TILE_WIDTH, _TILE_LENGTH = 322, 323
# Numbers of a TIFF's types that fit into an entry, and what `struct` calls them.
_INLINE = {1: "B", 3: "H", 4: "L"}
_UNKNOWN_SIDE = 2**32

# A marker of a JPEG, but those that stand inside a scan.
_MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])", re.DOTALL)
_SCAN, _END = 0xDA, 0xD9
_MOST_MARKERS = 10_000

_Entry = tuple[int, int, int, bytes]


def bomb_in(data: bytes, max_pixels: int) -> str | None:
    """Return what makes an encoded picture cost more than its pixels; None if nothing does.

    Args:
        data: The file; of formats other than JPEG and TIFF nothing is said.
        max_pixels: Largest number of pixels of a picture.
    """
    if data.startswith((b"II*\x00", b"MM\x00*")):
        return _tiff_bomb(data, max_pixels)
    if data.startswith(b"\xff\xd8") and _has_many_scans(data):
        return f"it has more than {MOST_SCANS} scans"
    return None


def _tiff_bomb(data: bytes, max_pixels: int) -> str | None:
    order = "<" if data.startswith(b"II") else ">"
    sides = {_TILE_WIDTH: 0, _TILE_LENGTH: 0}
    for tag, kind, count, value in _first_directory(data, order):
        if tag in _PIECES and count > MOST_PIECES:
            return f"it lies in {count} {_PIECES[tag]}"
        if tag in sides:
            sides[tag] = max(sides[tag], _side(order, kind, count, value))
    if prod(sides.values()) > max(max_pixels, SMALL_TILE_PX):
        return f"its tiles have {sides[_TILE_WIDTH]} x {sides[_TILE_LENGTH]} pixels"
    return None


def _first_directory(data: bytes, order: str) -> Iterator[_Entry]:
    """Yield tag, type, count and value of each entry that is there: only the first is decoded."""
    try:
        (start,) = struct.unpack_from(f"{order}L", data, 4)
        (count,) = struct.unpack_from(f"{order}H", data, start)
    except struct.error:
        return
    entry = struct.Struct(f"{order}HHL4s")
    entries = data[start + 2 : start + 2 + count * entry.size]
    yield from entry.iter_unpack(entries[: len(entries) // entry.size * entry.size])


def _side(order: str, kind: int, count: int, value: bytes) -> int:
    """Return a tile's side; one that is written as nobody does counts as the largest."""
    code = _INLINE.get(kind)
    if code is None or count * struct.calcsize(f"={code}") > len(value):
        return _UNKNOWN_SIDE
    return int(struct.unpack_from(order + code, value)[0])


def _has_many_scans(data: bytes) -> bool:
    # Counting is quick, and finds at least as many as there are.
    if data.count(bytes((0xFF, _SCAN))) <= MOST_SCANS:
        return False
    at, scans = 2, 0
    for _ in range(_MOST_MARKERS):
        match = _MARKER.search(data, at)
        if match is None or match[1][0] == _END:
            return False
        scans += match[1][0] == _SCAN
        if scans > MOST_SCANS:
            return True
        at = match.end() + int.from_bytes(data[match.end() : match.end() + 2])
    return True
