"""Where drawings lie on the disk, and opening one without being led elsewhere.

Rule for folders: files that end in `.dxf` in any spelling, not beginning with a dot, folders
below included, links to folders not followed.
"""

import hashlib
import os
import re
import stat
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from components.domain import OTHER_LABEL, UNKNOWN_LABEL, Part
from components.errors import DrawingError
from components.geometry.drawing import shown

MAX_NAME = 80

RESERVED_NAMES = frozenset({OTHER_LABEL, UNKNOWN_LABEL})
"""Labels that mean something else than a drawing."""


def find_drawings(folder: Path) -> list[Path]:
    """Return the DXF files of a folder, sorted by name.

    Raises:
        DrawingError: If the folder is missing, no folder or holds no drawing.
    """
    place = shown(str(folder))
    if not folder.is_dir():
        what = "is no folder" if folder.exists() else "does not exist"
        raise DrawingError(
            f"{place}: the drawings folder {what}; make it and put DXF files in it, or name another"
        )
    found = []
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        linked = [name for name in folders if name.lower().endswith(".dxf")]
        found += [Path(root, name) for name in (*names, *linked) if _is_named_drawing(name)]
    if not found:
        raise DrawingError(
            f"{place}: no DXF file in this folder; put drawings (*.dxf) in it or name another"
        )
    return sorted(found)


def _is_named_drawing(name: str) -> bool:
    """Return whether a file of a folder is taken for a drawing."""
    return name.lower().endswith(".dxf") and not name.startswith(".")


def read_bytes(path: Path, max_bytes: int, folder: Path | None = None) -> bytes:
    """Return the bytes of a regular file.

    Args:
        path: The file.
        max_bytes: Bigger files are refused.
        folder: If given, a link may not lead out of it.

    Raises:
        DrawingError: If it is no regular file, too big, or a link that leads elsewhere; nothing
            of its content is told.
    """
    try:
        real = path.resolve(strict=True)
        if folder is not None and path.is_symlink() and folder.resolve() not in real.parents:
            raise DrawingError("a link that leaves its folder; copy the file instead")
        # Without O_NONBLOCK the opening of a named pipe would wait for ever.
        handle = os.open(real, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise DrawingError("the file does not exist") from error
    except (OSError, RuntimeError) as error:
        # Path.resolve tells a loop of links by RuntimeError before Python 3.13.
        reason = getattr(error, "strerror", None) or "a loop of links"
        raise DrawingError(f"the file cannot be opened ({reason})") from error
    try:
        _check_status(os.fstat(handle), max_bytes)
        # One byte more than allowed: the file may have grown since it was measured.
        with os.fdopen(handle, "rb", closefd=False) as file:
            data = file.read(max_bytes + 1)
    except OSError as error:
        raise DrawingError(f"the file cannot be read ({error.strerror})") from error
    finally:
        os.close(handle)
    if len(data) > max_bytes:
        raise DrawingError(f"it is bigger than max_file_mib ({max_bytes / 2**20:.0f})")
    return data


def drawing_digest(path: Path, max_bytes: int) -> str:
    """Return what tells whether the reading of a drawing would differ from an earlier one.

    Never waits and never fails: what cannot be read, such as a folder, a pipe, a dangling link or
    one that leads elsewhere, is rejected by the reader, and the digest is that of the refusal.

    Args:
        path: What the reader would be given.
        max_bytes: Bigger files are refused.

    Returns:
        SHA-256 in hex of the content, or of the sentence that refuses it.
    """
    try:
        data = read_bytes(path, max_bytes, path.parent)
    except DrawingError as error:
        data = f"refused: {error}".encode()
    return hashlib.sha256(data).hexdigest()


def _check_status(status: os.stat_result, max_bytes: int) -> None:
    """Refuse what is no readable regular file of a bearable size.

    Raises:
        DrawingError: Saying what it is.
    """
    if stat.S_ISDIR(status.st_mode):
        raise DrawingError("it is a folder, not a file")
    if not stat.S_ISREG(status.st_mode):
        raise DrawingError("it is no regular file but a device or pipe")
    if not status.st_mode & 0o444:
        # The administrator could read it all the same; the verdict must not depend on who asks.
        raise DrawingError("permission denied: nobody may read the file (mode 000)")
    if status.st_size > max_bytes:
        raise DrawingError(
            f"{status.st_size / 2**20:.1f} MiB is more than max_file_mib ({max_bytes / 2**20:.0f})"
        )


def safe_name(stem: str) -> str:
    """Return a name for parts made of letters, digits, `_`, `-` and `.` alone.

    Examples:
        >>> safe_name("Träger links (2)"), safe_name("零件")
        ('Trager_links_2', 'part')
    """
    decomposed = unicodedata.normalize("NFKD", stem)
    ascii_only = "".join(c for c in decomposed if not unicodedata.combining(c))
    name = re.sub(r"[^A-Za-z0-9_.-]+", "_", ascii_only).strip("_.-")[:MAX_NAME].rstrip("_.-")
    return name or "part"


def unique_names(wanted: Iterable[str]) -> list[str]:
    """Return the names, those that came before or are reserved told apart by a number.

    Upper and lower case count as alike, because folders on some systems do so.

    Examples:
        >>> unique_names(["plate", "PLATE", "plate-2", "other"])
        ['plate', 'PLATE-2', 'plate-2-2', 'other-2']
    """
    taken = set(RESERVED_NAMES)
    result = []
    for name in wanted:
        unique, number = name, 1
        while unique.lower() in taken:
            number += 1
            unique = f"{name}-{number}"
        taken.add(unique.lower())
        result.append(unique)
    return result


def renamed(part: Part, name: str) -> Part:
    """Return the part under another name."""
    return part if part.name == name else Part(name, part.outline, part.holes)
