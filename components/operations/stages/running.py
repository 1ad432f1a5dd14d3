"""Stages that are skipped when nothing they depend on has changed.

A stage's *key* is the fingerprint of its inputs: artefacts of earlier stages, settings, seed and
source code. When it is done, a record holds the key, the hash of every file it made and its
figures. A stage is current when the key is the same and its files are still what they were.
"""

import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.errors import PipelineError
from components.files import file_sha256, plain, write_json
from components.home import Home

logger = logging.getLogger(__name__)

Figures = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Checked:
    """Whose service, box or upkeep a stage sees to; its first argument.

    Attributes:
        home: Where everything lies.
    """

    home: Home


@dataclass(frozen=True, slots=True)
class StageResult:
    """What a stage did.

    Attributes:
        name: The stage.
        key: Fingerprint of its inputs.
        skipped: Whether an earlier result was still current.
        seconds: Wall time of the work; of the earlier run if skipped.
        figures: What the stage says about itself: plain JSON values; `summary` is a sentence.
    """

    name: str
    key: str
    skipped: bool
    seconds: float
    figures: Figures

    @property
    def summary(self) -> str:
        """One sentence for people."""
        return str(self.figures.get("summary", ""))


def run_stage(
    home: Home,
    name: str,
    key: str,
    outputs: Sequence[Path],
    work: Callable[[], Figures],
    always: bool = False,
) -> StageResult:
    """Do the work of a stage, or skip it when its record is current.

    Args:
        home: Where the record is kept.
        name: Name of the stage, the record's file name.
        key: Fingerprint of everything the work depends on.
        outputs: Files that the work makes; each must exist when it ends.
        work: Does the work and returns its figures.
        always: Work even if the record is current.
    """
    record = home.state / f"{name}.json"
    earlier = _read_record(record)
    if (
        earlier
        and not always
        and earlier["key"] == key
        and earlier["outputs"] == _hashes(home, outputs)
    ):
        logger.info("%s: inputs unchanged, skipped", name)
        return StageResult(name, key, True, earlier["seconds"], earlier["figures"])
    record.unlink(missing_ok=True)
    start = time.monotonic()
    figures = plain(work())
    seconds = round(time.monotonic() - start, 3)
    hashes = _hashes(home, outputs)
    write_json(record, {"key": key, "outputs": hashes, "seconds": seconds, "figures": figures})
    return StageResult(name, key, False, seconds, figures)


def input_sha256(path: Path, error: type[PipelineError], verb: str) -> str:
    """Return the hash of a file that an earlier stage made, for a stage's key.

    Args:
        path: The file.
        error: What to raise if it cannot be read.
        verb: Command that makes it.
    """
    try:
        return file_sha256(path)
    except OSError as fault:
        raise error(
            f"{path}: cannot be read ({fault.strerror}); make it again with `{verb}`"
        ) from fault


def _read_record(path: Path) -> dict[str, Any] | None:
    """Return the record, or None if there is none that can be read: the stage then runs again."""
    try:
        record = json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, json.JSONDecodeError, UnicodeDecodeError):
        return None
    fields = {"key", "outputs", "seconds", "figures"}
    return record if isinstance(record, dict) and fields <= record.keys() else None


def _hashes(home: Home, outputs: Sequence[Path]) -> dict[str, str | None]:
    """Return the hash of each output by its path below the home folder; None if it is missing."""
    return {
        str(path.relative_to(home.root)): file_sha256(path) if path.is_file() else None
        for path in outputs
    }


def run_report(results: Sequence[StageResult]) -> str:
    """Return a Markdown table of what each stage did."""
    lines = ["| Stage | Time | Result |", "|---|---|---|"]
    for result in results:
        spent = "unchanged, skipped" if result.skipped else f"{result.seconds:.1f} s"
        lines.append(f"| {result.name} | {spent} | {result.summary.replace('|', '/')} |")
    return "\n".join(lines) + "\n"
