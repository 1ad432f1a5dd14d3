"""Where a picture's millimetres come from: a scale given, a calibrated camera, or nowhere.

Calibrations are read afresh for every picture, so a camera that is calibrated while the service
runs is measured with at once.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock

from components.errors import CalibrationError
from components.inspection.camera.calibration import (
    DEFAULT_CAMERA,
    Calibration,
    check_usable,
    current_calibration,
)
from components.inspection.camera.scale_watch import ScaleWatch
from components.inspection.measuring.laid_drawing import Ruler
from components.settings.measure import CalibrationSettings, MeasureSettings

_MAX_WATCHES = 64


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """What turns one picture's pixels into millimetres.

    Attributes:
        ruler: For measuring; without a scale lengths stay in pixels.
        camera: Whose calibration it is; None without.
        calibration: Its version; None without.
        reason: Why lengths are in pixels; empty if they are not.
        watch: Is shown every part that was measured; None without a calibration.
    """

    ruler: Ruler
    camera: str | None = None
    calibration: str | None = None
    reason: str = ""
    watch: ScaleWatch | None = None


ScaleOf = Callable[[int, int], Scale]
"""Width and height of a picture -> its scale."""


def given_scale(px_per_mm: float, settings: MeasureSettings) -> Scale:
    """Return a scale that is known elsehow."""
    return Scale(Ruler(px_per_mm, settings.given_scale_sd))


class Cameras:
    """The calibrated cameras of a home folder; threads may share it.

    Args:
        folder: Of all calibrations; may be missing.
        settings: How well calibrations are trusted.
    """

    def __init__(self, folder: Path, settings: MeasureSettings) -> None:
        """Read nothing yet."""
        self._folder, self._settings = folder, settings
        self._watches: OrderedDict[tuple[str, float], ScaleWatch] = OrderedDict()
        self._lock = Lock()

    def scale(
        self, camera: str | None, width_px: int, height_px: int, above_mm: float = 0.0
    ) -> Scale:
        """Return what a camera's current calibration says about a picture.

        Args:
            camera: Its name; None takes the default one, which need not be calibrated.
            width_px: Of the picture.
            height_px: See width_px.
            above_mm: Height of the parts' upper faces over the board.

        Returns:
            The scale; without one, and with the reason, if the calibration does not hold.

        Raises:
            CalibrationError: If the named camera never had a calibration.
        """
        name = camera or DEFAULT_CAMERA
        try:
            known = current_calibration(self._folder, name)
            if known is not None:
                return self.calibrated(known, width_px, height_px, above_mm)
        except CalibrationError as error:
            return Scale(Ruler(), camera=name, reason=str(error))
        reason = f"the camera {name!r} is not calibrated; calibrate it with `dxfvision calibrate`"
        if camera is not None:
            raise CalibrationError(reason)
        return Scale(Ruler(), reason=reason)

    def calibrated(
        self, calibration: Calibration, width_px: int, height_px: int, above_mm: float = 0.0
    ) -> Scale:
        """Return what a calibration says about a picture.

        Raises:
            CalibrationError: If it is out of date, for other pictures or too rough.
        """
        ruler = ruler_of(calibration, self._settings, width_px, height_px, above_mm)
        watch = self._watch(calibration.version, above_mm, ruler, self._settings.calibration)
        return Scale(ruler, calibration.camera, calibration.version, watch=watch)

    def _watch(
        self, version: str, above_mm: float, ruler: Ruler, settings: CalibrationSettings
    ) -> ScaleWatch | None:
        """Return what remembers the parts measured so; old ones are forgotten."""
        if ruler.plane is None:
            return None
        with self._lock:
            key = version, above_mm
            watch = self._watches.pop(key, None) or ScaleWatch(ruler.plane, settings)
            self._watches[key] = watch
            if len(self._watches) > _MAX_WATCHES:
                self._watches.popitem(last=False)
            return watch


def ruler_of(
    calibration: Calibration,
    settings: MeasureSettings,
    width_px: int,
    height_px: int,
    above_mm: float = 0.0,
    now: datetime | None = None,
) -> Ruler:
    """Return the source of millimetres of a calibrated camera.

    Args:
        calibration: Of the camera.
        settings: How well it is trusted.
        width_px: Of the picture.
        height_px: See width_px.
        above_mm: Height of the parts' upper faces over the board.
        now: Time to check at; None is this moment.

    Raises:
        CalibrationError: If it is out of date, for other pictures or too rough.
    """
    check_usable(calibration, width_px, height_px, now)
    if calibration.residual_px > settings.calibration.most_residual_px:
        raise CalibrationError(
            f"calibration {calibration.version} has a residual of "
            f"{calibration.residual_px:.2f} px, {settings.calibration.most_residual_px:g} px are "
            "allowed; calibrate again"
        )
    return Ruler(plane=calibration.metric_plane(above_mm))
