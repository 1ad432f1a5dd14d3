"""Broken drawings must end in a verdict: no error that was not meant, no crash, no long wait.

`DXFVISION_FUZZ` is the number of inputs; the default is small and always the same.
"""

import os
import random
import time
from collections import Counter

import ezdxf
import pytest

from components.geometry import dxf_reader
from components.geometry.sample_drawings import SAMPLES, sample_document
from components.settings.drawings import DrawingSettings
from tests.unit.geometry.mutations import MUTATIONS, mutated

COUNT = int(os.environ.get("DXFVISION_FUZZ", "300"))
SETTINGS = DrawingSettings.load()
LIMIT_S = 5.0


@pytest.fixture(scope="module")
def seeds(tmp_path_factory):
    """Sample drawings and one of every kind of curve, as ASCII and binary, new and R12."""
    folder = tmp_path_factory.mktemp("seeds")
    # Without times and random numbers in them, so that each run breaks the same files.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ezdxf.options, "write_fixed_meta_data_for_testing", True)
        return seed_files(folder)


def seed_files(folder):
    documents = {name: sample_document(name) for name in SAMPLES}
    documents["curves"] = sample_document(next(iter(SAMPLES)))
    add_every_curve(documents["curves"])
    for name, document in documents.items():
        document.saveas(folder / f"{name}.dxf")
        document.saveas(folder / f"{name}-binary.dxf", fmt="bin")
        document.dxfversion = "R12"
        document.saveas(folder / f"{name}-r12.dxf")
    return [path.read_bytes() for path in sorted(folder.iterdir())]


def add_every_curve(document):
    """Put curves, a filled area, loose ends that overshoot and a nested block beside the part."""
    space = document.modelspace()
    space.add_spline([(500, 0), (520, 30), (540, 20), (560, 0)])
    space.add_open_spline([(600, 0), (620, 30), (640, 10), (600, 0)])
    space.add_rational_spline([(700, 0), (720, 30), (740, 0)], [1, 2, 1], degree=2)
    space.add_line((560, 0), (500, 0))
    space.add_line((740, 0), (700, 0))
    space.add_ellipse((800, 0), (30, 10), 0.5)
    space.add_polyline2d([(900, 0, 0, 0, 1), (950, 0, 0, 0, -0.5), (920, 40)], "xyseb", close=True)
    space.add_hatch().paths.add_polyline_path([(1000, 0), (1050, 0, 0.4), (1020, 40)])
    for x, y in ((1100, 0), (1100, 40)):
        space.add_line((x - 2, y), (x + 52, y))
        space.add_line((x + 1.25 * y, -2), (x + 1.25 * y, 42))
    inner, outer = document.blocks.new("INNER"), document.blocks.new("OUTER")
    inner.add_circle((0, 0), 5)
    outer.add_blockref("INNER", (0, 0), {"column_count": 3, "column_spacing": 20, "xscale": -1})
    space.add_blockref("OUTER", (1200, 0), {"rotation": 30, "yscale": 2})


def read_all(seeds, path, count):
    """Read the mutated inputs; return how many there were of each verdict.

    Raises:
        AssertionError: Naming the number of the input that broke a rule.
    """
    verdicts = Counter()
    for number in range(count):
        path.write_bytes(mutated(seeds, number))
        start = time.process_time()
        drawing = dxf_reader.read_drawing(path, SETTINGS)
        seconds = time.process_time() - start
        verdicts[drawing.verdict] += 1
        assert "cannot be understood" not in drawing.reason, f"input {number}: {drawing.reason}"
        assert seconds < LIMIT_S, f"input {number} took {seconds:.1f} s"
        assert (drawing.verdict == "rejected") == (not drawing.parts)
    return verdicts


def test_mutated_drawings_end_in_a_verdict(seeds, tmp_path):
    verdicts = read_all(seeds, tmp_path / "part.dxf", COUNT)
    print(f"{COUNT} inputs: {dict(verdicts)}")
    # Mutations that leave every file readable, or none, would test nothing.
    assert min(verdicts[v] for v in ("accepted", "repaired", "rejected")) > COUNT / 100


def test_planted_crash_is_caught(seeds, tmp_path, monkeypatch):
    def fragile(*arguments):
        raise ZeroDivisionError

    monkeypatch.setattr(dxf_reader, "assembled", fragile)
    with pytest.raises(AssertionError, match=r"input \d+: it cannot be understood \(ZeroDivision"):
        read_all(seeds, tmp_path / "part.dxf", 50)


def test_planted_hang_is_caught(seeds, tmp_path, monkeypatch):
    times = iter(range(0, 1000, 6))
    monkeypatch.setattr("tests.unit.geometry.test_fuzz.time.process_time", lambda: next(times))
    with pytest.raises(AssertionError, match=r"input 0 took 6\.0 s"):
        read_all(seeds, tmp_path / "part.dxf", 1)


@pytest.mark.parametrize("mutation", sorted(set(MUTATIONS), key=lambda m: m.__name__))
def test_every_mutation_changes_drawings_and_is_the_same_again(seeds, mutation):
    changed = [mutation(seed, random.Random(1)) != seed for seed in seeds]
    assert sum(changed) >= len(seeds) / 2
    assert mutation(seeds[0], random.Random(7)) == mutation(seeds[0], random.Random(7))


def test_seeds_are_read_before_they_are_broken(seeds, tmp_path):
    for number, seed in enumerate(seeds):
        path = tmp_path / f"{number}.dxf"
        path.write_bytes(seed)
        drawing = dxf_reader.read_drawing(path, SETTINGS)
        assert drawing.verdict != "rejected", drawing.reason
