"""The benchmarks that `make bench` runs, and how the JSON of each becomes rows."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.collecting import Benchmark, Row, row, rows_from_json

HERE = Path(__file__).parent
SCRIPT = str(Path(sys.executable).with_name("dxfvision"))

NO_PEERS = "the peers are not installed: `make peers` does it"
NO_CORPUS = "no corpus was given: `--corpus DIR` or DXFVISION_CORPUS"


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run.

    Attributes:
        home: Folder with a champion and its dataset.
        drawings: What is read, rendered and pasted.
        peers: Python of the optional environment; None without one.
        corpus: Folder of `bench_drawings.py` and `bench_registration.py`; None without one.
        quick: Whether minutes have to suffice: figures that show that it works, and no more.
        make_home: Whether the pipeline makes the home folder's model first.
    """

    home: Path
    drawings: Path
    peers: Path | None
    corpus: Path | None
    quick: bool
    make_home: bool


def known(plan: Plan) -> list[Benchmark]:
    """Return all benchmarks in their order."""
    first = [_pipeline(plan)] if plan.make_home else []
    return [
        *first,
        _reading(plan),
        _generation(plan),
        _pasting(plan),
        _answering(plan),
        _serving(plan),
        _steps(plan),
        _budget(plan),
        *_corpus(plan),
    ]


def _own(name: str, *words: object) -> list[str]:
    return [sys.executable, str(HERE / name), *map(str, words)]


def _pipeline(plan: Plan) -> Benchmark:
    profile = "tiny" if plan.quick else "standard"
    command = [SCRIPT, "run", "--home", str(plan.home), "--drawings", str(plan.drawings)]
    return Benchmark("pipeline", [*command, "--profile", profile, "--json"], _stage_rows)


def _stage_rows(lines: list[dict[str, Any]]) -> list[Row]:
    """Return the wall time of each stage that was not skipped."""
    return [
        row("pipeline", f"stage {line['name']}", "dxfvision", "s", "less", [line["seconds"]])
        for line in lines
        if not line["skipped"]
    ]


def _reading(plan: Plan) -> Benchmark:
    rounds = 2 if plan.quick else 15
    words = (plan.drawings, "--rounds", rounds, "--out", "{out}")
    return Benchmark("reading", _own("bench_reading.py", *words), rows_from_json)


def _generation(plan: Plan) -> Benchmark:
    images, repetitions = (64, 1) if plan.quick else (640, 5)
    sizes = "320x240" if plan.quick else "320x240,640x480"
    command = [SCRIPT, "bench", "generate", "--home", str(plan.home), "--json"]
    command += ["--drawings", str(plan.drawings), "--executors", "sequential,process"]
    command += ["--images", str(images), "--repetitions", str(repetitions)]
    command += ["--sizes", sizes]
    return Benchmark("generation", command, _generation_rows)


def _generation_rows(lines: list[dict[str, Any]]) -> list[Row]:
    (found,) = lines
    rows = []
    for cost in found["costs"]:
        size, rate = f"{cost['width_px']}x{cost['height_px']}", cost["images_per_cpu_second"]
        what = f"pictures of {size}, one core by stages"
        rows.append(_figure("generation", what, "per CPU-s", rate, found["repetitions"]))
    for each in found["rates"]:
        size = f"{each['width_px']}x{each['height_px']}"
        what = f"pictures of {size}, {each['executor']} x{each['workers']}, start left out"
        rate = each["images_per_second"]
        rows.append(_figure("generation", what, "per s", rate, found["repetitions"]))
    return rows


def _figure(area: str, what: str, unit: str, figure: dict[str, float], runs: int) -> Row:
    return Row(area, what, "dxfvision", unit, "more", figure["median"], figure["spread"], runs)


def _pasting(plan: Plan) -> Benchmark:
    pictures, rounds = (30, 1) if plan.quick else (200, 5)
    words = (
        plan.drawings,
        "--peers",
        plan.peers or "PYTHON",
        "--pictures",
        pictures,
        "--rounds",
        rounds,
    )
    command = _own("bench_pasting.py", *words, "--out", "{out}")
    return Benchmark("pasting", command, rows_from_json, missing=None if plan.peers else NO_PEERS)


def _answering(plan: Plan) -> Benchmark:
    pictures, rounds = (8, 2) if plan.quick else (60, 5)
    words = (plan.home, "--pictures", pictures, "--rounds", rounds, "--out", "{out}")
    return Benchmark("answering", _own("bench_answering.py", *words), rows_from_json)


def _serving(plan: Plan) -> Benchmark:
    command = [SCRIPT, "bench", "serve", "--home", str(plan.home), "--what", "speed", "--json"]
    if plan.quick:
        command += ["--requests", "20", "--clients", "2", "--rounds", "1", "--seconds", "2"]
    return Benchmark("serving", command, _serving_rows, repeats=1 if plan.quick else 3)


