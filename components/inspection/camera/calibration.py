"""What is known of a camera: lens, plane of the parts, scale, how good and how old that is.

A *calibration* is one file that never changes; the hash of its content is its name and seals it. A
camera's folder keeps all it ever had and names the current one:

    data/calibrations/CAMERA/20260102T030405Z-4f2a9c0d1e5b.json
    data/calibrations/CAMERA/current.json
"""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PositiveFloat, ValidationError

from components.errors import CalibrationError
from components.files import fingerprint, read_sealed, write_sealed
from components.geometry.transforms import transformed
from components.inspection.camera.planes import MetricPlane
from components.settings.measure import BoardSettings

FORMAT = "dxfvision-calibration-1"
DEFAULT_CAMERA = "camera"
CURRENT = "current.json"
_CLOCK_SLACK = timedelta(minutes=10)
"""Two machines' clocks may differ by so much."""

_UNDISTORTION = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 60, 1e-10)

Floats = NDArray[np.float64]
Row = tuple[float, float, float]


class Calibration(BaseModel):
    """One calibration of one camera.

    Points of the plane are mm, x to the right and y up from the board's upper left corner; the map
    `plane` gives normalised points, which lens and `camera_matrix` turn into pixels.

    Attributes:
        format: Of this file.
        camera: Whose it is.
        created: When it was made.
        expires: Until when it holds.
        width_px: Of the camera's pictures.
        height_px: See width_px.
        pictures: How many the board was found in.
        corners: Of the board, in all pictures together.
        lens: Whether the lens was fitted; else the plane's map alone is known.
        camera_matrix: 3 x 3, in px; the unit matrix if the lens was not fitted.
        distortion: k1, k2, p1, p2, k3 of OpenCV's model.
        plane: 3 x 3, from the plane at the board's height to normalised points.
        lift: What a height of 1 mm towards the camera adds to the last column of `plane`; None if
            the pictures do not tell: the lens was not fitted, or the board was never tilted.
        px_per_mm: Scale at the middle of the picture.
        residual_px: Root mean square distance of the corners from where they should be in the
            plane's picture.
        residual_mm: Likewise on the plane.
        worst_mm: The greatest.
        board: What was photographed.
        versions: Of the libraries.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["dxfvision-calibration-1"] = "dxfvision-calibration-1"
    camera: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")
    created: AwareDatetime
    expires: AwareDatetime
    width_px: int = Field(gt=0)
    height_px: int = Field(gt=0)
    pictures: int = Field(gt=0)
    corners: int = Field(gt=0)
    lens: bool
    camera_matrix: tuple[Row, Row, Row]
    distortion: tuple[float, float, float, float, float]
    plane: tuple[Row, Row, Row]
    lift: Row | None
    px_per_mm: PositiveFloat
    residual_px: float = Field(ge=0)
    residual_mm: float = Field(ge=0)
    worst_mm: float = Field(ge=0)
    board: BoardSettings
    versions: dict[str, str]

    @property
    def version(self) -> str:
        """Its name: when it was made and the beginning of its hash."""
        return f"{self.created.astimezone(UTC):%Y%m%dT%H%M%SZ}-{fingerprint(self)[:12]}"

    def metric_plane(self, height_mm: float = 0.0) -> MetricPlane:
        """Return the plane at a height over the board, such as a part's upper face.

        Args:
            height_mm: Towards the camera.

        Raises:
            CalibrationError: If a height is asked for and the pictures did not tell the distance.
        """
        matrix = np.array(self.plane)
        if height_mm != 0.0:
            if self.lift is None:
                raise CalibrationError(
                    f"calibration {self.version}: a height of {height_mm:g} mm over the board "
                    "needs the lens and the camera's distance; calibrate again with more pictures "
                    "of the board, tilted by 15 to 30 degrees to several sides"
                )
            matrix[:, 2] += height_mm * np.array(self.lift)
        camera, lens = np.array(self.camera_matrix), np.array(self.distortion)
        back = np.linalg.inv(matrix)

        def to_px(xy_mm: Floats) -> Floats:
            flat = transformed(xy_mm, matrix)
            space = np.column_stack([flat, np.ones(len(flat))])
            seen, _ = cv2.projectPoints(space, np.zeros(3), np.zeros(3), camera, lens)
            return np.asarray(seen[:, 0], dtype=np.float64)

        def from_px(xy_px: Floats) -> Floats:
            points = np.ascontiguousarray(xy_px, dtype=np.float64)[:, None]
            flat = cv2.undistortPoints(points, camera, lens, criteria=_UNDISTORTION)
            return transformed(np.asarray(flat[:, 0], dtype=np.float64), back)

        return MetricPlane(to_px, from_px, self.residual_px)


def check_usable(
    calibration: Calibration, width_px: int, height_px: int, now: datetime | None = None
) -> None:
    """Check that a calibration holds for a picture.

    Args:
        calibration: To check.
        width_px: Of the picture.
        height_px: See width_px.
        now: Time to check at; None is this moment.

    Raises:
        CalibrationError: If it is out of date, of the future, or for pictures of another size.
    """
    now = now or datetime.now(UTC)
    if (width_px, height_px) != (calibration.width_px, calibration.height_px):
        raise CalibrationError(
            f"calibration {calibration.version} is for pictures of {calibration.width_px}x"
            f"{calibration.height_px} pixels, got {width_px}x{height_px}; calibrate the camera as "
            "it is used"
        )
    if now < calibration.created - _CLOCK_SLACK:
        raise CalibrationError(
            f"calibration {calibration.version} was made at {calibration.created:%Y-%m-%d %H:%M} "
            f"UTC, and this machine's clock says {now:%Y-%m-%d %H:%M}; set the clock, or nobody "
            "knows when the calibration ends"
        )
    if now >= calibration.expires:
        raise CalibrationError(
            f"calibration {calibration.version} was valid until "
            f"{calibration.expires:%Y-%m-%d %H:%M} UTC; make a new one with `dxfvision calibrate`"
        )


def expiry(created: datetime, days: float) -> datetime:
    """Return when a calibration made at a time ends."""
    return created + timedelta(days=days)


def camera_folder(folder: Path, camera: str) -> Path:
    """Return where a camera's calibrations lie.

    Raises:
        CalibrationError: If the name is no plain name.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", camera):
        raise CalibrationError(
            f"expected a camera's name of letters, digits, '.', '_' and '-', got {camera!r}"
        )
    return folder / camera


