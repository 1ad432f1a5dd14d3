"""The figures of a training as JSON lines and, for TensorBoard, as its event files.

A line of a step: `step`, `seconds`, `rate`, `loss` and its terms, each the mean of the steps since
the line before. A line of a validation: `step`, `seconds`, `validation` with its figures.
"""

import json
import shutil
from pathlib import Path
from typing import Any

from tensorboardX import SummaryWriter

from components.files import write_text
from components.modeling.losses import Loss

STEPS_PER_LINE = 10


class TrainingLog:
    """Writes the log of one training.

    Args:
        path: The file.
        after_step: Lines of later steps are dropped: a training that was killed goes on from its
            checkpoint and takes those steps again. 0 starts a new file.
    """

    def __init__(self, path: Path, after_step: int) -> None:
        """Make the file ready."""
        self._path = path
        self._waiting: list[Loss] = []
        kept = [line for line in read_log(path) if line["step"] <= after_step]
        write_text(path, "".join(json.dumps(line) + "\n" for line in kept))
        if after_step == 0:
            shutil.rmtree(board_folder(path), ignore_errors=True)
        self._board = SummaryWriter(str(board_folder(path)), purge_step=after_step + 1)

    def step(self, step: int, seconds: float, loss: Loss, rate: float) -> None:
        """Note a step; every tenth time a line is written."""
        self._waiting.append(loss)
        if len(self._waiting) < STEPS_PER_LINE:
            return
        names = ("loss", *Loss._fields[1:])
        terms = {
            name: sum(float(term) for term in terms) / len(terms)
            for name, terms in zip(names, zip(*self._waiting, strict=True), strict=True)
        }
        self._waiting = []
        self._write({"step": step, "seconds": seconds, "rate": rate, **terms})
        self._draw(step, {"rate": rate, **terms})

    def validation(self, step: int, seconds: float, figures: dict[str, float]) -> None:
        """Note the figures of a validation."""
        self._write({"step": step, "seconds": seconds, "validation": figures})
        self._draw(step, figures)

    def close(self) -> None:
        """Write what waits."""
        self._board.close()

    def _draw(self, step: int, figures: dict[str, float]) -> None:
        for name, value in figures.items():
            group = "validation" if name.startswith("val_") else "training"
            self._board.add_scalar(f"{group}/{name}", value, step)

    def _write(self, line: dict[str, Any]) -> None:
        with self._path.open("a", encoding="utf-8") as handle:
            handle.write(json.dumps(line) + "\n")


def board_folder(log: Path) -> Path:
    """Path of the folder with TensorBoard's event files of a training."""
    return log.with_suffix(".tensorboard")


def read_log(path: Path) -> list[dict[str, Any]]:
    """Read a log up to a line that was cut off by a kill; a missing file is empty."""
    if not path.exists():
        return []
    lines = []
    for text in path.read_text("utf-8", errors="replace").splitlines():
        try:
            lines.append(json.loads(text))
        except json.JSONDecodeError:
            break
    return lines
