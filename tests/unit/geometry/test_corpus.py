"""Real and hostile drawings, if the folder that holds them is named by `DXFVISION_CORPUS`."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest

from components.geometry.contours import hole_area, outline_area
from components.geometry.dxf_reader import read_drawings
from components.progress import SilentProgress
from components.settings.drawings import DrawingSettings

CORPUS = Path(os.environ.get("DXFVISION_CORPUS", "."))
needs_corpus = pytest.mark.skipif(
    "DXFVISION_CORPUS" not in os.environ, reason="DXFVISION_CORPUS does not name the corpus"
)
SETTINGS = DrawingSettings.load()


def table(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def corpus():
    rows = table(CORPUS / "dxf" / "manifest.csv")
    paths = [CORPUS / "dxf" / row["file"] for row in rows]
    drawings = read_drawings(paths, SETTINGS, SilentProgress())
    return {row["id"]: (row, drawing) for row, drawing in zip(rows, drawings, strict=True)}


def is_true(drawing, truth):
    """Compare in drawing units: outer area to 0.1 %, hole area to 0.5 %, hole count exactly."""
    square = (drawing.mm_per_unit or 1.0) ** 2
    outer = sum(map(outline_area, drawing.parts)) / square
    holes = sum(map(hole_area, drawing.parts)) / square
    return (
        abs(outer / float(truth["outer_area"]) - 1) <= 1e-3
        and abs(holes - float(truth["hole_area"])) <= 5e-3 * float(truth["hole_area"]) + 1e-9
        and sum(len(part.holes) for part in drawing.parts) == int(truth["hole_count"])
    )


@needs_corpus
def test_areas_are_those_of_the_truth(corpus):
    rows = table(CORPUS / "dxf" / "truth.csv")
    wrong = [row["id"] for row in rows if not is_true(corpus[row["id"]][1], row)]
    assert len(wrong) <= 1, wrong


@needs_corpus
def test_single_parts_are_read_and_nothing_breaks_off(corpus):
    parts = [drawing for row, drawing in corpus.values() if row["judgement"] == "part"]
    read = [drawing for drawing in parts if drawing.verdict != "rejected"]
    assert len(read) >= 0.95 * len(parts)
    reasons = [drawing.reason for _, drawing in corpus.values()]
    # Lengths have limits, too; those of time, memory and size would break a file off.
    broken = [r for r in reasons if "_limit_" in r.replace("_limit_mm", "") or "understood" in r]
    assert not broken


@needs_corpus
def test_hostile_files_end_in_the_verdict_that_is_asked(tmp_path):
    folder = tmp_path / "nasty"
    maker = CORPUS / "tools" / "make_nasty.py"
    subprocess.run([sys.executable, maker, folder, "--fifo"], check=True, capture_output=True)
    rows = table(folder / "nasty.csv")
    paths = [path_of(folder, row["file"]) for row in rows]
    drawings = read_drawings(paths, SETTINGS, SilentProgress())
    wrong = [
        row["file"] for row, d in zip(rows, drawings, strict=True) if not is_asked(d, row)
    ]  # fmt: skip
    assert len(wrong) <= 4, wrong


def path_of(folder, name):
    """Return the path of a row; one name is no UTF-8 and told with an escape."""
    return folder / (os.fsdecode(b"latin1_\xe9.dxf") if name.startswith("latin1") else name)


def is_asked(drawing, row):
    """Whether a verdict is the one a row expects, or one that its text allows."""
    told, text = row["expect"], row["what_a_good_ingest_does"]
    if drawing.verdict == "rejected":
        return told == "reject" or "reject" in text
    if told == "reject":
        allowed = ("or accept", "or repair", "may accept", "or split", "multi-part")
        return any(words in text for words in allowed) and bool(drawing.warnings or drawing.reason)
    square = drawing.mm_per_unit**2
    if not row["expected_geometry"].startswith("outer 6000, 2 holes"):
        return True
    outer = sum(map(outline_area, drawing.parts)) / square
    return abs(outer / 6000 - 1) < 1e-3 and sum(len(p.holes) for p in drawing.parts) == 2
