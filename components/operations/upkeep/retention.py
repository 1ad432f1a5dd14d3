"""What is kept how long: by age, and the oldest first when the disk runs full.

Nothing that a run needs or that cannot be made again is touched: drawings, photographs, settings,
calibrations, checkpoints, the champion and those it may be rolled back to; nor what somebody writes
to just now, for a log that is open takes its room until it is closed.
"""

import logging
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from components.dataset.generate import remove_dataset
from components.errors import ModelError
from components.files import PARTIAL_SUFFIX
from components.home import Home
from components.modeling.notes import note_file
from components.modeling.registry import ModelRegistry
from components.operations.drift.frames import site_file
from components.operations.server.prefect_server import prefect_folder
from components.operations.upkeep.backup import STAGING
from components.operations.upkeep.disk import Room
from components.settings.operations import KeepDays, MaintainSettings

logger = logging.getLogger(__name__)

DAY_S = 86_400.0

IN_USE_S = 3600.0
"""What changed so lately may still be written to."""


@dataclass(frozen=True, slots=True)
class Removed:
    """What went of one kind.

    Attributes:
        kind: As in `maintain.keep_days`, or `dataset`.
        entries: Files, or versions.
        bytes: They took.
        reason: `age` or `room`.
    """

    kind: str
    entries: int
    bytes: int
    reason: str


@dataclass(frozen=True, slots=True)
class _Entry:
    """A file or folder that may go."""

    path: Path
    changed: float
    bytes: int


def keep_by_age(home: Home, settings: MaintainSettings, now: float | None = None) -> list[Removed]:
    """Remove what is older than the settings allow.

    Args:
        home: Whose files.
        settings: How long what is kept.
        now: Seconds since 1970; None for the clock's.
    """
    now = time.time() if now is None else now
    removed = [_old_versions(home, settings, now)]
    for kind, days in _days(settings.keep_days).items():
        if days is not None:
            old = [entry for entry in _entries(home, kind) if now - entry.changed > days * DAY_S]
            removed.append(_remove(kind, old, "age"))
    return [each for each in removed if each.entries]


def make_room(
    home: Home, settings: MaintainSettings, room: Room, now: float | None = None
) -> list[Removed]:
    """Remove the oldest of what may go, before its time, until the disk has room enough.

    Pictures and archives are whole as soon as they are there; of the others those that changed
    within the last hour stay.

    Args:
        home: Whose files.
        settings: How much room is wanted.
        room: That there is.
        now: Seconds since 1970; None for the clock's.
    """
    now = time.time() if now is None else now
    lacking = room.lacking(settings.min_free_hours, settings.min_free_gib * 2**30)
    removed = []
    for kind in ("leftovers", "logs", "evidence", "runs", "backups"):
        chosen = []
        for entry in sorted(_entries(home, kind), key=lambda each: each.changed):
            if lacking <= 0:
                break
            if kind in ("leftovers", "logs", "runs") and abs(now - entry.changed) < IN_USE_S:
                continue
            chosen.append(entry)
            lacking -= entry.bytes
        removed.append(_remove(kind, chosen, "room"))
    if lacking > 0 and home.manifest.exists():
        freed = sum(path.stat().st_size for path in home.processed.rglob("*") if path.is_file())
        remove_dataset(home)
        removed.append(Removed("dataset", 1, freed, "room"))
    return [each for each in removed if each.entries]


def _days(keep: KeepDays) -> dict[str, float | None]:
    """Return how long what is kept that lies in files of its own."""
    return {kind: days for kind, days in keep.model_dump().items() if kind != "versions"}


def _entries(home: Home, kind: str) -> Iterator[_Entry]:
    """Yield what there is of a kind and may go."""
    for path in _paths(home, kind):
        try:
            stat = path.stat()
        except OSError:
            # Gone meanwhile.
            continue
        if path.is_file():
            yield _Entry(path, stat.st_mtime, stat.st_size)
        elif kind == "leftovers":
            yield _Entry(path, stat.st_mtime, _size(path))


def _paths(home: Home, kind: str) -> Iterator[Path]:
    if kind == "evidence":
        return (file for file in home.reports.glob("camera/*/evidence/**/*"))
    if kind == "logs":
        # What begins with a dot are locks of files in use.
        return (path for path in home.logs.glob("*") if not path.name.startswith("."))
    if kind == "runs":
        return _of_runs(home)
    if kind == "backups":
        # The newest one stays whatever happens.
        return iter(sorted(home.backups.glob("*.tar.gz"))[:-1])
    return _leftovers(home)


def _of_runs(home: Home) -> Iterator[Path]:
    yield from (home.state / "runs").glob("*.json")
    yield from (prefect_folder(home) / "storage").rglob("*")


def _leftovers(home: Home) -> Iterator[Path]:
    for folder in (
        home.models,
        home.reports,
        home.state,
        home.processed,
        home.coco.parent,
        home.labelled.root,
        home.calibrations,
        home.backups,
    ):
        yield from folder.rglob(f".*{PARTIAL_SUFFIX}")
    for prefix in STAGING:
        yield from home.backups.glob(f"{prefix}*")


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _remove(kind: str, entries: list[_Entry], reason: str) -> Removed:
    done = [entry for entry in entries if _delete(entry.path)]
    return Removed(kind, len(done), sum(entry.bytes for entry in done), reason)


def _delete(path: Path) -> bool:
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    except OSError as error:
        logger.warning("%s: cannot be removed (%s)", path, error.strerror)
        return False
    return True


def _old_versions(home: Home, settings: MaintainSettings, now: float) -> Removed:
    """Remove versions that are old and to which no roll-back may come."""
    registry = ModelRegistry(home.registry)
    days = settings.keep_days.versions
    if days is None:
        return Removed("versions", 0, 0, "age")
    registry.forget(settings.predecessors)
    entries = freed = 0
    for version in registry.list():
        if now - version.created.timestamp() <= days * DAY_S:
            continue
        size = _size(version.path)
        try:
            registry.remove(version.version)
        except ModelError:
            # The champion, or one before it.
            continue
        for about in (note_file(home.registry, version.version), site_file(home, version.version)):
            about.unlink(missing_ok=True)
        entries, freed = entries + 1, freed + size
    return Removed("versions", entries, freed, "age")
