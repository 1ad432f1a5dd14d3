"""Pictures of the printed board -> a calibration.

One picture shows the plane on which the parts will lie, the board in their place; it gives the
scale. With enough pictures from other sides the lens is fitted, too; without them straight lines
must be straight already, and what the lens bends shows up as a residual.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from components.errors import CalibrationError
from components.inspection.camera.board import board_of
from components.inspection.camera.calibration import Calibration, expiry
from components.settings.measure import CalibrationSettings

Floats = NDArray[np.float64]
Picture = NDArray[np.uint8]

_FLAGS = cv2.CALIB_FIX_K3 | cv2.CALIB_ZERO_TANGENT_DIST
_FOCAL, _CLEARLY_WORSE = 1.02, 25.0
"""A focal length that is wrong by this factor must explain the pictures worse by five standard
deviations; else nothing is said of heights. By 2 %, a face 10 mm above a board at 500 mm would be
told 0.04 % wrong in size."""

_REFINED_PX = 5
"""Half the window in which a corner's place is refined."""


@dataclass(frozen=True, slots=True, eq=False)
class BoardView:
    """The board's corners in one picture.

    Attributes:
        name: Of the picture.
        board_mm: Their places on the board, x to the right and y down, shape (N, 2).
        picture_px: The same in the picture.
    """

    name: str
    board_mm: Floats
    picture_px: Floats


def board_view(image: Picture, name: str, settings: CalibrationSettings) -> BoardView:
    """Return the board's corners in a picture; few or none if it is not seen well.

    Args:
        image: RGB (H, W, 3) or grey (H, W), uint8.
        name: To tell in errors.
        settings: Say which board it is.
    """
    grey = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    board = board_of(settings.board)
    corners, numbers, _, _ = cv2.aruco.CharucoDetector(board).detectBoard(grey)
    if corners is None or numbers is None or len(numbers) == 0:
        return BoardView(name, np.empty((0, 2)), np.empty((0, 2)))
    stop = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 40, 1e-3)
    # As wide as the squares allow: small ones hold a marker near the corner.
    side = float(np.median(np.linalg.norm(np.diff(corners.reshape(-1, 2), axis=0), axis=1)))
    half = int(np.clip(side / 10, 2, _REFINED_PX))
    points = cv2.cornerSubPix(grey, corners.astype(np.float32), (half, half), (-1, -1), stop)
    every = np.asarray(board.getChessboardCorners(), dtype=np.float64)[:, :2]
    return BoardView(name, every[numbers.ravel()], np.asarray(points, np.float64).reshape(-1, 2))


def calibrated(
    images: Mapping[str, Picture],
    camera: str,
    settings: CalibrationSettings,
    plane: str | None = None,
    now: datetime | None = None,
) -> Calibration:
    """Return a calibration from pictures of the board.

    Args:
        images: By name; RGB or grey, all of one size.
        camera: Whose pictures they are.
        settings: The board and what is good enough.
        plane: Name of the picture that shows the plane of the parts; None for the first.
        now: When it is made; None is this moment.

    Raises:
        CalibrationError: If the pictures do not show the board well enough or disagree.
    """
    if not images:
        raise CalibrationError("expected one picture of the board or more, got none")
    plane = plane if plane is not None else next(iter(images))
    if plane not in images:
        raise CalibrationError(f"the picture of the plane, {plane}, is not among those given")
    sizes = {image.shape[:2] for image in images.values()}
    if len(sizes) > 1:
        shown = ", ".join(sorted(f"{width}x{height}" for height, width in sizes))
        raise CalibrationError(f"expected pictures of one size from one camera, got {shown}")
    height, width = sizes.pop()
    views = {name: board_view(image, name, settings) for name, image in images.items()}
    good = {n: v for n, v in views.items() if len(v.board_mm) >= settings.least_corners}
    if plane not in good:
        raise CalibrationError(
            f"{plane}: shows {len(views[plane].board_mm)} corners of the board, "
            f"{settings.least_corners} are needed; the board must be the one of "
            "`dxfvision calibrate board`, flat, sharp, evenly lit and seen from its printed side"
        )
    created = (now or datetime.now(UTC)).replace(microsecond=0)
    lens = len(good) > settings.least_pictures
    fit = _with_lens(good, plane, (width, height)) if lens else _plane_alone(good[plane])
    record = Calibration(
        camera=camera,
        created=created,
        expires=expiry(created, settings.days),
        width_px=width,
        height_px=height,
        pictures=len(good),
        corners=sum(len(view.board_mm) for view in good.values()),
        board=settings.board,
        versions={name: version(name) for name in ("dxfvision", "opencv-python-headless")},
        px_per_mm=1.0,
        residual_px=0.0,
        residual_mm=0.0,
        worst_mm=0.0,
        **fit,
    )
    record = _with_residuals(record, good[plane])
    if record.residual_px > settings.most_residual_px:
        raise CalibrationError(
            f"{plane}: the corners lie {record.residual_px:.2f} px off where the board has them, "
            f"{settings.most_residual_px:g} px are allowed; the board is not flat or the pictures "
            + ("are blurred" if lens else "need the lens: give more of them, the board tilted")
        )
    return record


