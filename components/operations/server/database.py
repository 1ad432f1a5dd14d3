"""Prefect's own SQLite file: how large it is, and rewriting it when much of it is unused.

The server deletes old runs and events by itself; SQLite keeps the pages. `VACUUM` gives them back
to the disk while the server goes on: statements meanwhile wait, as they do for any other writer.
"""

import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class DatabaseCare:
    """What was done.

    Attributes:
        bytes_before: Size of the file.
        bytes_after: The same afterwards.
        unused: Share of its pages that held nothing, 0..1.
        seconds: How long others had to wait; 0 if nothing was done.
        rewritten: Whether it was.
    """

    bytes_before: int
    bytes_after: int
    unused: float
    seconds: float
    rewritten: bool


def care_for(file: Path, min_unused: float, wait_s: float) -> DatabaseCare:
    """Rewrite the file if enough of it is unused, and shorten its log.

    Args:
        file: Of the database.
        min_unused: Share of unused pages from which that pays, 0..1.
        wait_s: Longest wait for other writers, seconds.

    Raises:
        sqlite3.OperationalError: If others write all the time.
    """
    before = file.stat().st_size
    with closing(sqlite3.connect(file, timeout=wait_s, isolation_level=None)) as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        (free,) = connection.execute("PRAGMA freelist_count").fetchone()
        unused = free / pages if pages else 0.0
        start = time.monotonic()
        rewritten = unused > 0 and unused >= min_unused
        if rewritten:
            connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        seconds = time.monotonic() - start if rewritten else 0.0
    after = file.stat().st_size
    return DatabaseCare(before, after, round(unused, 4), round(seconds, 3), rewritten)
