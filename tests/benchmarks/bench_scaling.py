"""What more processes bring: generation, evaluation and training on this machine.

    python tests/benchmarks/bench_scaling.py HOME [--pictures N] [--minutes M] [--json FILE]

HOME holds a finished dataset and a champion; it is not changed. Generation: the same pictures one
after the other, in processes, on a Dask cluster of this machine. Evaluation: the champion's served
answers to test pictures here and on such a cluster. Training: crops learned in the same wall time
by one process with one thread and with two, and by `torchrun` with two of one thread each. Wall
times: run it on a quiet machine.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from components.cli.app import be_private
from components.dataset.generate import generate_dataset
from components.geometry.parts_file import read_parts
from components.home import Home
from components.inspection.opening import open_inspector
from components.modeling.bundle_files import PARTS_NAME
from components.modeling.evaluate import read_rgb
from components.operations.pipeline.releases import champion_of
from components.operations.pipeline.spreading import LOCAL, SpreadInspector, cluster
from components.operations.stages.machine import this_machine
from components.progress import SilentProgress
from components.settings.data import DataSettings
from components.settings.inspection import InspectionSettings
from components.settings.train import TrainSettings

Rates = dict[str, float]
THRESHOLD = 0.05


@contextmanager
def stopwatch(rates: Rates, name: str, count: float) -> Iterator[None]:
    """Note how many a second the block did."""
    start = time.perf_counter()
    yield
    rates[name] = round(count / (time.perf_counter() - start), 3)


def generation(home: Home, pictures: int, workers: int) -> Rates:
    """Return pictures a second of each executor; clusters' start-up counts."""
    parts = read_parts(champion_of(home).path / PARTS_NAME)
    rates: Rates = {}
    for executor in ("sequential", "process", "dask"):
        changes = {"images": pictures, "executor": executor, "workers": workers}
        settings = DataSettings.load().model_copy(update=changes)
        with tempfile.TemporaryDirectory() as folder, stopwatch(rates, executor, pictures):
            generate_dataset(parts, Home(Path(folder)), settings, 0, SilentProgress())
    return rates


def evaluation(home: Home, pictures: int) -> Rates:
    """Return test pictures a second here and on a cluster that has started."""
    bundle, settings = champion_of(home).path, InspectionSettings.load(home.configs)
    files = sorted(home.images("test").iterdir())[:pictures]
    inspector = open_inspector(bundle, settings)
    rates: Rates = {}
    with stopwatch(rates, "here", len(files)):
        for file in files:
            inspector.predict(read_rgb(file), THRESHOLD)
    with cluster(LOCAL) as client:
        workers = len(client.scheduler_info()["workers"])
        # Each worker opens the bundle at its first picture.
        first = SpreadInspector(inspector, bundle, settings, files[: 3 * workers], client)
        for file in files[: 3 * workers]:
            first.predict(read_rgb(file), THRESHOLD)
        spread = SpreadInspector(inspector, bundle, settings, files, client)
        with stopwatch(rates, f"dask, {workers} workers", len(files)):
            for file in files:
                spread.predict(read_rgb(file), THRESHOLD)
    return rates


def training(home: Home, minutes: float) -> Rates:
    """Return crops a second of one process of one and two threads, and of two by torchrun."""
    script = Path(sys.executable).with_name("dxfvision")
    torchrun = str(script.with_name("torchrun"))
    team = [torchrun, "--standalone", "--nproc-per-node", "2", "--no-python"]
    kinds: dict[str, tuple[list[str], int, str]] = {
        "one process, one thread": ([], 1, "1"),
        "one process, two threads": ([], 1, "2"),
        "torchrun, two processes of one thread": (team, 2, "1"),
    }
    rates: Rates = {}
    for name, (before, size, threads) in kinds.items():
        figures = _trained(home, [*before, str(script)], minutes, threads)
        crops = TrainSettings.load().crops.batch * size * figures["steps"]
        rates[name] = round(crops / figures["seconds"], 1)
    return rates


def _trained(home: Home, program: Sequence[str], minutes: float, threads: str) -> dict[str, float]:
    """Return the figures of a training in a copy of the home folder."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "home"
        skipped = shutil.ignore_patterns("registry", "checkpoint.pth", "prefect", "raw")
        shutil.copytree(home.root, copy, ignore=skipped)
        words = ["train", "--home", copy, "--minutes", minutes, "--json"]
        done = subprocess.run(
            list(map(str, [*program, *words])),
            env=os.environ
            | {"DXFVISION_TRAIN__THREADS": threads, "DXFVISION_TRAIN__VALIDATIONS": "0"},
            capture_output=True,
            text=True,
            check=True,
        )
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])["figures"]
    return figures


def main() -> None:
    """Measure and print."""
    words = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    words.add_argument("home", type=Path)
    words.add_argument("--pictures", type=int, default=2000)
    words.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    words.add_argument("--minutes", type=float, default=1.0)
    words.add_argument("--json", type=Path)
    given = words.parse_args()
    os.environ.setdefault("PREFECT_HOME", tempfile.mkdtemp(prefix="bench-prefect-"))
    be_private()
    home = Home(given.home.resolve())
    result = {
        "machine": asdict(this_machine(("torch", "distributed", "onnxruntime"))),
        "generation, pictures/s": generation(home, given.pictures, given.workers),
        "evaluation, pictures/s": evaluation(home, given.pictures),
        "training, crops/s": training(home, given.minutes) if given.minutes else {},
    }
    for title, rates in result.items():
        print(f"{title}: {rates}")
    if given.json:
        given.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
