"""All benchmarks, one after the other, into one JSON file and one page.

    python tests/benchmarks/bench_all.py [--quick] [--home HOME] [--drawings DIR]
        [--peers PYTHON] [--corpus DIR] [--only NAME ...] [--json FILE] [--page FILE]

HOME holds a champion and its dataset; without it a model is made in a folder of its own, which is
kept and used again. A benchmark that fails is told and does not stop the others; the exit code is 1
then. `--only` keeps what an earlier run measured of the rest.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

# The folder above all packages, when this file is run by its path.
sys.path.insert(0, str(Path(__file__).parents[2]))

from components.files import write_json, write_text
from components.operations.stages.machine import this_machine
from tests.benchmarks.benchmark_page import page_of
from tests.benchmarks.collecting import Outcome, outcome_of
from tests.benchmarks.known_benchmarks import Plan, known

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "dxfvision",
    "numpy",
    "opencv-python-headless",
    "onnxruntime",
    "torch",
    "ezdxf",
    "bentoml",
)


def options_of() -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="minutes instead of hours")
    parser.add_argument("--home", type=Path, help="with a champion and its dataset")
    parser.add_argument("--drawings", type=Path, default=ROOT / "data/raw/dxf_templates")
    parser.add_argument("--peers", type=Path, default=ROOT / ".venv-peers/bin/python")
    corpus = os.environ.get("DXFVISION_CORPUS")
    parser.add_argument("--corpus", type=Path, default=Path(corpus) if corpus else None)
    parser.add_argument("--only", nargs="+", metavar="NAME")
    parser.add_argument("--json", type=Path, help="docs/benchmarks.json if not given")
    parser.add_argument("--page", type=Path, help="docs/benchmarks.md if not given")
    options = parser.parse_args()
    # Figures of a quick run say nothing: they do not take the others' place.
    place = ROOT / (".bench/quick" if options.quick else "docs/benchmarks")
    options.json = options.json or place.with_suffix(".json")
    options.page = options.page or place.with_suffix(".md")
    return options


def main() -> None:
    """Run, write, and tell."""
    options = options_of()
    name = "quick" if options.quick else "standard"
    plan = Plan(
        home=(options.home or ROOT / ".bench" / name).absolute(),
        drawings=options.drawings.absolute(),
        peers=options.peers.absolute() if options.peers.is_file() else None,
        corpus=options.corpus,
        quick=options.quick,
        make_home=options.home is None,
    )
    plan.home.mkdir(parents=True, exist_ok=True)
    chosen = [each for each in known(plan) if not options.only or each.name in options.only]
    if not chosen:
        names = ", ".join(each.name for each in known(plan))
        raise SystemExit(f"none of {', '.join(options.only)} is known; there are {names}")
    machine = asdict(this_machine(PACKAGES)) | {"quick": plan.quick}
    earlier = earlier_outcomes(options.json) if options.only else []
    outcomes = [each for each in earlier if each["name"] not in options.only]
    with tempfile.TemporaryDirectory() as scratch:
        for benchmark in chosen:
            print(f"{benchmark.name} ...", file=sys.stderr, flush=True)
            here = this_machine(())
            then = {"time": here.time, "commit": here.commit, "load": os.getloadavg()[0]}
            outcome = outcome_of(benchmark, Path(scratch), places_of(plan))
            tell(outcome)
            outcomes.append(asdict(outcome) | then)
            # After each: what was measured is not lost with the next.
            content = {"machine": machine, "benchmarks": outcomes}
            write_json(options.json, content)
            write_text(options.page, page_of(content))
    if any(outcome["state"] == "failed" for outcome in outcomes):
        raise SystemExit(1)


def places_of(plan: Plan) -> dict[str, str]:
    """Return what is told instead of folders of this machine, longer paths first."""
    places = {str(plan.home): "HOME", str(plan.drawings): "DRAWINGS"}
    places |= {str(plan.corpus): "CORPUS"} if plan.corpus else {}
    places |= {str(plan.peers): "PEERS"} if plan.peers else {}
    return places | {f"{ROOT}/": "", str(Path.home()): "~"}


def earlier_outcomes(path: Path) -> list[dict[str, Any]]:
    """Return what an earlier run measured; nothing if there was none."""
    if not path.is_file():
        return []
    found: Sequence[dict[str, Any]] = json.loads(path.read_text("utf-8"))["benchmarks"]
    return list(found)


def tell(outcome: Outcome) -> None:
    """Say what became of a benchmark."""
    words = f" ({outcome.words})" if outcome.words else f", {len(outcome.rows)} figures"
    print(f"{outcome.name}: {outcome.state} in {outcome.seconds:.0f} s{words}", file=sys.stderr)


if __name__ == "__main__":
    main()
