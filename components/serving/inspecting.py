"""An encoded picture -> the body of `/inspect`: that of `/predict`, with deviation and verdict."""

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from components.domain import Detection, Part, Rle
from components.errors import CalibrationError
from components.files import plain
from components.geometry.masks import mask_from_rle
from components.geometry.transforms import pose_from_matrix
from components.inspection.camera.calibration import Calibration, check_usable
from components.inspection.camera.scale_watch import ScaleWatch
from components.inspection.measuring.laid_drawing import Ruler
from components.inspection.measuring.report import deviation_record, drawn_deviation
from components.inspection.meter import Inspected, Meter
from components.modeling.inference import Detector
from components.modeling.pictures import decode_picture
from components.serving.answers import answer_picture
from components.serving.schemas import DetectionAnswer, PredictAnswer, PredictOptions
from components.settings.measure import MeasureSettings
from components.settings.serve import ServeSettings

Picture = NDArray[np.uint8]

_FULL_PX = 2.0
"""Deviation that gets the full colour where no tolerance says what is much."""


class Inspection:
    """Predicts, measures and judges pictures of one camera."""

    def __init__(
        self,
        detector: Detector,
        version: str,
        parts: Sequence[Part],
        settings: MeasureSettings,
        serve: ServeSettings,
        smallest_px: dict[str, float],
    ) -> None:
        """Keep what every picture needs.

        Args:
            detector: Answers with poses.
            version: Of its model.
            parts: The drawings.
            settings: How parts are measured and judged.
            serve: Bounds of pictures and answers.
            smallest_px: See `Meter`.
        """
        self._detector, self._version, self._parts = detector, version, tuple(parts)
        self._settings, self._serve = settings, serve
        self._smallest_px = smallest_px

    def answer(
        self,
        data: bytes,
        name: str,
        ruler: Ruler,
        options: PredictOptions | None = None,
        contours: bool = True,
        watch: ScaleWatch | None = None,
    ) -> tuple[dict[str, Any], Picture]:
        """Return the body of `/inspect` and a picture of the deviations.

        Args:
            data: An encoded picture.
            name: What to call it in errors.
            ruler: Source of millimetres.
            options: As of `/predict`.
            contours: Whether every place of every contour is told.
            watch: Is shown every part that was measured, and adds its warning.

        Raises:
            ImageError: If the picture cannot be decoded or is too large.
        """
        asked = options or PredictOptions()
        # Masks are needed here, whether they are told or not.
        answer = answer_picture(
            data,
            self._detector,
            self._version,
            asked.model_copy(update={"masks": True}),
            self._serve,
            name,
        )
        image = decode_picture(data, self._serve.limits.max_pixels, name)
        start = time.perf_counter()
        meter = Meter(self._parts, self._settings, ruler, self._smallest_px)
        detections = _posed(answer)
        found = meter.inspected(image, detections)
        spent_ms = 1000 * (time.perf_counter() - start)
        record = _record(answer, found, asked, contours)
        record["timing_ms"]["measure"] = round(spent_ms, 3)
        record["timing_ms"]["total"] = round(record["timing_ms"]["total"] + spent_ms, 3)
        record["warnings"] = _warnings(watch, detections, found)
        return record, _drawn(image, found, self._settings, ruler)


def _warnings(
    watch: ScaleWatch | None,
    detections: Sequence[Detection],
    found: Sequence[Inspected | None],
) -> list[str]:
    """Return what the parts' own scale says about the camera, after this picture."""
    if watch is None:
        return []
    for detection, inspected in zip(detections, found, strict=True):
        if inspected is not None and detection.pose is not None:
            watch.seen(detection.pose)
    warning = watch.warning()
    return [] if warning is None else [warning]


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


def _posed(answer: PredictAnswer) -> list[Detection]:
    """Return the detections of an answer with masks and poses."""
    return [_detection(each) for each in answer.detections]


def _detection(each: DetectionAnswer) -> Detection:
    pose = None
    if each.pose is not None:
        pose = pose_from_matrix(np.array(each.pose.mm_to_px))
    mask = np.zeros((1, 1), dtype=np.bool_)
    if each.segmentation is not None:
        rle = Rle(size=list(each.segmentation.size), counts=each.segmentation.counts)
        mask = mask_from_rle(rle)
    return Detection(each.label, each.score, each.xyxy_px, mask, pose=pose)


def _record(
    answer: PredictAnswer,
    found: Sequence[Inspected | None],
    asked: PredictOptions,
    contours: bool,
) -> dict[str, Any]:
    record: dict[str, Any] = plain(answer)
    for row, inspected in zip(record["detections"], found, strict=True):
        if not asked.masks:
            row["segmentation"] = None
        row["deviation"] = None
        if inspected is not None:
            row["deviation"] = deviation_record(inspected.deviation, inspected.judgement, contours)
    return record


def _drawn(
    image: Picture, found: Sequence[Inspected | None], settings: MeasureSettings, ruler: Ruler
) -> Picture:
    """Return the picture with the deviations of its parts."""
    pairs = [(each.deviation, each.judgement) for each in found if each is not None]
    tolerance = settings.tolerances.outline
    full = _FULL_PX if ruler.unit == "px" or tolerance is None else tolerance
    return drawn_deviation(image, pairs, full)


def encoded_png(image_rgb: Picture) -> bytes:
    """Return an RGB picture as PNG."""
    _, data = cv2.imencode(".png", cv2.cvtColor(image_rgb, cv2.COLOR_RGB2BGR))
    return data.tobytes()
