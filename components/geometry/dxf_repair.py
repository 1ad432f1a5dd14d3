"""What must happen to a DXF file's bytes before ezdxf reads them.

Two passes. `prepared` is cheap and runs on every file: is it DXF at all, is it whole, marks and
line ends that only get in the way. `mended` goes through every tag and runs only when ezdxf has
refused the file: it names the first broken line, or puts right what is known to be harmless -
decimal commas and missing subclass markers - so that ezdxf's recovery cannot drop it silently.
"""

import re
from dataclasses import dataclass
from itertools import pairwise

from components.errors import DrawingError

BINARY_SENTINEL = b"AutoCAD Binary DXF\r\n\x1a\x00"

OTHER_FORMATS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"PK\x03\x04", "a ZIP archive; unpack it first"),
    (b"\x1f\x8b", "a gzip archive; unpack it first"),
    (b"BZh", "a bzip2 archive; unpack it first"),
    (b"\xfd7zXZ", "an xz archive; unpack it first"),
    (b"7z\xbc\xaf", "a 7z archive; unpack it first"),
    (b"%PDF", "a PDF file"),
    (b"%!PS", "a PostScript file"),
    (b"ISO-10303-21", "a STEP file"),
    (b"solid ", "an STL file"),
    (b"version https://git-lfs", "a git-lfs pointer, not the file itself; run `git lfs pull`"),
    (b"<svg", "an SVG picture"),
    (b"<!doctype html", "an HTML page"),
    (b"<html", "an HTML page"),
)

_END_OF_FILE = re.compile(rb"(?:^|\n)[ \t]*0[ \t]*\r?\n[ \t]*EOF[ \t]*(?:\r?\n|$)")
_FIRST_TAG = re.compile(rb"[\r\n][ \t]*0[ \t]*[\r\n]+[ \t]*(?:SECTION|EOF)\b")
_ENTITIES = re.compile(rb"\n[ \t]*2[ \t]*\r?\n[ \t]*ENTITIES[ \t]*(?=\r?\n)")
_END_OF_SECTION = re.compile(rb"\n[ \t]*0[ \t]*\r?\n[ \t]*ENDSEC[ \t]*(?:\r?\n|$)")
_DECIMAL_COMMA = re.compile(rb"[ \t]*[-+]?\d*,\d+(?:[eE][-+]?\d+)?[ \t]*\r?")

REAL_CODES = frozenset([*range(10, 60), *range(110, 150), *range(210, 240), *range(460, 470)])

MARKERS: dict[bytes, tuple[bytes, ...]] = {
    b"LWPOLYLINE": (b"AcDbPolyline",),
    b"SPLINE": (b"AcDbSpline",),
    b"ELLIPSE": (b"AcDbEllipse",),
}
"""Types that ezdxf refuses without these markers in front of their own tags."""

HANDLE_CODES = frozenset((5, 330, 360, 102))
"""Group codes that come before the first marker."""

COMMON_CODES = frozenset((5, 330, 100, 102, 360, 8, 6, 62, 420, 440, 48, 60, 67, 370, 410, 999))
"""Group codes that every entity may have, before its own."""


@dataclass(frozen=True, slots=True)
class Source:
    """Bytes that ezdxf can try.

    Attributes:
        data: The file, cleaned.
        binary: Whether it is binary DXF.
        encoding: Known encoding; None lets the file's own header say it.
        repairs: What was put right.
    """

    data: bytes
    binary: bool
    encoding: str | None
    repairs: tuple[str, ...]


def prepared(data: bytes) -> Source:
    """Check that `data` is whole DXF and remove what only gets in the way.

    Raises:
        DrawingError: Saying what it is instead, or that it is cut off.
    """
    if not data:
        raise DrawingError("the file is empty")
    if data.startswith(BINARY_SENTINEL):
        return _prepared_binary(data)
    repairs: list[str] = []
    data, encoding = _decoded(data, repairs)
    _check_signature(data)
    if b"\0" in data:
        raise DrawingError("corrupt: the text holds NUL bytes")
    data = _with_plain_lines(data, repairs)
    return Source(_whole(data, repairs), False, encoding, tuple(repairs))


def _prepared_binary(data: bytes) -> Source:
    """Check that binary DXF is whole.

    Raises:
        DrawingError: If its end is missing.
    """
    if b"EOF\0" not in data[-64:]:
        raise DrawingError("truncated: the binary DXF has no end")
    return Source(data, True, None, ())


def _decoded(data: bytes, repairs: list[str]) -> tuple[bytes, str | None]:
    """Return the text without a byte order mark, and its encoding if the mark told it."""
    for mark, encoding, high in ((b"\xff\xfe", "utf-16-le", 1), (b"\xfe\xff", "utf-16-be", 0)):
        # Without a mark, every other byte of plain letters and digits is 0.
        marked = data.startswith(mark)
        if marked or (
            len(data) >= 64 and not any(data[high:64:2]) and all(data[1 - high : 64 : 2])
        ):
            repairs.append("the file was UTF-16")
            text = data[2 * marked :].decode(encoding, errors="replace")
            return text.encode(errors="replace"), "utf-8"
    if data.startswith(b"\xef\xbb\xbf"):
        repairs.append("the file began with a UTF-8 byte order mark")
        return data[3:], "utf-8"
    return data, None


def _with_plain_lines(data: bytes, repairs: list[str]) -> bytes:
    """Return the text with line ends that ezdxf knows and its first tag on the first line."""
    if b"\n" not in data:
        data = data.replace(b"\r", b"\n")
        repairs.append("lines ended with CR alone")
    if b"\r\r\n" in data:
        data = data.replace(b"\r\r\n", b"\n")
        repairs.append("lines ended with CR CR LF")
    begin = data.lstrip()
    if b"\n" in data[: len(data) - len(begin)]:
        data = begin
        repairs.append("blank lines before the first tag were removed")
    return data


