import sys
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.benchmark_page import page_of
from tests.benchmarks.collecting import Benchmark, Row, outcome_of, row, rows_from_json

WRITES = """
import json, sys
values = [1.0, 3.0, 2.0]
rows = [{"area": "reading", "what": "files", "who": who, "unit": "1/s", "better": "more",
         "values": [factor * v for v in values]} for who, factor in (("dxfvision", 1), ("peer", 2))]
open(sys.argv[1], "w").write(json.dumps({"rows": rows}))
"""
PRINTS = "print('not this line'); print('{\"seconds\": 4.0}'); raise SystemExit(1)"
FAILS = "import sys; sys.stderr.write('the disk is full'); raise SystemExit(3)"


def program(code: str, *words: str) -> list[str]:
    return [sys.executable, "-c", code, *words]


def seconds(lines: list[dict[str, Any]]) -> list[Row]:
    return [row("pipeline", "all", "dxfvision", "s", "less", [each["seconds"]]) for each in lines]


def test_median_and_spread_come_from_the_rounds(tmp_path: Path) -> None:
    benchmark = Benchmark("reading", program(WRITES, "{out}"), rows_from_json)
    found = outcome_of(benchmark, tmp_path, {})
    assert found.state == "done"
    assert [(each.who, each.median, each.spread, each.runs) for each in found.rows] == [
        ("dxfvision", 2.0, 2.0, 3),
        ("peer", 4.0, 4.0, 3),
    ]


def test_missed_bound_is_a_figure_and_repeats_are_merged(tmp_path: Path) -> None:
    found = outcome_of(Benchmark("serve", program(PRINTS), seconds, repeats=3), tmp_path, {})
    assert found.rows == [Row("pipeline", "all", "dxfvision", "s", "less", 4.0, 0.0, 3)]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (FAILS, "code 3: the disk is full"),
        ("print('{\"other\": 1}')", "KeyError: 'seconds'"),
        ("import time; time.sleep(9)", "took longer than 2 s"),
    ],
    ids=["fails", "gives something else", "takes too long"],
)
def test_failure_is_told(tmp_path: Path, code: str, words: str) -> None:
    found = outcome_of(Benchmark("x", program(code), seconds, longest_s=2.0), tmp_path, {})
    assert found.state == "failed"
    assert words in found.words


def test_figures_measured_before_a_failure_are_kept(tmp_path: Path) -> None:
    code = f"{WRITES}\nraise SystemExit('the peer is broken')"
    found = outcome_of(Benchmark("reading", program(code, "{out}"), rows_from_json), tmp_path, {})
    assert found.state == "failed"
    assert "the peer is broken" in found.words
    assert len(found.rows) == 2


def test_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    found = outcome_of(Benchmark("x", [str(tmp_path / "gone")], seconds), tmp_path, {"/": ""})
    assert found.state == "failed"
    assert "No such file" in found.words


def test_what_cannot_be_run_here_is_left_out_with_the_reason(tmp_path: Path) -> None:
    benchmark = Benchmark("peer", ["nothing"], seconds, missing="`make peers` installs them")
    assert outcome_of(benchmark, tmp_path, {}).words == "`make peers` installs them"


def outcome(name: str, state: str, words: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    figures = {"name": name, "command": f"/somewhere/{name}", "state": state, "seconds": 3.0}
    when = {"time": "today", "commit": "0123456789ab", "load": 0.25}
    return figures | when | {"words": words, "rows": rows}


def figure(who: str, median: float, better: str) -> dict[str, Any]:
    names = {"area": "inference", "what": f"one picture, {better}", "who": who, "unit": "ms"}
    return names | {"better": better, "median": median, "spread": 0.1, "runs": 5}


def test_page_tells_losses_and_failures() -> None:
    rows = [
        figure("dxfvision", 12.0, "less"),
        figure("bare", 6.0, "less"),
        figure("dxfvision", 90.0, "more"),
        figure("bare", 45.0, "more"),
    ]
    machine = {
        "processor": "A",
        "cores": 2,
        "system": "Linux",
        "commit": "0123456789ab",
        "versions": {"python": "3.11"},
        "quick": True,
    }
    outcomes = [outcome("a", "done", "", rows), outcome("b", "failed", "x | y", [])]
    page = page_of({"machine": machine, "benchmarks": outcomes})
    assert "| dxfvision | 12 ±0.1 ms | bare | 6 ±0.1 ms | lost: 2.00 times |" in page
    assert "| won: 2.00 times |" in page
    assert "Its figures say nothing" in page
    assert "`0123456789ab`" in page
    assert "| b | failed | today | `0123456789ab` | 0.2 | 3 | `/somewhere/b`: x / y |" in page
