"""Pictures of what was judged, and how much room they may take.

    EVIDENCE/2026-11-23/123456.789_ID_not-ok.jpg          the frame
    EVIDENCE/2026-11-23/123456.789_ID_not-ok.drawn.jpg    with deviations drawn on

Room is kept free for as many hours as the settings say at the rate of the last hour, and a fixed
amount besides. When there is less, the oldest pictures go; when that is not enough, none is written
until there is room, and that is told. Nothing but pictures of this folder is ever removed.
"""

import shutil
import time
from collections import deque
from datetime import UTC, datetime
from pathlib import Path

from components.camera import telemetry
from components.camera.frames import encoded
from components.camera.sinks import Delivery, Sink, SinkError
from components.camera.state import FaultName
from components.files import remove_partials, write_bytes
from components.settings.camera import EvidenceSettings

_HOUR_S = 3600.0
_MINUTE_S = 60.0
_DRAWN = ".drawn"


class Evidence(Sink):
    """Keeps pictures.

    Args:
        folder: Where they lie.
        camera: Name, for the metrics.
        settings: Which, and how many.
    """

    name: FaultName = "evidence"

    def __init__(self, folder: Path, camera: str, settings: EvidenceSettings) -> None:
        """Look at nothing yet: the disk may be missing and come back."""
        self._folder, self._settings = folder, settings
        self._bytes = telemetry.EVIDENCE_BYTES.labels(camera)
        self._removed = telemetry.EVIDENCE_REMOVED.labels(camera)
        self._kept: deque[tuple[Path, int]] | None = None
        self._total = 0
        self._written: deque[tuple[float, int]] = deque()
        self._named: deque[float] = deque()

    def name_for(self, verdict: str, record_id: str) -> str:
        """Return where the picture of a record will lie below the folder; empty for none."""
        settings, now = self._settings, time.monotonic()
        while self._named and now - self._named[0] > _MINUTE_S:
            self._named.popleft()
        if verdict not in settings.of or len(self._named) >= settings.max_per_minute:
            return ""
        self._named.append(now)
        moment = datetime.now(UTC)
        stamp = f"{moment:%H%M%S}.{moment.microsecond // 1000:03d}"
        word = verdict.replace(" ", "-")
        return f"{moment:%Y-%m-%d}/{stamp}_{record_id[:8]}_{word}.{settings.format}"

    def wants(self, delivery: Delivery) -> bool:
        """Whether a picture of this is kept."""
        return bool(delivery.name)

    def send(self, delivery: Delivery) -> None:
        """Write the pictures of a record, after making room.

        Raises:
            SinkError: If there is no room or the disk does not take them.
        """
        path = self._folder / delivery.name
        files = [(path, delivery.image)]
        if self._settings.overlay:
            files.append((path.with_suffix(f"{_DRAWN}{path.suffix}"), delivery.overlay))
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for place, image in files:
                if image is not None:
                    self._write(place, encoded(image, place.suffix))
        except OSError as error:
            # What lies there is counted again when the disk is back.
            self._kept = None
            raise SinkError(
                f"{self._folder}: cannot be written ({error.strerror}); make room or unlock the "
                "disk, judging goes on"
            ) from error

    def tend(self) -> None:
        """Make room that others need, also while nothing is written.

        Raises:
            SinkError: If there is too little.
        """
        if not self._folder.is_dir():
            return
        try:
            self._make_room(0)
        except OSError as error:
            self._kept = None
            raise SinkError(f"{self._folder}: cannot be used ({error.strerror})") from error

    def _write(self, path: Path, data: bytes) -> None:
        self._make_room(len(data))
        write_bytes(path, data)
        self._pictures().append((path, len(data)))
        self._total += len(data)
        self._written.append((time.monotonic(), len(data)))
        self._bytes.set(self._total)

    def _make_room(self, wanted: int) -> None:
        """Remove the oldest pictures until one more fits.

        Raises:
            SinkError: If it still does not.
        """
        kept, most = self._pictures(), self._settings.max_gib * 2**30
        while kept and (self._total + wanted > most or self._missing(wanted) > 0):
            self._remove(*kept.popleft())
        missing = self._missing(wanted)
        if missing > 0:
            raise SinkError(
                f"{self._folder}: {missing / 2**20:.0f} MiB more must be free on the disk before "
                "pictures are kept again; make room, judging goes on"
            )

    def _missing(self, wanted: int) -> float:
        """Return how many bytes are not free that should be."""
        reserve = (
            self._settings.min_free_mib * 2**20 + self._hourly() * self._settings.headroom_hours
        )
        return reserve + wanted - shutil.disk_usage(self._folder).free

    def _hourly(self) -> float:
        """Return the bytes written in the last hour."""
        now = time.monotonic()
        while self._written and now - self._written[0][0] > _HOUR_S:
            self._written.popleft()
        return float(sum(size for _, size in self._written))

    def _remove(self, path: Path, size: int) -> None:
        path.unlink(missing_ok=True)
        self._total -= size
        self._removed.inc()
        if path.parent != self._folder and not any(path.parent.iterdir()):
            path.parent.rmdir()

    def _pictures(self) -> deque[tuple[Path, int]]:
        """Return the pictures kept, oldest first; names sort by time."""
        if self._kept is None:
            remove_partials(self._folder)
            found = sorted(self._folder.glob(f"*/*.{self._settings.format}"))
            self._kept = deque((path, path.stat().st_size) for path in found)
            self._total = sum(size for _, size in self._kept)
        return self._kept