def _check_signature(data: bytes) -> None:
    """Refuse what does not begin as DXF.

    Raises:
        DrawingError: Naming the format if it is known.
    """
    head = data[:65536].lstrip()
    for magic, name in OTHER_FORMATS:
        if head[: len(magic)].lower() == magic.lower():
            raise DrawingError(f"not a DXF file: it is {name}")
    if head.startswith(b"<?xml"):
        svg = b"<svg" in head.lower()
        raise DrawingError(f"not a DXF file: it is {'an SVG picture' if svg else 'an XML file'}")
    if re.match(rb"AC1[0-9.]{3}|AC10\d\d|MC0\.0", data[:6]):
        raise DrawingError("not a DXF file: it is a DWG file; export it as DXF")
    # Comments and stray header tags may come before the first section.
    if re.match(rb"-?\d{1,4}[ \t]*[\r\n]", head) and _FIRST_TAG.search(b"\n" + head):
        return
    raise DrawingError("not a DXF file: it does not begin with a SECTION")


def _whole(data: bytes, repairs: list[str]) -> bytes:
    """Return the text up to its end mark, which is added if only that is missing.

    Raises:
        DrawingError: If the drawing is cut off in or before its entities.
    """
    end = _END_OF_FILE.search(data)
    if end and data[end.end() :].strip():
        repairs.append("text after the end of the file was ignored")
        data = data[: end.end()]
    entities = _ENTITIES.search(data)
    if entities is None:
        found = "has no ENTITIES section" if end else "is cut off before its ENTITIES section"
        raise DrawingError(f"the file {found}: no entities")
    if _END_OF_SECTION.search(data, entities.end()) is None:
        if end is None:
            raise DrawingError("truncated: the file is cut off inside its ENTITIES section")
        repairs.append("the ENTITIES section had no ENDSEC")
        data = data[: end.start() + 1] + b"0\nENDSEC\n0\nEOF\n"
    elif end is None:
        repairs.append("the file had no EOF mark")
        data = _closed(data)
    return data


def _closed(data: bytes) -> bytes:
    """Return a text that is cut off after its entities, ended after its last whole section."""
    last = list(_END_OF_SECTION.finditer(data))[-1]
    return data[: last.end()].rstrip() + b"\n0\nEOF\n"


def mended(source: Source) -> Source:
    """Return the text with every tag checked and the known slips put right.

    Raises:
        DrawingError: Naming the first line that makes no sense.
    """
    if source.binary:
        raise DrawingError("corrupt binary DXF")
    lines = source.data.split(b"\n")
    if lines and not lines[-1].strip():
        lines.pop()
    codes = _group_codes(lines)
    values = lines[1::2]
    commas = _without_commas(codes, values)
    tags, marked = _with_markers(list(zip(codes, values, strict=False)))
    repairs = list(source.repairs)
    if commas:
        repairs.append(f"{commas} numbers had a decimal comma")
    if marked:
        repairs.append(f"{marked} entities had no subclass marker")
    data = b"".join(b"%d\n%s\n" % (code, value.rstrip(b"\r")) for code, value in tags)
    return Source(data, False, source.encoding, tuple(repairs))


def _group_codes(lines: list[bytes]) -> list[int]:
    """Return the group code of each tag.

    Raises:
        DrawingError: Naming the first line that is no group code.
    """
    codes = []
    for number, line in enumerate(lines[0::2]):
        try:
            code = int(line)
        except ValueError:
            code = -1000
        if not -5 <= code <= 1071:
            raise DrawingError(f"corrupt: invalid group code at line {2 * number + 1}")
        codes.append(code)
    return codes


def _without_commas(codes: list[int], values: list[bytes]) -> int:
    """Turn decimal commas into points, in place; return how many.

    Raises:
        DrawingError: Naming the first line whose number makes no sense.
    """
    count = 0
    for index, (code, value) in enumerate(zip(codes, values, strict=False)):
        if code not in REAL_CODES:
            continue
        if _DECIMAL_COMMA.fullmatch(value):
            values[index] = value = value.replace(b",", b".")
            count += 1
        try:
            float(value)
        except ValueError:
            raise DrawingError(f"corrupt: invalid number at line {2 * index + 2}") from None
    return count


def _with_markers(tags: list[tuple[int, bytes]]) -> tuple[list[tuple[int, bytes]], int]:
    """Return the tags with missing subclass markers put in, and how many entities lacked them."""
    starts = [index for index, (code, _) in enumerate(tags) if code == 0] + [len(tags)]
    result = list(tags[: starts[0]])
    count = 0
    for start, end in pairwise(starts):
        entity = tags[start:end]
        markers = MARKERS.get(entity[0][1].strip(), ())
        missing = [m for m in markers if (100, m) not in ((c, v.strip()) for c, v in entity)]
        if missing:
            count += 1
            entity = _marked(entity, missing)
        result += entity
    return result, count


def _marked(entity: list[tuple[int, bytes]], missing: list[bytes]) -> list[tuple[int, bytes]]:
    """Return an entity with its own markers put in, and the common one if that lacks too.

    ezdxf looks for the own tags after the second marker, so the common one must be there.
    """
    own = next((i for i, (code, _) in enumerate(entity) if i and code not in COMMON_CODES), 1)
    entity = [*entity[:own], *((100, marker) for marker in missing), *entity[own:]]
    if (100, b"AcDbEntity") in ((code, value.strip()) for code, value in entity):
        return entity
    start = next((i for i, (code, _) in enumerate(entity) if i and code not in HANDLE_CODES), 1)
    return [*entity[:start], (100, b"AcDbEntity"), *entity[start:]]
