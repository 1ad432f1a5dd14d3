"""Drawings a CPU-second: read into parts, and by plain ezdxf into entities.

    python tests/benchmarks/bench_reading.py DRAWINGS [--rounds 7] [--out OUT.json]

Both read the same files in turns, in processor time of this process. Plain `ezdxf.readfile` is the
floor: it gives entities. Repair, units, joining, nesting, parts and verdicts come on top.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import ezdxf.filemanagement
from ezdxf.lldxf.const import DXFError

from components.files import write_json
from components.geometry.drawing_files import find_drawings
from components.geometry.dxf_reader import read_drawing
from components.settings.drawings import DrawingSettings


def plainly(path: Path) -> None:
    """Read a file as ezdxf does; one that it refuses costs what it costs."""
    try:
        ezdxf.filemanagement.readfile(path)
    except (DXFError, OSError, ValueError):
        return


def rates(paths: Sequence[Path], rounds: int) -> dict[str, list[float]]:
    """Return files a CPU-second of each reader, round by round."""
    settings = DrawingSettings.load()
    readers: dict[str, Callable[[Path], object]] = {
        "dxfvision": lambda path: read_drawing(path, settings),
        "plain ezdxf": plainly,
    }
    found: dict[str, list[float]] = {name: [] for name in readers}
    for number in range(rounds + 1):
        spent = dict.fromkeys(readers, 0.0)
        for path in paths:
            for name, read in readers.items():
                begin = time.process_time()
                read(path)
                spent[name] += time.process_time() - begin
        # The first round loads code and tables.
        if number:
            for name in readers:
                found[name].append(len(paths) / max(spent[name], 1e-9))
    return found


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("drawings", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    paths = find_drawings(options.drawings)
    what = f"{len(paths)} drawings: files a CPU-second"
    rows = [
        {"area": "reading", "what": what, "who": who, "unit": "1/s", "better": "more"}
        | {"values": values}
        for who, values in rates(paths, options.rounds).items()
    ]
    write_json(options.out, {"rows": rows})


if __name__ == "__main__":
    main()