def keep_calibration(folder: Path, calibration: Calibration) -> Path:
    """Write a calibration beside the camera's older ones and make it the current one.

    Args:
        folder: Of all cameras.
        calibration: The new one.

    Returns:
        Its path.
    """
    path = camera_folder(folder, calibration.camera) / f"{calibration.version}.json"
    write_sealed(path, calibration)
    # Last: whoever reads meanwhile finds the old one, whole.
    write_sealed(path.with_name(CURRENT), {"format": FORMAT, "current": path.name})
    return path


def read_calibration(path: Path) -> Calibration:
    """Read a calibration.

    Raises:
        CalibrationError: If it is missing, was changed or is none.
    """
    try:
        # As JSON: there lists may stand for tuples and texts for times.
        return Calibration.model_validate_json(json.dumps(read_sealed(path)))
    except (OSError, ValueError) as error:
        fault = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error
        raise CalibrationError(
            f"{path}: is no calibration ({fault}); make one with `dxfvision calibrate`"
        ) from error


def current_calibration(folder: Path, camera: str = DEFAULT_CAMERA) -> Calibration | None:
    """Return a camera's current calibration; None if it never had one.

    Raises:
        CalibrationError: If it is damaged.
    """
    pointer = camera_folder(folder, camera) / CURRENT
    if not pointer.exists():
        return None
    try:
        name = str(read_sealed(pointer)["current"])
    except (OSError, ValueError, KeyError) as error:
        raise CalibrationError(
            f"{pointer}: cannot be read ({error}); calibrate the camera again"
        ) from error
    return read_calibration(pointer.with_name(Path(name).name))


def calibrations(folder: Path, camera: str = DEFAULT_CAMERA) -> list[Path]:
    """Return the paths of all calibrations of a camera, oldest first."""
    files = camera_folder(folder, camera).glob("*.json")
    return sorted(path for path in files if path.name != CURRENT)
