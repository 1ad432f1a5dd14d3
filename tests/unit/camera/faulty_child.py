"""A capture process whose camera does what a file says: good, block, die, frozen, black, late.

The real process of the project runs here; only the source is a made-up one. Each frame carries the
number of the file's content it was made under, so that a test can tell what it was judged from.
"""

import os
import time
from pathlib import Path
from typing import Any

import numpy as np

from components.camera.capturing import run
from components.camera.frames import Picture
from components.camera.sources import Shot, Source
from components.errors import CameraError

HEIGHT, WIDTH = 48, 64
FRAME_S = 0.05


def picture(rng: np.random.Generator, era: int) -> Picture:
    """A bright square on a dark ground with noise; the first pixel tells the era."""
    image = rng.integers(30, 40, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    image[12:36, 16:48] = rng.integers(190, 200, (24, 32, 3), dtype=np.uint8)
    image[0, 0] = era
    return image


class Faulty(Source):
    def __init__(self, control: Path) -> None:
        self._control = control
        self._rng = np.random.default_rng()
        self._last: Picture | None = None
        if self._state()[0] in ("closed", "dead"):
            raise CameraError("the camera is off")

    def _state(self) -> tuple[str, int]:
        word, _, era = self._control.read_text().partition(" ")
        return word, int(era)

    def read(self) -> Shot:
        time.sleep(FRAME_S)
        word, era = self._state()
        if word == "block":
            time.sleep(3600)
        if word == "dead":
            os._exit(7)
        if word == "closed":
            raise CameraError("the stream broke off")
        if word == "frozen":
            return Shot(self._frozen(era))
        self._last = picture(self._rng, era)
        if word == "black":
            self._last[:] = self._rng.integers(0, 3, self._last.shape, dtype=np.uint8)
            self._last[0, 0] = era
        return Shot(self._last)

    def _frozen(self, era: int) -> Picture:
        """Return the picture the camera stopped at; it outlives a new capture process."""
        kept = self._control.with_suffix(f".{era}.npy")
        if not kept.exists():
            np.save(kept, picture(self._rng, era) if self._last is None else self._last)
        frozen: Picture = np.load(kept)
        return frozen


def opened(values: dict[str, Any]) -> Source:
    return Faulty(Path(values["source"]["what"]))


if __name__ == "__main__":
    run(opened)
