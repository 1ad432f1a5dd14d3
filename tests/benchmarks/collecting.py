"""What a run of all benchmarks collects: rows of figures, and what became of each benchmark.

A figure is a median with its spread, greatest less smallest value, over so many runs. A benchmark
that fails, or takes too long, is told with its last words; the others go on.
"""

import json
import os
import signal
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

LAST_WORDS = 600
"""Characters of a failed benchmark's output that are told."""

Better = Literal["less", "more"]
State = Literal["done", "failed", "left out"]


@dataclass(frozen=True, slots=True)
class Row:
    """One figure.

    Attributes:
        area: What it is about: `reading`, `generation`, ...
        what: What was measured.
        who: `dxfvision`, or whom it is compared with.
        unit: Of median and spread.
        better: Which end is good.
        median: Of the runs.
        spread: Greatest less smallest of the runs; 0 of one.
        runs: How many.
    """

    area: str
    what: str
    who: str
    unit: str
    better: Better
    median: float
    spread: float = 0.0
    runs: int = 1


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One program that measures.

    Attributes:
        name: For `--only` and the report.
        command: What is run; `{out}` is where it shall write its JSON. One that writes none prints
            it, an object a line.
        rows: Makes rows of what was written, or of the list of what was printed.
        repeats: How often it is run as a whole; programs that repeat themselves run once.
        longest_s: It is stopped after so long.
        missing: Why it cannot be run here; None if it can.
    """

    name: str
    command: Sequence[str]
    rows: Callable[[Any], list[Row]]
    repeats: int = 1
    longest_s: float = 1800.0
    missing: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one benchmark.

    Attributes:
        name: Of the benchmark.
        command: What was run.
        state: `done`, `failed` or `left out`.
        seconds: Wall time of all its runs.
        words: Why it failed or was left out.
        rows: What it measured, or had measured when it failed.
    """

    name: str
    command: str
    state: State
    seconds: float
    words: str
    rows: list[Row] = field(default_factory=list)


class BenchmarkError(Exception):
    """A benchmark gave no figures."""


def row(area: str, what: str, who: str, unit: str, better: Better, values: Sequence[float]) -> Row:
    """Return the figure of several runs.

    Examples:
        >>> row("a", "b", "c", "ms", "less", [3.0, 1.0, 2.5]).median
        2.5
    """
    spread = max(values) - min(values)
    return Row(area, what, who, unit, better, statistics.median(values), spread, len(values))


def rows_from_json(content: Mapping[str, Any]) -> list[Row]:
    """Return the rows that our own collecting benchmarks write as they are."""
    return [row(**each) for each in content["rows"]]


def merged(runs: Sequence[Sequence[Row]]) -> list[Row]:
    """Return the rows of several runs of one benchmark as one; of a single run as they are."""
    if len(runs) == 1:
        return list(runs[0])
    found: dict[tuple[str, str, str], list[Row]] = {}
    for rows in runs:
        for each in rows:
            found.setdefault((each.area, each.what, each.who), []).append(each)
    return [
        row(*key, same[0].unit, same[0].better, [each.median for each in same])
        for key, same in found.items()
    ]


def outcome_of(benchmark: Benchmark, scratch: Path, places: Mapping[str, str]) -> Outcome:
    """Run a benchmark as often as it wants.

    Args:
        benchmark: Which.
        scratch: Folder for what it writes.
        places: What is told instead of a folder of this machine.
    """
    out = str(scratch / f"{benchmark.name}.json")
    command = [word.replace("{out}", out) for word in benchmark.command]
    told = plainly(" ".join(benchmark.command), places)
    if benchmark.missing:
        return Outcome(benchmark.name, told, "left out", 0.0, benchmark.missing)
    begin = time.monotonic()
    found: list[list[Row]] = []
    fault = ""
    while not fault and len(found) < benchmark.repeats:
        try:
            content, fault = _content(command, benchmark, Path(out))
            found.append(benchmark.rows(content))
        except (BenchmarkError, OSError, LookupError, TypeError, ValueError) as error:
            fault = f"{type(error).__name__}: {error}"
    rows = merged(found) if found else []
    spent = time.monotonic() - begin
    state: State = "failed" if fault else "done"
    return Outcome(benchmark.name, told, state, spent, plainly(fault, places), rows)


def plainly(text: str, places: Mapping[str, str]) -> str:
    """Return a text without folders of this machine.

    Examples:
        >>> plainly("/srv/x/a.py {out}", {"/srv/x/": ""})
        'a.py OUT.json'
    """
    for place, name in places.items():
        text = text.replace(place, name)
    return text.replace("{out}", "OUT.json")


def _content(command: Sequence[str], benchmark: Benchmark, written: Path) -> tuple[Any, str]:
    """Return the JSON of one run, and why it may not be all; nothing if it is.

    What a program printed counts whatever its code: a bound that is missed is a figure, too. One
    that writes a file while it goes on, and ends with a fault, has not measured all.

    Raises:
        BenchmarkError: If there is no JSON, or it took too long.
    """
    written.unlink(missing_ok=True)
    done = _run(command, benchmark.longest_s)
    fault = f"code {done.returncode}: {_last(done)}"
    try:
        if written.exists():
            return json.loads(written.read_text("utf-8")), fault if done.returncode else ""
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    except ValueError as error:
        raise BenchmarkError(fault) from error
    if done.returncode < 0 or not lines:
        raise BenchmarkError(fault)
    return lines, ""


def _run(command: Sequence[str], longest_s: float) -> subprocess.CompletedProcess[str]:
    """Run a program; whatever it started ends with it if it takes too long or is interrupted."""
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, stdout=pipe, stderr=pipe, text=True, start_new_session=True
    ) as child:
        try:
            out, err = child.communicate(timeout=longest_s)
        except subprocess.TimeoutExpired as error:
            os.killpg(child.pid, signal.SIGKILL)
            raise BenchmarkError(f"took longer than {longest_s:.0f} s") from error
        except BaseException:
            os.killpg(child.pid, signal.SIGTERM)
            raise
    return subprocess.CompletedProcess(command, child.returncode, out, err)


def _last(done: subprocess.CompletedProcess[str]) -> str:
    return " ".join((done.stderr or done.stdout)[-LAST_WORDS:].split())
