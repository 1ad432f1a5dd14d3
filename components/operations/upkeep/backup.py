"""What cannot be made again, in one archive: registry, settings, drawings, calibrations, database.

    HOME/backups/dxfvision-20260131T023000Z.tar.gz
        manifest.json       SHA-256 of every file below
        home/...            files of the home folder, under their names there
        prefect.db          Prefect's SQLite database, copied as one moment (not PostgreSQL's)

An archive is checked by restoring it into a folder of its own: every hash, every released version,
the champion, the settings and the database are looked at as their users would. Photographs and
datasets are left out: the former are the user's and large, the latter are made again.
"""

import hashlib
import json
import shutil
import sqlite3
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from components.errors import HomeError, PipelineError
from components.files import PARTIAL_SUFFIX, file_sha256, replacing, sync_folder
from components.home import Home
from components.modeling.registry import ModelRegistry
from components.operations.server.prefect_server import SQLITE_NAME, sqlite_file
from components.settings.operations import OperationsSettings

MANIFEST = "manifest.json"
_HOME = "home"
_TEMPORARY = (".staging-", ".lock")
STAGING = (".backup-", ".restore-")
"""What folders begin with in which an archive is made and tried; killed programs leave them."""
_DAMAGE = (
    PipelineError,
    OSError,
    EOFError,
    ValueError,
    AttributeError,
    tarfile.TarError,
    sqlite3.Error,
    zlib.error,
)
"""How tar, gzip, JSON, SQLite and the registry each report it."""


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive and what its trial found.

    Attributes:
        path: The file.
        bytes: Its size.
        files: How many it holds.
        versions: Released models in it.
        champion: Version that serves; None if none was promoted.
        database: Whether Prefect's database is in it.
    """

    path: Path
    bytes: int
    files: int
    versions: int
    champion: str | None
    database: bool


def back_up(home: Home, settings: OperationsSettings, folder: Path | None = None) -> Archive:
    """Write an archive and try to restore it; nothing has to be stopped for that.

    Args:
        home: What is saved.
        settings: Where Prefect keeps its database.
        folder: Where the archive goes; None for the home folder's `backups`.

    Raises:
        HomeError: If Prefect's database cannot be copied, or what was written cannot be restored:
            such an archive is not kept, for it would pass for the newest.
        OSError: If the disk does not take it.
    """
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    target = (folder or home.backups) / f"dxfvision-{now}.tar.gz"
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=STAGING[0]) as staging:
        database = _copied_database(sqlite_file(home, settings), Path(staging) / SQLITE_NAME)
        files = {f"{_HOME}/{path.relative_to(home.root)}": path for path in _kept(home)}
        if database is not None:
            files[SQLITE_NAME] = database
        with replacing(target) as partial:
            _write(partial, files, Path(staging))
    sync_folder(target.parent)
    try:
        return check(target)
    except HomeError:
        target.unlink(missing_ok=True)
        raise


def check(archive: Path) -> Archive:
    """Restore an archive into a folder of its own, look at everything, remove the folder.

    Raises:
        HomeError: Naming the archive and what is wrong with it.
    """
    with tempfile.TemporaryDirectory(dir=archive.parent, prefix=STAGING[1]) as folder:
        return _unpacked(archive, Path(folder))


def restore(home: Home, settings: OperationsSettings, archive: Path) -> Archive:
    """Put back what an archive holds; what was there goes to `.state/before-restore-...`.

    The Prefect server must be stopped, and no run may work in the home folder: the caller sees to
    both.

    Args:
        home: Where to; an empty folder is as good.
        settings: Where Prefect keeps its database.
        archive: The file.

    Raises:
        HomeError: If the archive is damaged; nothing was changed then.
    """
    staging = home.state / "restore"
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    try:
        found = _unpacked(archive, staging)
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        aside = home.state / f"before-restore-{now}"
        for part in _parts(home):
            _swap(staging / _HOME / part.relative_to(home.root), part, aside / part.name)
        database = sqlite_file(home, settings)
        if found.database and database is not None:
            # SQLite's log belongs to the file that was there: a server that was killed left its
            # last words in it, and beside another file it would spoil that one.
            for suffix in ("-wal", "-shm"):
                log = database.with_name(database.name + suffix)
                _put_aside(log, aside / (SQLITE_NAME + suffix))
            _swap(staging / SQLITE_NAME, database, aside / SQLITE_NAME)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return found


def newest(home: Home) -> Path:
    """Return the newest archive of a home folder.

    Raises:
        HomeError: If there is none.
    """
    found = sorted(home.backups.glob("dxfvision-*.tar.gz"))
    if not found:
        raise HomeError(f"{home.backups}: holds no archive; make one with `dxfvision backup`")
    return found[-1]


def _parts(home: Home) -> tuple[Path, ...]:
    """Folders of a home that are saved whole."""
    return home.registry, home.configs, home.calibrations, home.drawings


def _kept(home: Home) -> Iterator[Path]:
    for part in _parts(home):
        for path in sorted(part.rglob("*")):
            inside = str(path.relative_to(part))
            if path.name.endswith(PARTIAL_SUFFIX) or inside.startswith(_TEMPORARY):
                # Gone before it could be read, or not ours to keep.
                continue
            if path.is_file():
                yield path


def _copied_database(database: Path | None, copy: Path) -> Path | None:
    """Copy SQLite's file as it is at one moment, while others write to it.

    Raises:
        HomeError: If it is damaged, or the disk does not take the copy.
    """
    if database is None or not database.exists():
        return None
    place = f"{database.resolve().as_uri()}?mode=ro"
    try:
        with (
            closing(sqlite3.connect(place, uri=True, timeout=60)) as source,
            closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)
    except sqlite3.Error as error:
        raise HomeError(
            f"{database}: cannot be copied to {copy.parent} ({error}); see that there is room, and "
            "that `sqlite3 FILE 'PRAGMA integrity_check'` says ok"
        ) from error
    return copy


def _write(target: Path, files: dict[str, Path], staging: Path) -> None:
    """Write the archive; the manifest comes last, with the hashes of what was read."""
    manifest = {}
    with tarfile.open(target, "w:gz", compresslevel=3) as archive:
        for name, path in files.items():
            data = path.read_bytes()
            # Read once: a file that changes meanwhile is saved as its hash says.
            copy = staging / "file"
            copy.write_bytes(data)
            archive.add(copy, name)
            manifest[name] = hashlib.sha256(data).hexdigest()
        listing = staging / MANIFEST
        listing.write_text(json.dumps(manifest, indent=1, sort_keys=True), "utf-8")
        archive.add(listing, MANIFEST)


def _unpacked(archive: Path, folder: Path) -> Archive:
    """Unpack an archive and look at all that is in it."""
    try:
        with tarfile.open(archive, "r:gz") as packed:
            # Refuses names that lead out of the folder, links and devices.
            packed.extractall(folder, filter="data")
        manifest = json.loads((folder / MANIFEST).read_bytes())
        _compare(folder, manifest)
        home = Home(folder / _HOME)
        registry = ModelRegistry(home.registry)
        versions = [registry.verify(version.version) for version in registry.list()]
        champion = registry.champion()
        OperationsSettings.load(home.configs)
        database = SQLITE_NAME in manifest
        if database:
            _check_database(folder / SQLITE_NAME)
    except _DAMAGE as error:
        raise HomeError(
            f"{archive}: cannot be restored ({type(error).__name__}: {error}); take another archive"
        ) from error
    return Archive(
        path=archive,
        bytes=archive.stat().st_size,
        files=len(manifest),
        versions=len(versions),
        champion=champion.version if champion else None,
        database=database,
    )


def _compare(folder: Path, manifest: dict[str, str]) -> None:
    """Compare every file with what was saved."""
    for name, sha256 in manifest.items():
        if file_sha256(folder / name) != sha256:
            raise ValueError(f"{name} is not as it was saved")


def _check_database(file: Path) -> None:
    """Let SQLite look at every page of a copy of Prefect's database."""
    with closing(sqlite3.connect(file)) as connection:
        (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
        connection.execute("SELECT count(*) FROM flow_run").fetchone()
    if verdict != "ok":
        raise sqlite3.DatabaseError(verdict)


def _swap(new: Path, place: Path, aside: Path) -> None:
    """Put something in its place by renaming; what was there goes aside."""
    if not new.exists():
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    _put_aside(place, aside)
    new.rename(place)


def _put_aside(place: Path, aside: Path) -> None:
    if place.exists():
        aside.parent.mkdir(parents=True, exist_ok=True)
        place.rename(aside)
