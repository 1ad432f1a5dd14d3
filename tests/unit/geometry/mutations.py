"""Ways to break a DXF file, for the fuzz test: bytes, lines, tags and whole entities.

A mutation takes the bytes of a file and a random number generator and returns other bytes. Those
of tags know that an ASCII file is pairs of lines, a group code and a value; in a binary file they
find no lines and change bytes instead.
"""

import random
import re
import struct
from collections.abc import Callable

NUMBERS = (b"nan", b"inf", b"-inf", b"1e308", b"-1", b"0", b"1e-300", b"1,5", b"99999999999", b"")
TOKENS = (b"INSERT", b"SPLINE", b"POLYLINE", b"ENDSEC", b"EOF", b"SECTION", b"BLOCK", b"CIRCLE")
ENTITIES = (b"LINE", b"ARC", b"CIRCLE", b"ELLIPSE", b"LWPOLYLINE", b"POLYLINE", b"SPLINE", b"HATCH",
            b"INSERT", b"VERTEX", b"SEQEND", b"TEXT", b"3DFACE", b"MLINE")  # fmt: skip
CODES = (0, 1, 2, 5, 8, 10, 11, 20, 40, 41, 42, 43, 62, 66, 67, 70, 71, 72, 73, 210, 230, 330, 1071)
EXTREMES = (0.0, -0.0, 1e-300, 5e-324, 1e18, -1e18, 1.8e308, float("nan"), float("inf"))


def flip_bytes(data: bytes, rng: random.Random) -> bytes:
    """Put random bytes in random places."""
    mutable = bytearray(data)
    for _ in range(rng.choice((1, 3, 20, 200))):
        mutable[rng.randrange(len(mutable))] = rng.getrandbits(8)
    return bytes(mutable)


def flip_bits(data: bytes, rng: random.Random) -> bytes:
    """Turn single bits over."""
    mutable = bytearray(data)
    for _ in range(rng.choice((1, 8, 64))):
        mutable[rng.randrange(len(mutable))] ^= 1 << rng.randrange(8)
    return bytes(mutable)


def cut_out(data: bytes, rng: random.Random) -> bytes:
    """Leave a stretch out."""
    start, length = rng.randrange(len(data)), rng.choice((1, 10, 500))
    return data[:start] + data[start + length :]


def truncate(data: bytes, rng: random.Random) -> bytes:
    """End the file early."""
    return data[: rng.randrange(len(data))]


def repeat(data: bytes, rng: random.Random) -> bytes:
    """Repeat a stretch twice."""
    start, length = rng.randrange(len(data)), rng.choice((10, 500, 5000))
    return data[: start + length] + data[start : start + length] * 2 + data[start + length :]


def change_values(data: bytes, rng: random.Random) -> bytes:
    """Put other numbers and names where the geometry is."""
    lines = data.split(b"\n")
    for _ in range(rng.choice((1, 2, 8))):
        lines[rng.randrange(_entities(lines), len(lines))] = rng.choice(NUMBERS + TOKENS)
    return b"\n".join(lines)


def extreme_numbers(data: bytes, rng: random.Random) -> bytes:
    """Put extreme numbers in place of numbers of the geometry, as text or as 8 binary bytes."""
    if b"\0" in data[:22]:
        mutable = bytearray(data)
        for _ in range(rng.choice((1, 4))):
            place = rng.randrange(len(mutable) // 2, len(mutable) - 8)
            struct.pack_into("<d", mutable, place, rng.choice(EXTREMES))
        return bytes(mutable)
    lines = data.split(b"\n")
    start = _entities(lines)
    numbers = [n for n in range(start, len(lines)) if re.fullmatch(rb"\s*-?\d+\.\d+\r?", lines[n])]
    for number in rng.sample(numbers, min(len(numbers), rng.choice((1, 3, 10)))):
        lines[number] = repr(rng.choice(EXTREMES)).encode()
    return b"\n".join(lines)


def change_codes(data: bytes, rng: random.Random) -> bytes:
    """Put other group codes before values."""
    lines = data.split(b"\n")
    for _ in range(rng.choice((1, 4))):
        lines[rng.randrange(max(1, len(lines) // 2)) * 2] = str(rng.choice(CODES)).encode()
    return b"\n".join(lines)


def swap_types(data: bytes, rng: random.Random) -> bytes:
    """Give entities the type of others, their values unchanged."""
    lines = data.split(b"\n")
    start = _entities(lines)
    heads = [n for n in range(start, len(lines)) if lines[n].strip() in ENTITIES]
    for number in rng.sample(heads, min(len(heads), rng.choice((1, 2, 5)))):
        lines[number] = rng.choice(ENTITIES)
    return b"\n".join(lines)


def shuffle_tags(data: bytes, rng: random.Random) -> bytes:
    """Leave out, repeat or move single tags."""
    lines = data.split(b"\n")
    tags = [lines[n : n + 2] for n in range(0, len(lines), 2)]
    first = min(_entities(lines) // 2, len(tags) - 1)
    for _ in range(rng.choice((1, 3, 10))):
        place, other = (rng.randrange(first, len(tags)) for _ in range(2))
        change = rng.choice(("leave out", "repeat", "swap"))
        if change == "leave out" and len(tags) > first + 1:
            del tags[place]
        elif change == "repeat":
            tags.insert(place, tags[place])
        else:
            tags[place], tags[min(other, len(tags) - 1)] = (
                tags[min(other, len(tags) - 1)],
                tags[place],
            )
    return b"\n".join(b"\n".join(tag) for tag in tags)


def _entities(lines: list[bytes]) -> int:
    """Return the line where the entities begin; 0 if there is none."""
    return next((n for n, line in enumerate(lines) if line.strip() == b"ENTITIES"), 0)


MUTATIONS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    flip_bytes, flip_bits, cut_out, truncate, repeat, change_values, change_values, extreme_numbers,
    extreme_numbers, change_codes, swap_types, shuffle_tags,
)  # fmt: skip


def mutated(seeds: list[bytes], number: int) -> bytes:
    """Return the input of a number: one seed after one, two or three mutations."""
    rng = random.Random(number)
    data = rng.choice(seeds)
    for _ in range(rng.choice((1, 1, 2, 3))):
        data = rng.choice(MUTATIONS)(data, rng) or b"\n"
    return data
