"""How long the room on the disk lasts: free bytes now, and how fast they went."""

import json
import shutil
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from components.files import write_json
from components.home import Home

SPAN_S = 3 * 86_400
"""The rate is that of the last days: nights without work and days of training even out."""

_SHORTEST_S = 3_600
"""From less no rate is told."""


@dataclass(frozen=True, slots=True)
class Room:
    """Room on a disk.

    Attributes:
        free_bytes: Now.
        bytes_per_hour: How fast it goes; 0 if it does not, or that is not known yet.
    """

    free_bytes: int
    bytes_per_hour: float

    @property
    def hours(self) -> float:
        """How long it lasts at that rate; infinite if it does not get less."""
        return self.free_bytes / self.bytes_per_hour if self.bytes_per_hour > 0 else float("inf")

    def lacking(self, min_hours: float, min_bytes: float) -> float:
        """Return how many bytes must be freed so that it is enough; 0 if it is.

        Examples:
            >>> Room(10, bytes_per_hour=2.0).lacking(8, 4)
            6.0
            >>> Room(10, bytes_per_hour=0.0).lacking(8, 4)
            0.0
        """
        wanted = max(min_hours * self.bytes_per_hour, min_bytes)
        return max(wanted - self.free_bytes, 0.0)


def measure_room(home: Home, now: float | None = None) -> Room:
    """Return the room on the home folder's disk and remember it for the next time.

    Args:
        home: Whose disk.
        now: Seconds since 1970; None for the clock's.
    """
    now = time.time() if now is None else now
    file = home.state / "disk.json"
    free = shutil.disk_usage(home.root).free
    history = [row for row in _read(file) if now - SPAN_S <= row[0] < now]
    write_json(file, [*history, [now, free]])
    return Room(free, rate_per_hour([*history, (now, float(free))]))


def rate_per_hour(history: list[tuple[float, float]]) -> float:
    """Return how fast room goes: what was used between readings, what was freed left out.

    Freeing is the work of maintenance, and comes only now and then; use goes on.

    Args:
        history: Times in seconds and free bytes, oldest first.

    Examples:
        >>> rate_per_hour([(0.0, 100.0), (3600.0, 90.0), (7200.0, 95.0), (10800.0, 85.0)])
        6.666666666666667
        >>> rate_per_hour([(0.0, 100.0), (60.0, 0.0)])
        0.0
    """
    if not history or history[-1][0] - history[0][0] < _SHORTEST_S:
        return 0.0
    used = sum(max(before[1] - after[1], 0.0) for before, after in pairwise(history))
    return 3600 * used / (history[-1][0] - history[0][0])


def _read(file: Path) -> list[tuple[float, float]]:
    try:
        return [(float(at), float(free)) for at, free in json.loads(file.read_bytes())]
    except (OSError, ValueError, TypeError):
        return []
