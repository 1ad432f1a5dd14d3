"""What a training step costs, and what threads are worth.

    python tests/benchmarks/bench_training.py [--rounds N] [--steps N] [--json OUT.json]

Compares in turns, in one run: one thread, torch dividing every operation among two threads, and two
replicas of one thread each. On a box where others work as well the second
waits at every operation, the third once a step. Prints the cost of the optimizer's share, too.

Then trains for `--steps` (whole pictures at the end, one validation) on a stream of scenes of the
sample drawings and prints the most memory that the trainer and its largest helper held.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch

from components.geometry.drawing_files import find_drawings
from components.geometry.dxf_reader import read_drawing
from components.home import Home
from components.modeling.losses import Targets, loss_of
from components.modeling.network import PartNetwork, normalised, parameter_count
from components.modeling.optimizer import PartOptimizer
from components.modeling.replicas import Replicas
from components.modeling.torch_dataset import Batch
from components.modeling.train import Training, train
from components.progress import SilentProgress
from components.settings.data import DataSettings
from components.settings.drawings import DrawingSettings
from components.settings.train import TrainSettings

Figures = dict[str, float]


def random_batch(count: int, size_px: int) -> Batch:
    """Noise with targets of noise: what a step costs does not depend on what is seen."""
    half, quarter = (count, 1, size_px // 2, size_px // 2), (count, 1, size_px // 4, size_px // 4)
    targets = Targets(
        sight=torch.rand((count, 3, *half[2:])).softmax(1),
        seam=torch.rand(half).round(),
        label=torch.zeros((count, *quarter[2:]), dtype=torch.int64),
        heat=(torch.rand(quarter) > 0.99).float(),
        offset=torch.rand((count, 2, *quarter[2:])),
        on_object=torch.ones(quarter),
    )
    return Batch(torch.randint(0, 256, (count, size_px, size_px, 3), dtype=torch.uint8), targets)


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return wall and processor time of one call in ms."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return 1e3 * (time.perf_counter() - wall), 1e3 * (time.process_time() - processor)


def measured(settings: TrainSettings, rounds: int) -> dict[str, Figures]:
    """Return the medians of every way, measured in turns."""
    batch = random_batch(settings.crops.batch, settings.crops.size_px)
    network = PartNetwork(settings.network, 6)
    optimizer = PartOptimizer(network, settings.optimizer)
    replicas = Replicas(network, settings.loss, 2)

    def alone(threads: int) -> None:
        torch.set_num_threads(threads)
        loss = loss_of(network(normalised(batch.images)), batch.targets, settings.loss)
        torch.autograd.backward(loss.total)

    def step() -> None:
        torch.set_num_threads(1)
        optimizer.step(0.5)

    ways: dict[str, Callable[[], object]] = {
        "one thread": lambda: alone(1),
        "torch's two threads": lambda: alone(2),
        "two replicas": lambda: replicas.gradients(batch),
        "optimizer": step,
    }
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, work in ways.items():
            figures = timed(work)
            if number:
                taken[name].append(figures)
    replicas.close()
    return {
        name: {
            "wall_ms": statistics.median(wall for wall, _ in rows),
            "cpu_ms": statistics.median(processor for _, processor in rows),
        }
        for name, rows in taken.items()
    }


def peak_memory(settings: TrainSettings, steps: int) -> Figures:
    """Return the most memory that a whole training held, in MiB."""
    readable = DrawingSettings.load()
    folder = Path("data/raw/dxf_templates")
    parts = [p for path in find_drawings(folder) for p in read_drawing(path, readable).parts]
    changes = {"steps": steps, "minutes": None, "scenes": "stream", "validations": 0}
    chosen = settings.model_copy(update=changes)
    with tempfile.TemporaryDirectory() as root:
        home = Home(Path(root))
        home.prepare()
        train(Training(home, parts, chosen, DataSettings.load(), 0), SilentProgress())
    kinds = {"trainer_mib": resource.RUSAGE_SELF, "largest_helper_mib": resource.RUSAGE_CHILDREN}
    return {name: resource.getrusage(kind).ru_maxrss / 1024 for name, kind in kinds.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--steps", type=int, default=120)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    settings = TrainSettings.load()
    figures = {
        "machine": {
            "cores": os.cpu_count(),
            "load": os.getloadavg()[0],
            "python": platform.python_version(),
            "torch": torch.__version__,
        },
        "parameters": parameter_count(PartNetwork(settings.network, 6)),
        "crops": [settings.crops.batch, settings.crops.size_px],
        "steps": measured(settings, options.rounds),
        "memory": peak_memory(settings, options.steps),
    }
    text = json.dumps(figures, indent=2)
    print(text)
    if options.json:
        options.json.write_text(text + "\n")


if __name__ == "__main__":
    main()
