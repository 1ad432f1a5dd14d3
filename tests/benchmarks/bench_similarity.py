"""Processor time of comparing parts with each other, by the number of parts.

    python tests/benchmarks/bench_similarity.py CORPUS [OUT.json]

CORPUS holds `dxf/manifest.csv` and its files. Sets of up to 100 are real single parts; the larger
one also has the parts of files that hold several, among them many that are alike. Times are
processor time of this process with one thread, because a busy machine says little by its clock.
"""

import json
import os
import platform
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

# Threads of the linear algebra would count as time of this process.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# The folder above all packages, when this file is run by its path.
sys.path.insert(0, str(Path(__file__).parents[2]))

from components.domain import Part
from components.geometry.dxf_reader import read_drawings
from components.geometry.similarity import similarity_report
from components.progress import SilentProgress
from components.settings.drawings import DrawingSettings
from tests.unit.geometry.test_corpus import table

SINGLE, ALL = (20, 40, 100), 300
"""Sizes of the sets."""


def corpus_parts(corpus: Path) -> tuple[list[Part], list[Part]]:
    """Return the parts of files with a single part, and those of all files."""
    rows = table(corpus / "dxf" / "manifest.csv")
    paths = [corpus / "dxf" / row["file"] for row in rows]
    drawings = read_drawings(paths, DrawingSettings.load(), SilentProgress())
    single = [drawing.parts[0] for drawing in drawings if len(drawing.parts) == 1]
    return single, [part for drawing in drawings for part in drawing.parts]


def figures_of(parts: Sequence[Part]) -> dict[str, Any]:
    """Return time and counts of comparing parts."""
    start = time.process_time()
    report = similarity_report(parts)
    seconds = time.process_time() - start
    return {
        "parts": len(parts),
        "pairs": len(parts) * (len(parts) - 1) // 2,
        "cpu_s": round(seconds, 2),
        "alike": dict(Counter(pair.relation for pair in report.of_one_size())),
        "alike in another size": len(report.of_other_sizes()),
        "families": [len(family.members) for family in report.families()],
    }


def main() -> None:
    """Print the figures and write them as JSON if asked."""
    single, every = corpus_parts(Path(sys.argv[1]))
    sets = [single[:count] for count in SINGLE] + [_spread(every, ALL)]
    figures = {
        "machine": f"{platform.machine()}, {os.cpu_count()} processors",
        "sets": [figures_of(parts) for parts in sets],
    }
    text = json.dumps(figures, indent=2)
    print(text)
    if len(sys.argv) > 2:
        Path(sys.argv[2]).write_text(text + "\n", encoding="utf-8")


def _spread(parts: Sequence[Part], count: int) -> list[Part]:
    """Return so many parts, evenly from all."""
    return [parts[index * len(parts) // count] for index in range(min(count, len(parts)))]


if __name__ == "__main__":
    main()
