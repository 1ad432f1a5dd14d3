"""Broken drawings must end in a verdict: no error that was not meant, no crash, no long wait.

`DXFVISION_FUZZ` is the number of inputs; the default is small and always the same.
"""

import os
import random
import time

import pytest

from components.geometry.dxf_reader import read_drawing
from components.geometry.sample_drawings import SAMPLES, sample_document
from components.settings.drawings import DrawingSettings

COUNT = int(os.environ.get("DXFVISION_FUZZ", "300"))
SETTINGS = DrawingSettings.load()
LIMIT_S = 5.0
NUMBERS = (b"nan", b"inf", b"-inf", b"1e308", b"-1", b"0", b"1e-300", b"1,5", b"99999999999", b"")
TOKENS = (b"INSERT", b"SPLINE", b"POLYLINE", b"ENDSEC", b"EOF", b"SECTION", b"BLOCK", b"CIRCLE")


@pytest.fixture(scope="module")
def seeds(tmp_path_factory):
    """Sample drawings as ASCII and binary, without the long tables that hold no geometry."""
    folder = tmp_path_factory.mktemp("seeds")
    for name in SAMPLES:
        document = sample_document(name)
        document.saveas(folder / f"{name}.dxf")
        document.saveas(folder / f"{name}-binary.dxf", fmt="bin")
        document.dxfversion = "R12"
        document.saveas(folder / f"{name}-r12.dxf")
    return [path.read_bytes() for path in sorted(folder.iterdir())]


def flip_bytes(data, rng):
    mutable = bytearray(data)
    for _ in range(rng.choice((1, 3, 20, 200))):
        mutable[rng.randrange(len(mutable))] = rng.getrandbits(8)
    return bytes(mutable)


def cut(data, rng):
    start, length = rng.randrange(len(data)), rng.choice((1, 10, 500, 10**6))
    return data[:start] + data[start + length :]


def repeat(data, rng):
    start, length = rng.randrange(len(data)), rng.choice((10, 500, 5000))
    return data[: start + length] + data[start : start + length] * 2 + data[start + length :]


def change_values(data, rng):
    """Put other numbers and names into the entities, where the geometry is."""
    lines = data.split(b"\n")
    entities = next((i for i, line in enumerate(lines) if line.strip() == b"ENTITIES"), 0)
    for _ in range(rng.choice((1, 2, 8))):
        lines[rng.randrange(entities, len(lines))] = rng.choice(NUMBERS + TOKENS)
    return b"\n".join(lines)


def change_codes(data, rng):
    lines = data.split(b"\n")
    for _ in range(rng.choice((1, 4))):
        index = rng.randrange(len(lines) // 2) * 2
        lines[index] = str(rng.choice((0, 5, 8, 10, 11, 40, 41, 42, 70, 72, 210, 230))).encode()
    return b"\n".join(lines)


MUTATIONS = (flip_bytes, cut, repeat, change_values, change_values, change_codes)


def test_mutated_drawings_end_in_a_verdict(seeds, tmp_path):
    path = tmp_path / "part.dxf"
    verdicts = dict.fromkeys(("accepted", "repaired", "rejected"), 0)
    for number in range(COUNT):
        rng = random.Random(number)
        data = rng.choice(seeds)
        for _ in range(rng.choice((1, 1, 2, 3))):
            data = rng.choice(MUTATIONS)(data, rng) or b"\n"
        path.write_bytes(data)
        start = time.process_time()
        drawing = read_drawing(path, SETTINGS)
        seconds = time.process_time() - start
        verdicts[drawing.verdict] += 1
        assert "cannot be understood" not in drawing.reason, f"input {number}: {drawing.reason}"
        assert seconds < LIMIT_S, f"input {number} took {seconds:.1f} s"
        assert (drawing.verdict == "rejected") == (not drawing.parts)
    print(f"{COUNT} inputs: {verdicts}")
    assert verdicts["rejected"] > 0
