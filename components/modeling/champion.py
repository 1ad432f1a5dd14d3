"""Which version serves: one small file, replaced whole.

    {"version": "3f2a9c0d41be", "since": "2026-01-31T12:00:00Z",
     "previous": ["0b77...", "c1d9..."], "log": [{"at", "action", "version"}, ...]}

*Promoting* puts a version on top of `previous`' champion; *rolling back* takes it off again, so two
roll-backs in a row go back two promotions. *Restoring* is a roll-back that nobody asked for: the
service did not turn ready on the version. A reader needs `version` alone.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from components.errors import ModelError
from components.files import write_json

Action = Literal["promote", "rollback", "restore"]

LOG_LENGTH = 200
"""Entries kept in the log; older ones are dropped."""


class ChampionEvent(BaseModel):
    """One change of the champion."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    action: Action
    version: str


class ChampionRecord(BaseModel):
    """Content of the alias file.

    Attributes:
        version: The version that serves.
        since: When it became the champion, UTC.
        previous: Champions before it, the latest first.
        log: Every change, oldest first.
    """

    model_config = ConfigDict(frozen=True)

    version: str
    since: datetime
    previous: tuple[str, ...]
    log: tuple[ChampionEvent, ...]


def read_champion(file: Path) -> ChampionRecord | None:
    """Read the alias file; None if nothing was promoted yet.

    Raises:
        ModelError: If the file cannot be read or says something else.
    """
    try:
        return ChampionRecord.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise ModelError(
            f"{file}: cannot be read as the champion's name ({error}); promote a version again: "
            "`dxfvision models list`, `dxfvision models promote VERSION`"
        ) from error


def promoted(record: ChampionRecord | None, version: str) -> ChampionRecord:
    """Return the record after promoting `version`; the same record if it already serves."""
    if record is None:
        return _changed((), (), "promote", version)
    if record.version == version:
        return record
    earlier = tuple(other for other in record.previous if other != version)
    return _changed((record.version, *earlier), record.log, "promote", version)


def rolled_back(record: ChampionRecord, action: Action = "rollback") -> ChampionRecord:
    """Return the record with the previous champion back in place.

    Args:
        record: As it is.
        action: What the log calls it.

    Raises:
        ModelError: If there was none.
    """
    if not record.previous:
        raise ModelError(
            f"version {record.version} has no predecessor to roll back to; promote another: "
            "`dxfvision models list`, `dxfvision models promote VERSION`"
        )
    version, *earlier = record.previous
    return _changed(tuple(earlier), record.log, action, version)


def shortened(record: ChampionRecord, keep: int) -> ChampionRecord:
    """Return the record with only so many champions before this one to roll back to."""
    return record.model_copy(update={"previous": record.previous[:keep]})


def without(record: ChampionRecord, version: str) -> ChampionRecord:
    """Return the record with a version that no roll-back comes to."""
    left = tuple(other for other in record.previous if other != version)
    return record.model_copy(update={"previous": left})


def write_champion(file: Path, record: ChampionRecord) -> None:
    """Replace the alias file; readers see the old or the new one whole."""
    write_json(file, record)


def _changed(
    previous: tuple[str, ...],
    log: tuple[ChampionEvent, ...],
    action: Action,
    version: str,
) -> ChampionRecord:
    now = datetime.now(UTC)
    event = ChampionEvent(at=now, action=action, version=version)
    return ChampionRecord(
        version=version, since=now, previous=previous, log=(*log, event)[-LOG_LENGTH:]
    )
