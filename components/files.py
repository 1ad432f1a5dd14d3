"""Files that are whole or absent, and hashes that name what made them.

Everything is written under a temporary name beside its place, flushed to the disk and renamed, so
no reader ever meets half a file. A *fingerprint* is the SHA-256 of canonical JSON.
"""

import ctypes
import dataclasses
import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import BaseModel

PARTIAL_SUFFIX = ".partial"

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""What a write or a flush fails with, on an open file whose name the error does not hold."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path that becomes `path` when the block ends without an error.

    The folder is made if needed. On an error the temporary file is removed and `path` is left as
    it was; of a disk that takes no more it is told for which file, which the system does not.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}{PARTIAL_SUFFIX}")
    try:
        yield partial
        with partial.open("rb") as handle:
            os.fsync(handle.fileno())
        partial.replace(path)
    except OSError as error:
        if error.filename is None and error.errno in _NO_ROOM:
            error.filename = str(path)
        raise
    finally:
        partial.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries to the disk, so that renames in it outlive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def flush_disk(folder: Path) -> None:
    """Flush everything written to the file system of a folder.

    For hundreds of files that is fifty times cheaper than flushing each.

    Raises:
        OSError: If the disk could not take what was written.
    """
    library = ctypes.CDLL(None, use_errno=True)
    if not hasattr(library, "syncfs"):
        os.sync()
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        if library.syncfs(handle) != 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code), str(folder))
    finally:
        os.close(handle)


def write_bytes(path: Path, data: bytes) -> None:
    """Write `data` to `path` so that it is there whole or not at all."""
    with replacing(path) as partial:
        partial.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8 to `path` so that it is there whole or not at all."""
    write_bytes(path, text.encode())


def write_json(path: Path, value: object) -> None:
    """Write `value` as indented JSON with sorted keys; whole or not at all."""
    write_text(path, json.dumps(plain(value), indent=2, sort_keys=True) + "\n")


def write_sealed(path: Path, value: object) -> None:
    """Write a table as JSON with the hash of its content, so that `read_sealed` finds any change.

    Args:
        path: Where to.
        value: A model, dataclass or dict without a field `seal`.
    """
    write_text(path, _sealed_text(plain(value)))


def read_sealed(path: Path) -> dict[str, Any]:
    """Return the table that `write_sealed` wrote, without its seal.

    Raises:
        OSError: If the file cannot be read.
        ValueError: If a byte of it changed.
    """
    text = path.read_bytes().decode()
    content = json.loads(text)
    table: dict[str, Any] = content if isinstance(content, dict) else {}
    table.pop("seal", None)
    if _sealed_text(table) != text:
        raise ValueError("it was changed after it was written: its seal does not fit")
    return table


def _sealed_text(content: dict[str, Any]) -> str:
    return json.dumps({**content, "seal": fingerprint(content)}, indent=2, sort_keys=True) + "\n"


def remove_partials(folder: Path) -> int:
    """Remove files and folders that an interrupted run left under temporary names.

    Those of another process that lives stay: it writes them just now.

    Returns:
        How many.
    """
    found = folder.rglob(f".*{PARTIAL_SUFFIX}")
    leftovers = [path for path in found if not _has_writer(path)]
    for leftover in leftovers:
        if leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            leftover.unlink(missing_ok=True)
    return len(leftovers)


def _has_writer(partial: Path) -> bool:
    """Whether another process lives that bears the number in a temporary name."""
    number = partial.name.removesuffix(PARTIAL_SUFFIX).rpartition(".")[2]
    if not number.isdigit() or int(number) in (0, os.getpid()):
        return False
    try:
        os.kill(int(number), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        # Another user's.
        return True
    return True


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes as 64 hexadecimal digits."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def plain(value: object) -> Any:
    """Return `value` as what JSON knows: models and dataclasses as dicts, paths as strings.

    Raises:
        TypeError: If something in `value` has no plain form.
    """
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(f"{type(value).__name__} has no plain form")


def fingerprint(*values: object) -> str:
    """Return the SHA-256 of the canonical JSON of `values` as 64 hexadecimal digits.

    Examples:
        >>> fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
        True
        >>> fingerprint(1) == fingerprint("1")
        False
    """
    text = json.dumps([plain(value) for value in values], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def source_fingerprint(*packages: str) -> str:
    """Return a hash of the Python source of sub-packages of `components`.

    It stands for the code version in the name of an artefact: a dataset made by other code is
    another dataset.

    Args:
        packages: Folders or modules below `components`, such as `geometry` or `domain.py`.
    """
    root = Path(__file__).parent
    files = [
        file
        for package in packages
        for file in sorted((root / package).rglob("*.py") or []) or [root / package]
    ]
    return fingerprint({str(file.relative_to(root)): file_sha256(file) for file in files})