SERVERS = {
    "service": "dxfvision",
    "bare": "bare Starlette and uvicorn",
    "in_process": "the same work without a server",
}
"""By what the benchmark of the service calls them."""


def _serving_rows(lines: list[dict[str, Any]]) -> list[Row]:
    speed = lines[0]["speed"]
    rows = []
    for name, times in speed["latency"].items():
        who = SERVERS[name]
        for part in ("p50", "p99"):
            what = f"one client's request, {part}"
            rows.append(row("serving", what, who, "ms", "less", [times[f"{part}_ms"]]))
    for name, rate in speed["throughput"].items():
        who = SERVERS[name]
        rows.append(row("serving", "pictures with all workers", who, "per s", "more",
                        [rate["per_s"]]))  # fmt: skip
    return rows


def _steps(plan: Plan) -> Benchmark:
    rounds, steps = (3, 5) if plan.quick else (25, 120)
    words = ("--rounds", rounds, "--steps", steps, "--json", "{out}")
    command = _own("bench_training.py", *words)
    return Benchmark("training steps", command, _step_rows, repeats=1 if plan.quick else 3)


def _step_rows(found: dict[str, Any]) -> list[Row]:
    crops, side = found["crops"]
    rows = [
        row("training", f"gradients of {crops} crops of {side} px, wall time", way, "ms", "less",
            [times["wall_ms"]])
        for way, times in found["steps"].items()
        if way != "optimizer"
    ]  # fmt: skip
    held = found["memory"]["trainer_mib"]
    return [*rows, row("training", "memory at its peak", "trainer", "MiB", "less", [held])]


def _budget(plan: Plan) -> Benchmark:
    minutes, profile = (0.2, "tiny") if plan.quick else (4.5, "standard")
    words: list[object] = [plan.home, "--minutes", minutes, "--profile", profile]
    words += ["--seeds", *([0] if plan.quick else [0, 1])]
    words += ["--peers", plan.peers] if plan.peers else []
    command = _own("bench_budget.py", *words, "--out", "{out}")
    return Benchmark("same time budget", command, rows_from_json, longest_s=7200)


def _corpus(plan: Plan) -> list[Benchmark]:
    """Return what needs a corpus; it takes minutes even if little is wanted."""
    missing, corpus = None if plan.corpus else NO_CORPUS, plan.corpus or "CORPUS"
    if plan.quick:
        missing = "takes more than minutes; run without --quick"
    return [
        Benchmark("corpus of drawings", _own("bench_drawings.py", corpus, "{out}"),
                  _drawing_rows, missing=missing),
        Benchmark("registration on other pictures",
                  _own("bench_registration.py", corpus, "{out}"),
                  _registration_rows, missing=missing),
    ]  # fmt: skip


def _drawing_rows(found: dict[str, Any]) -> list[Row]:
    """Return speed beside plain ezdxf, the worst file, and how often the verdict was right."""
    real, hostile = found["real"], found["hostile"]
    what = f"{real['files']} drawings of the corpus: files a CPU-second"
    rows = [
        row("reading", what, who, "1/s", "more", [real[name]])
        for who, name in (
            ("dxfvision", "files_per_cpu_s"),
            ("plain ezdxf", "plain_ezdxf_files_per_cpu_s"),
        )
    ]
    for kind, figures in (("real", real), ("hostile", hostile)):
        worst = f"worst {kind} file of the corpus"
        slowest, peak = [figures["slowest_cpu_s"]], [figures["peak_memory_mib"]]
        rows.append(row("reading", f"{worst}, time", "dxfvision", "CPU s", "less", slowest))
        rows.append(row("reading", f"{worst}, memory", "dxfvision", "MiB", "less", peak))
    asked = [100 * hostile["as_asked"] / hostile["files"]]
    read = [100 * real["single_parts_share"]]
    rows.append(row("reading", "single parts of the corpus read", "dxfvision", "%", "more", read))
    what = f"{hostile['files']} hostile files: verdict as asked"
    return [*rows, row("reading", what, "dxfvision", "%", "more", asked)]


def _registration_rows(found: dict[str, Any]) -> list[Row]:
    """Return what each kind of pictures cost and how often the name was right."""
    rows = []
    for name, figures in found.items():
        if isinstance(figures, dict) and "label_right" in figures:
            share, spent = 100 * figures["label_right"], figures["cpu_ms_median"]
            rows.append(row("registration", f"{name}: named right", "dxfvision", "%", "more",
                            [share]))  # fmt: skip
            rows.append(row("registration", f"{name}: an object", "dxfvision", "CPU ms", "less",
                            [spent]))  # fmt: skip
    return rows
