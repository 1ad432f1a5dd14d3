"""The list by which a person accepts or rejects labelled frames: `review.csv`.

One row a frame: `accept` or `reject`, the file, the hash of its content (which decides), and what
was found. A spreadsheet edits it as well as the review sheet does. A frame that the list does not
name is not accepted.
"""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from components.domain import Sample
from components.errors import DatasetError
from components.files import write_text

Decision = Literal["accept", "reject"]
COLUMNS = ("decision", "frame", "sha256", "parts")


@dataclass(frozen=True, slots=True)
class Decisions:
    """What was decided about frames, by the hashes of their contents."""

    accepted: frozenset[str]
    rejected: frozenset[str]

    def accepts(self, sample: Sample) -> bool:
        """Return whether a labelled frame was accepted."""
        return frame_sha256(sample) in self.accepted


def frame_sha256(sample: Sample) -> str:
    """Return the hash of a labelled frame's own file."""
    return sample.sha256[str(sample.image)]


def write_review(path: Path, samples: Sequence[Sample]) -> Decisions:
    """Write the list of labelled frames; what an earlier list rejected stays rejected.

    Args:
        path: Of the list; an earlier one there is replaced.
        samples: Labelled frames.

    Returns:
        What the list says.

    Raises:
        DatasetError: If there is an earlier list that is damaged.
    """
    rejected = read_review(path).rejected if path.is_file() else frozenset()
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for sample in samples:
        digest = frame_sha256(sample)
        decision: Decision = "reject" if digest in rejected else "accept"
        table.writerow([decision, str(sample.image), digest, parts_of(sample)])
    write_text(path, text.getvalue())
    return read_review(path)


def parts_of(sample: Sample) -> str:
    """Return what a frame shows in words, such as `2 arm, 1 plate`."""
    counts = Counter(annotation.label for annotation in sample.annotations)
    return ", ".join(f"{count} {label}" for label, count in sorted(counts.items()))


def read_review(path: Path) -> Decisions:
    """Read a list.

    Raises:
        DatasetError: If it cannot be read, lacks a column, or a decision is neither `accept` nor
            `reject`; the row is named.
    """
    try:
        rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(
            f"{path}: cannot be read as a list of frames ({error}); take the review.csv that "
            "`dxfvision autolabel` wrote"
        ) from error
    decided: dict[str, set[str]] = {name: set() for name in get_args(Decision)}
    for number, row in enumerate(rows, start=2):
        decision, digest = (str(row.get(name) or "").strip() for name in ("decision", "sha256"))
        if decision.lower() not in decided or not digest:
            raise DatasetError(
                f"{path} line {number}: expected `accept` or `reject` and a frame's sha256, got "
                f"{decision!r} and {digest!r}; mend the row, or run `dxfvision autolabel` again"
            )
        decided[decision.lower()].add(digest)
    return Decisions(frozenset(decided["accept"]), frozenset(decided["reject"]))