def _with_lens(views: Mapping[str, BoardView], plane: str, size: tuple[int, int]) -> dict[str, Any]:
    """Return camera, lens and the plane of one picture, fitted to all pictures."""
    names = list(views)
    space = [
        np.column_stack([views[n].board_mm, np.zeros(len(views[n].board_mm))]).astype(np.float32)
        for n in names
    ]
    seen = [views[n].picture_px.astype(np.float32) for n in names]
    rms, camera, lens, turns, moves = cv2.calibrateCamera(
        space, seen, size, np.eye(3), np.zeros(5), flags=_FLAGS
    )
    deep = all(
        _worse_by(space, seen, size, camera * [[f, 1, 1], [1, f, 1], [1, 1, 1]], lens, rms)
        > _CLEARLY_WORSE
        for f in (1 / _FOCAL, _FOCAL)
    )
    number = names.index(plane)
    rotation, _ = cv2.Rodrigues(turns[number])
    # The board's y runs down and its z away from the camera; ours run up and towards it.
    matrix = np.column_stack([rotation[:, 0], -rotation[:, 1], moves[number].ravel()])
    return {
        "lens": True,
        "camera_matrix": _rows(camera),
        "distortion": tuple(float(v) for v in np.ravel(lens)[:5]),
        "plane": _rows(matrix),
        "lift": tuple(float(-v) for v in rotation[:, 2]) if deep else None,
    }


def _worse_by(
    space: Sequence[NDArray[np.float32]],
    seen: Sequence[NDArray[np.float32]],
    size: tuple[int, int],
    camera: Floats,
    lens: NDArray[Any],
    rms: float,
) -> float:
    """Return by how much less likely the pictures are with another focal length (chi squared).

    A board that is never tilted looks alike from near and from far: any focal length explains it,
    and what the fit says of its own uncertainty is wrong there.
    """
    flags = _FLAGS | cv2.CALIB_USE_INTRINSIC_GUESS | cv2.CALIB_FIX_FOCAL_LENGTH
    other = cv2.calibrateCamera(space, seen, size, camera, lens.copy(), flags=flags)[0]
    count = sum(len(points) for points in seen)
    return 2 * count * ((other / max(rms, 1e-6)) ** 2 - 1)


def _plane_alone(view: BoardView) -> dict[str, Any]:
    """Return the map of the plane of one picture."""
    matrix, _ = cv2.findHomography(view.board_mm * (1.0, -1.0), view.picture_px)
    return {
        "lens": False,
        "camera_matrix": _rows(np.eye(3)),
        "distortion": (0.0,) * 5,
        "plane": _rows(np.asarray(matrix)),
        "lift": None,
    }


def _with_residuals(record: Calibration, view: BoardView) -> Calibration:
    """Return a calibration with its scale and its residuals on the plane's picture."""
    plane = record.metric_plane()
    board_mm = view.board_mm * (1.0, -1.0)
    off_px = np.linalg.norm(plane.to_px(board_mm) - view.picture_px, axis=1)
    off_mm = np.linalg.norm(plane.from_px(view.picture_px) - board_mm, axis=1)
    middle = np.array([(record.width_px - 1) / 2, (record.height_px - 1) / 2])
    return record.model_copy(
        update={
            "px_per_mm": plane.px_per_mm_at(middle),
            "residual_px": float(np.sqrt(np.square(off_px).mean())),
            "residual_mm": float(np.sqrt(np.square(off_mm).mean())),
            "worst_mm": float(off_mm.max()),
        }
    )


def _rows(matrix: NDArray[Any]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(float(value) for value in row) for row in matrix)
