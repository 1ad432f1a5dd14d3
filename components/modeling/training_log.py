"""The figures of a training as JSON lines, for plots and for people who watch.

A line of a step: `step`, `seconds`, `rate`, `loss` and its terms, each the mean of the steps since
the line before. A line of a validation: `step`, `seconds`, `validation` with its figures.
"""

import json
from pathlib import Path
from typing import Any

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

    def validation(self, step: int, seconds: float, figures: dict[str, float]) -> None:
        """Note the figures of a validation."""
        self._write({"step": step, "seconds": seconds, "validation": figures})

    def _write(self, line: dict[str, Any]) -> None:
        with self._path.open("a", encoding="utf-8") as handle:
            handle.write(json.dumps(line) + "\n")


def read_log(path: Path) -> list[dict[str, Any]]:
    """Read a log; a last line cut off by a kill is left out, a missing file is empty."""
    if not path.exists():
        return []
    lines = []
    for text in path.read_text("utf-8").splitlines():
        try:
            lines.append(json.loads(text))
        except json.JSONDecodeError:
            break
    return lines
