"""Pictures a CPU-second: rendered by us, and pasted by albumentations.

    python tests/benchmarks/bench_pasting.py DRAWINGS --peers PYTHON [--pictures 200] [--rounds 5]
        [--out OUT.json]

Both make pictures of 640x480 with labels from the same drawings, one process, one thread, and write
them. They do not make the same thing: `peers/pasting.py` says what a pasted picture lacks.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from components.data_preprocessing.dxf_to_mask import fill, rings_of
from components.dataset.generate import generate_dataset
from components.domain import Part
from components.files import write_json
from components.geometry.drawing_files import find_drawings
from components.geometry.dxf_reader import read_drawing
from components.home import Home
from components.progress import SilentProgress
from components.settings.data import DataSettings
from components.settings.drawings import DrawingSettings

WIDTH, HEIGHT = 640, 480
BACKGROUNDS = 12
PX = 320
"""Longer side of a cut-out."""


def rendered_s(parts: Sequence[Part], pictures: int, rounds: int) -> list[float]:
    """Return the CPU-seconds of our pictures, round by round."""
    changes = {"images": pictures, "width_px": WIDTH, "height_px": HEIGHT, "workers": 1}
    settings = DataSettings.load(None, "standard")
    settings = settings.model_copy(update=changes | {"executor": "sequential"})
    spent = []
    for seed in range(rounds + 1):
        with tempfile.TemporaryDirectory() as folder:
            begin = time.process_time()
            generate_dataset(list(parts), Home(Path(folder)), settings, seed, SilentProgress())
            spent.append(time.process_time() - begin)
    # The first round makes textures.
    return spent[1:]


def cutout_of(part: Part) -> NDArray[np.uint8]:
    """Return a part's mask, 0 or 255, its longer side `PX` pixels."""
    scale = PX / max(part.size_mm)
    low = part.outline.xy_mm.min(axis=0)
    rings = [(ring.xy_mm - low) * scale for ring in (part.outline, *part.holes)]
    width, height = (int(side * scale) + 1 for side in part.size_mm)
    mask = np.zeros((height, width), np.uint8)
    fill(mask, rings_of(rings), scale=1)
    return mask


def write_cutouts(parts: Sequence[Part], out: Path) -> None:
    """Write masks of the parts and some backgrounds for the peer."""
    masks = {f"part_{i}": cutout_of(part) for i, part in enumerate(parts)}
    rng = np.random.default_rng(0)
    coarse = rng.integers(40, 200, (BACKGROUNDS, HEIGHT // 32, WIDTH // 32, 3)).astype(np.uint8)
    grounds = [cv2.resize(each, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC) for each in coarse]
    np.savez(out, backgrounds=np.stack(grounds), **masks)


def pasted_s(
    parts: Sequence[Part], peers: Path, pictures: int, rounds: int
) -> tuple[list[float], str]:
    """Return the CPU-seconds of pasted pictures, round by round, and albumentations' version."""
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / "cutouts.npz", Path(folder) / "out.json"
        write_cutouts(parts, source)
        script = Path(__file__).parent / "peers" / "pasting.py"
        numbers = [str(pictures), str(rounds)]
        environment = os.environ | {"NO_ALBUMENTATIONS_UPDATE": "1"}
        command = [str(peers), str(script), str(source), *numbers, str(out)]
        subprocess.run(command, check=True, env=environment)
        found = json.loads(out.read_text("utf-8"))
    return found["seconds"], found["version"]


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("drawings", type=Path)
    parser.add_argument("--peers", type=Path, required=True)
    parser.add_argument("--pictures", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    readable = DrawingSettings.load()
    paths = find_drawings(options.drawings)
    parts = [part for path in paths for part in read_drawing(path, readable).parts]
    ours = rendered_s(parts, options.pictures, options.rounds)
    theirs, version = pasted_s(parts, options.peers, options.pictures, options.rounds)
    what = f"pictures of {WIDTH}x{HEIGHT} with labels, written"
    rows = [
        {"area": "generation", "what": what, "who": who, "unit": "per CPU-s", "better": "more"}
        | {"values": [options.pictures / seconds for seconds in spent]}
        for who, spent in (("dxfvision", ours), (f"pasting with albumentations {version}", theirs))
    ]
    write_json(options.out, {"rows": rows})


if __name__ == "__main__":
    main()
