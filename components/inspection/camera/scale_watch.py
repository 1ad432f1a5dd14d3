"""Has the camera moved? The parts themselves tell: their drawings' sizes are known.

The scale of every part that was found is compared with the calibration's at its place. One part
may be off; when the middle of the last few is, the camera, its lens or the table has moved. A thick
part looks bigger, for its face is nearer to the camera: 1 % for 4 mm at a distance of 400 mm.
"""

from collections import deque
from threading import Lock

import numpy as np

from components.domain import Pose
from components.inspection.camera.planes import MetricPlane
from components.settings.measure import CalibrationSettings


class ScaleWatch:
    """Remembers how the last parts' scales compare with the calibration's; threads may share it."""

    def __init__(self, plane: MetricPlane, settings: CalibrationSettings) -> None:
        """Begin with no part.

        Args:
            plane: Of the calibration.
            settings: How many parts, and how much they may be off.
        """
        self._plane, self._settings = plane, settings
        self._ratios: deque[float] = deque(maxlen=4 * settings.moved_parts)
        self._lock = Lock()

    def seen(self, pose: Pose) -> None:
        """Take note of a part that fits its drawing."""
        here = self._plane.px_per_mm_at(np.array([pose.x_px, pose.y_px]))
        with self._lock:
            self._ratios.append(pose.px_per_mm / here)

    @property
    def ratio(self) -> float | None:
        """Middle of the parts' scale over the calibration's; None while too few were seen."""
        with self._lock:
            ratios = list(self._ratios)
        if len(ratios) < self._settings.moved_parts:
            return None
        return float(np.median(ratios))

    def warning(self) -> str | None:
        """Return what to tell people; None as long as scale and calibration agree."""
        ratio = self.ratio
        if ratio is None or abs(ratio - 1) <= self._settings.moved:
            return None
        what = "larger" if ratio > 1 else "smaller"
        return (
            f"the last parts look {abs(ratio - 1):.1%} {what} than the calibration says, "
            f"{self._settings.moved:.1%} are allowed: the camera, its lens or the table has moved; "
            "calibrate again with `dxfvision calibrate`"
        )
