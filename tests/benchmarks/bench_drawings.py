"""Figures of the drawing reader on a corpus of real and hostile files.

    python tests/benchmarks/bench_drawings.py CORPUS [OUT.json]

CORPUS holds `dxf/manifest.csv`, `dxf/truth.csv` and `tools/make_nasty.py`. Verdicts, times and
memory are those of worker processes, as users have them. Speed is measured once more in this
process, file by file in turn with plain `ezdxf.readfile`, in processor time, because a busy machine
says little by its clock. A verdict on a hostile file is *literal* if it is the word its table asks
for, and *as asked* if the table's text allows it; every other one is named with its reason.
"""

import contextlib
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import ezdxf.filemanagement
from ezdxf.lldxf.const import DXFError

# The folder above all packages, when this file is run by its path.
sys.path.insert(0, str(Path(__file__).parents[2]))

from components.geometry.bounded_pool import BoundedPool
from components.geometry.drawing import Drawing
from components.geometry.dxf_reader import read_drawing
from components.settings.drawings import DrawingSettings
from tests.unit.geometry.test_corpus import is_asked, is_true, path_of, table

LITERAL = {"accept": "accepted", "repair": "repaired", "reject": "rejected"}

LIMIT_S, LIMIT_MIB = 5.0, 1024
"""Time and memory that every file must keep to."""

REASONS = {
    "b07_missing_endsec_eof.dxf": "the table allows it: a file that is cut off may lack entities",
    "e01_utf16le_bom.dxf": "the table allows it: the text is decoded, all of the part is there",
    "e05_invalid_utf8.dxf": "the bytes are in a layer's name and change no geometry: not a repair",
    "n08_tiny_1e-4.dxf": "the table allows it: 0.1 micrometres is no part, the unit must be wrong",
    "n10_mixed_scale.dxf": "specks were left out, so the drawing was not taken as it is",
    "g17_hole_outside.dxf": "the table allows it: two parts, said so",
    "c10_spline_bad_knots.dxf": "the file lacks the fault: its maker changed $LTSCALE, the knots "
    "rise from 0 to 1, and the closed spline is a hole; true faults of knots are refused",
    "c17_hatch_only.dxf": "the table allows it: the boundary is taken, said so",
    "k10_zero_scale.dxf": "the file lacks the fault: ezdxf wrote no scale, which means 1, so the "
    "circle is a third hole; an INSERT of scale 0 is left out and told",
    "m14_frame_titleblock.dxf": "the table allows it: the layers of frame and title are left out",
    "m15_two_parts.dxf": "the table allows it: two parts, said so",
}
"""Why a verdict on a hostile file is not the word of its table."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One file read in a worker process.

    Attributes:
        drawing: What was read.
        cpu_s: Processor time.
        wall_s: Time by the clock.
        peak_mib: Memory of the process at its peak so far, the program itself included.
    """

    drawing: Drawing
    cpu_s: float
    wall_s: float
    peak_mib: float


def measured(path: Path, settings: DrawingSettings) -> Measured:
    """Read a file and measure; runs in a worker process."""
    cpu, wall = time.process_time(), time.monotonic()
    drawing = read_drawing(path, settings)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Measured(drawing, time.process_time() - cpu, time.monotonic() - wall, peak)


def read_all(paths: list[Path], settings: DrawingSettings) -> list[Measured]:
    """Read files in bounded worker processes; what they break off counts as rejected."""
    pool = BoundedPool(
        partial(measured, settings=settings),
        None,
        settings.time_limit_s,
        settings.memory_limit_mib,
        ["components.geometry.dxf_reader"],
    )
    broken = float("inf")
    return [
        outcome.answer or Measured(Drawing(path, "rejected", "broke off"), broken, broken, broken)
        for path, outcome in zip(paths, pool.run(paths), strict=True)
    ]


def bounds(readings: list[Measured]) -> dict[str, Any]:
    """Return the largest time and memory, and the files beyond the limits."""
    beyond = [
        str(r.drawing.file.name)
        for r in readings
        if r.cpu_s > LIMIT_S or r.wall_s > LIMIT_S or r.peak_mib > LIMIT_MIB
    ]
    return {
        "slowest_cpu_s": round(max(r.cpu_s for r in readings), 2),
        "slowest_wall_s": round(max(r.wall_s for r in readings), 2),
        "peak_memory_mib": round(max(r.peak_mib for r in readings)),
        "beyond_5_s_or_1_gib": beyond,
        "unexpected_errors": [
            r.drawing.file.name for r in readings if "understood" in r.drawing.reason
        ],
    }


