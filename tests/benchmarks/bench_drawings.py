"""Figures of the drawing reader on a corpus of real and hostile files.

    python tests/benchmarks/bench_drawings.py CORPUS [OUT.json]

CORPUS holds `dxf/manifest.csv`, `dxf/truth.csv` and `tools/make_nasty.py`. Each file is read in a
process of its own kind, as users do; time is processor time, because a busy machine says little by
its clock. The verdict on a hostile file counts if it is the one its table asks or one that the
table's text allows, and literally if it is just that.
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
from pathlib import Path
from typing import Any

import ezdxf.filemanagement
from ezdxf.lldxf.const import DXFError

from components.geometry.drawing import Drawing
from components.geometry.dxf_reader import read_drawing, read_drawings
from components.progress import SilentProgress
from components.settings.drawings import DrawingSettings
from tests.unit.geometry.test_corpus import is_asked, is_true, path_of, table

LITERAL = {"accept": "accepted", "repair": "repaired", "reject": "rejected"}


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


def corpus_figures(corpus: Path, settings: DrawingSettings) -> dict[str, Any]:
    """Return the figures of the real files."""
    rows = table(corpus / "dxf" / "manifest.csv")
    paths = [corpus / "dxf" / row["file"] for row in rows]
    drawings = read_drawings(paths, settings, SilentProgress())
    by_id = {row["id"]: drawing for row, drawing in zip(rows, drawings, strict=True)}
    truth = table(corpus / "dxf" / "truth.csv")
    right = [row["id"] for row in truth if is_true(by_id[row["id"]], row)]
    parts = [
        d for row, d in zip(rows, drawings, strict=True) if row["judgement"] == "part"
    ]  # fmt: skip
    ours = [cpu_s(read_drawing, path, settings) for path in paths]
    plain = [cpu_s(plain_read, path) for path in paths]
    verdicts: dict[str, Counter[str]] = {}
    for row, drawing in zip(rows, drawings, strict=True):
        verdicts.setdefault(row["judgement"], Counter())[drawing.verdict] += 1
    return {
        "files": len(paths),
        "truth_right": f"{len(right)}/{len(truth)}",
        "truth_wrong": sorted({row["id"] for row in truth} - set(right)),
        "single_parts_read": f"{sum(d.verdict != 'rejected' for d in parts)}/{len(parts)}",
        "verdicts": {judgement: dict(count) for judgement, count in verdicts.items()},
        "slowest_cpu_s": round(max(ours), 2),
        "median_cpu_ms": round(1000 * statistics.median(ours), 1),
        "files_per_cpu_s": round(len(paths) / sum(ours), 1),
        "plain_ezdxf_files_per_cpu_s": round(len(paths) / sum(plain), 1),
        "peak_memory_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def hostile_figures(corpus: Path, settings: DrawingSettings) -> dict[str, Any]:
    """Return the figures of the hostile files."""
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work) / "nasty"
        maker = corpus / "tools" / "make_nasty.py"
        subprocess.run([sys.executable, maker, folder, "--fifo"], check=True, capture_output=True)
        rows = table(folder / "nasty.csv")
        paths = [path_of(folder, row["file"]) for row in rows]
        start = time.monotonic()
        drawings: list[Drawing] = read_drawings(paths, settings, SilentProgress())
        seconds = time.monotonic() - start
        (folder / "s06_unreadable.dxf").chmod(0o600)
    pairs = list(zip(rows, drawings, strict=True))
    literal = [row for row, d in pairs if LITERAL[row["expect"]] == d.verdict]
    return {
        "files": len(rows),
        "as_asked": sum(is_asked(d, row) for row, d in pairs),
        "literally": len(literal),
        "not_as_asked": [row["file"] for row, d in pairs if not is_asked(d, row)],
        "wall_s": round(seconds, 1),
        "broke_off": [row["file"] for row, d in pairs if "time_limit_s" in d.reason],
        "unexpected_errors": [row["file"] for row, d in pairs if "understood" in d.reason],
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
