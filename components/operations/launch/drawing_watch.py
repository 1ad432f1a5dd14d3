"""Whether the drawings in a folder changed, by their content.

Files arrive one by one, editors write them in pieces: a change counts when the folder has been the
same for a while. A file whose size and times are as before is not read again.
"""

import logging
from dataclasses import dataclass
from pathlib import Path

from components.errors import DrawingError
from components.files import fingerprint
from components.geometry.drawing_files import drawing_digest, find_drawings

logger = logging.getLogger(__name__)

_Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Change:
    """What lies in the folder now.

    Attributes:
        digest: Of all drawings, names and content.
        files: How many.
        since: When it was first seen so, by the clock that `look` was given.
    """

    digest: str
    files: int
    since: float


class DrawingWatch:
    """Looks at a folder of drawings.

    Args:
        folder: With DXF files.
        quiet_s: It must have been the same for so long, seconds.
        max_bytes: Of a drawing; the digest of a larger one is of its size.
    """

    def __init__(self, folder: Path, quiet_s: float, max_bytes: int) -> None:
        """Know nothing yet."""
        self._folder, self._quiet_s, self._max_bytes = folder, quiet_s, max_bytes
        self._known: dict[Path, tuple[_Stamp, str]] = {}
        self._seen: Change | None = None

    def look(self, now: float) -> Change | None:
        """Return what lies there once it is quiet; None before that and for an empty folder.

        Args:
            now: A clock that only goes forward, seconds.
        """
        digests = self._digests()
        if not digests:
            self._seen = None
            return None
        digest = fingerprint(digests)
        if self._seen is None or self._seen.digest != digest:
            self._seen = Change(digest, len(digests), now)
        return self._seen if now - self._seen.since >= self._quiet_s else None

    def _digests(self) -> dict[str, str]:
        """Return the digest of each drawing by its name; only those that changed are read."""
        try:
            paths = find_drawings(self._folder)
        except DrawingError:
            return {}
        found: dict[Path, tuple[_Stamp, str]] = {}
        for path in paths:
            try:
                stat = path.stat()
                stamp = (stat.st_size, stat.st_mtime_ns, stat.st_ino)
                known = self._known.get(path)
                found[path] = (
                    known
                    if known and known[0] == stamp
                    else (stamp, drawing_digest(path, self._max_bytes))
                )
            except OSError as error:
                # It was taken away or replaced while we looked; the next look sees what came of it.
                logger.debug("%s: %s", path, error)
        self._known = found
        return {str(path.relative_to(self._folder)): digest for path, (_, digest) in found.items()}