def cpu_s(function: Any, *arguments: Any) -> float:
    """Return the processor time of one call in s."""
    start = time.process_time()
    function(*arguments)
    return time.process_time() - start


def plain_read(path: Path) -> None:
    """Read a file as ezdxf alone does; what it refuses costs what it costs."""
    refused = (DXFError, OSError, ValueError, KeyError, TypeError)
    with contextlib.suppress(*refused):
        ezdxf.filemanagement.readfile(path)


def speed(paths: list[Path], settings: DrawingSettings) -> dict[str, Any]:
    """Return files per second of processor time, ours in turn with plain ezdxf."""
    plain_read(paths[0])
    read_drawing(paths[0], settings)
    pairs = [(cpu_s(read_drawing, path, settings), cpu_s(plain_read, path)) for path in paths]
    ours, plain = (sum(times) for times in zip(*pairs, strict=True))
    return {
        "files_per_cpu_s": round(len(paths) / ours, 1),
        "plain_ezdxf_files_per_cpu_s": round(len(paths) / plain, 1),
        "times_plain_ezdxf": round(ours / plain, 2),
        "median_cpu_ms": round(1000 * statistics.median(time for time, _ in pairs), 1),
    }


def corpus_figures(corpus: Path, settings: DrawingSettings) -> dict[str, Any]:
    """Return the figures of the real files."""
    rows = table(corpus / "dxf" / "manifest.csv")
    paths = [corpus / "dxf" / row["file"] for row in rows]
    readings = read_all(paths, settings)
    by_id = {row["id"]: r.drawing for row, r in zip(rows, readings, strict=True)}
    truth = table(corpus / "dxf" / "truth.csv")
    wrong = sorted(row["id"] for row in truth if not is_true(by_id[row["id"]], row))
    verdicts: dict[str, Counter[str]] = {}
    for row in rows:
        verdicts.setdefault(row["judgement"], Counter())[by_id[row["id"]].verdict] += 1
    parts = [by_id[row["id"]] for row in rows if row["judgement"] == "part"]
    read = sum(drawing.verdict != "rejected" for drawing in parts)
    return {
        "files": len(paths),
        "truth_right": f"{len(truth) - len(wrong)}/{len(truth)}",
        "truth_wrong": wrong,
        "single_parts_read": f"{read}/{len(parts)}",
        "single_parts_share": round(read / len(parts), 3),
        "single_parts_rejected": {
            row["id"]: by_id[row["id"]].reason
            for row in rows
            if row["judgement"] == "part" and by_id[row["id"]].verdict == "rejected"
        },
        "verdicts": {judgement: dict(count) for judgement, count in verdicts.items()},
        **bounds(readings),
        **speed(paths, settings),
    }


def hostile_figures(corpus: Path, settings: DrawingSettings) -> dict[str, Any]:
    """Return the figures of the hostile files."""
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work) / "nasty"
        maker = corpus / "tools" / "make_nasty.py"
        subprocess.run([sys.executable, maker, folder, "--fifo"], check=True, capture_output=True)
        rows = table(folder / "nasty.csv")
        readings = read_all([path_of(folder, row["file"]) for row in rows], settings)
        (folder / "s06_unreadable.dxf").chmod(0o600)
    pairs = [(row, reading.drawing) for row, reading in zip(rows, readings, strict=True)]
    deviations = {
        row["file"]: {
            "asked": row["expect"],
            "ours": drawing.verdict,
            "allowed_by_the_table": is_asked(drawing, row),
            "reason": REASONS.get(row["file"], "none known: look at it"),
        }
        for row, drawing in pairs
        if LITERAL[row["expect"]] != drawing.verdict or not is_asked(drawing, row)
    }
    return {
        "files": len(rows),
        "as_asked": sum(is_asked(drawing, row) for row, drawing in pairs),
        "literally": sum(LITERAL[row["expect"]] == d.verdict for row, d in pairs),
        "deviations": deviations,
        **bounds(readings),
    }


def main() -> None:
    """Print the figures and write them as JSON if asked."""
    corpus, settings = Path(sys.argv[1]), DrawingSettings.load()
    figures = {
        "machine": f"{platform.machine()}, {os.cpu_count()} processors",
        "real": corpus_figures(corpus, settings),
        "hostile": hostile_figures(corpus, settings),
    }
    text = json.dumps(figures, indent=2)
    print(text)
    if len(sys.argv) > 2:
        Path(sys.argv[2]).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
