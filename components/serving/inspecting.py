"""An encoded picture -> the body of `/inspect`: that of `/predict`, with deviation and verdict."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from components.domain import Part
from components.home import Home
from components.inspection.measuring.idle_tolerances import idle_tolerances
from components.inspection.measuring.report import deviation_record, drawn_deviation
from components.inspection.measuring.visible import smallest_px
from components.inspection.meter import Inspected, Meter
from components.modeling.defect_card import CURVE_NAME
from components.modeling.inference import Detector
from components.serving.answers import Seen, answer_seen, see_picture
from components.serving.inspect_schemas import (
    DeviationAnswer,
    InspectAnswer,
    InspectedAnswer,
    ScaleAnswer,
)
from components.serving.scales import Cameras, Scale, ScaleOf
from components.serving.schemas import PredictOptions
from components.settings.measure import MeasureSettings
from components.settings.serve import ServeSettings

Picture = NDArray[np.uint8]

_FULL_PX = 2.0
"""Deviation that gets the full colour where no tolerance says what is much."""


class Gauge:
    """What measuring needs beside a model: tolerances, cameras, and what can be seen at all.

    Args:
        settings: How parts are measured and judged.
        cameras: Sources of millimetres.
        curve: Record of the own benchmark of faults; it need not exist.
    """

    def __init__(self, settings: MeasureSettings, cameras: Cameras, curve: Path) -> None:
        """Read nothing yet."""
        self.settings, self.cameras, self._curve = settings, cameras, curve

    @classmethod
    def of(cls, home: Home) -> Self:
        """Return what a home folder holds.

        Raises:
            SettingsError: If the settings are wrong.
        """
        settings = MeasureSettings.load(home.configs)
        return cls(settings, Cameras(home.calibrations, settings), home.defects / CURVE_NAME)

    def smallest_px(self) -> dict[str, float]:
        """Return the smallest fault of each kind that is found often enough, in px.

        Raises:
            ModelError: If the record of the benchmark is damaged.
        """
        return smallest_px(self._curve, self.settings.visible_px)


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """One picture, measured.

    Attributes:
        seen: The picture and what was found.
        inspected: For each detection what was measured; None where no drawing was laid.
        scale: Where millimetres came from.
        measure_ms: Wall time of measuring.
        warnings: What the operator should know.
    """

    seen: Seen
    inspected: tuple[Inspected | None, ...]
    scale: Scale
    measure_ms: float
    warnings: tuple[str, ...]


class Inspection:
    """Predicts, measures and judges pictures; threads may share it."""

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
        self._idle = tuple(idle_tolerances(settings.tolerances, self._parts))

    def measured(
        self, data: bytes, name: str, scale_of: ScaleOf, score_threshold: float | None = None
    ) -> Measured:
        """Find the parts in a picture and measure them.

        Args:
            data: An encoded picture.
            name: What to call it in errors.
            scale_of: Source of millimetres.
            score_threshold: As of `/predict`.

        Raises:
            ImageError: If the picture cannot be decoded or is too large.
            CalibrationError: If `scale_of` raises it.
        """
        seen = see_picture(data, self._detector, score_threshold, self._serve, name)
        start = time.perf_counter()
        height, width = seen.image_rgb.shape[:2]
        scale = scale_of(width, height)
        meter = Meter(self._parts, self._settings, scale.ruler, self._smallest_px)
        found = tuple(meter.inspected(seen.image_rgb, seen.prediction.detections))
        spent_ms = 1000 * (time.perf_counter() - start)
        warnings = *self._idle, *_warnings(scale, seen, found)
        return Measured(seen, found, scale, spent_ms, warnings)

    def answer(
        self, measured: Measured, options: PredictOptions, contours: bool = True
    ) -> InspectAnswer:
        """Return the body of `/inspect`.

        Args:
            measured: The picture.
            options: As of `/predict`.
            contours: Whether every place of every contour is told.
        """
        answer = answer_seen(measured.seen, self._version, options, self._serve)
        detections = [
            InspectedAnswer(**dict(each), deviation=_deviation(inspected, contours))
            for each, inspected in zip(answer.detections, measured.inspected, strict=True)
        ]
        timing_ms = dict(answer.timing_ms)
        timing_ms["measure"] = round(measured.measure_ms, 3)
        timing_ms["total"] = round(timing_ms["total"] + measured.measure_ms, 3)
        return InspectAnswer(
            model=answer.model,
            image=answer.image,
            detections=detections,
            timing_ms=timing_ms,
            scale=_scale_answer(measured.scale),
            warnings=list(measured.warnings),
        )

    def overlay(self, measured: Measured) -> Picture:
        """Return the picture with the deviations of its parts; RGB, uint8.

        It is twice as large, unless that were more pixels than a picture may have.
        """
        image_rgb = measured.seen.image_rgb
        zoom = 2 if 4 * image_rgb[..., 0].size <= self._serve.limits.max_pixels else 1
        pairs = [(each.deviation, each.judgement) for each in measured.inspected if each]
        tolerance = self._settings.tolerances.outline
        full = _FULL_PX if tolerance is None or measured.scale.ruler.unit == "px" else tolerance
        return drawn_deviation(image_rgb, pairs, full, zoom)


def _warnings(scale: Scale, seen: Seen, found: Sequence[Inspected | None]) -> tuple[str, ...]:
    """Return what the parts' own scale says about the camera, after this picture."""
    if scale.watch is None:
        return ()
    for detection, inspected in zip(seen.prediction.detections, found, strict=True):
        if inspected is not None and detection.pose is not None:
            scale.watch.seen(detection.pose)
    warning = scale.watch.warning()
    return () if warning is None else (warning,)


def _deviation(inspected: Inspected | None, contours: bool) -> DeviationAnswer | None:
    if inspected is None:
        return None
    record = deviation_record(inspected.deviation, inspected.judgement, contours)
    return DeviationAnswer.model_validate(record)


def _scale_answer(scale: Scale) -> ScaleAnswer:
    return ScaleAnswer(
        unit=scale.ruler.unit,
        px_per_mm=scale.ruler.px_per_mm,
        camera=scale.camera,
        calibration=scale.calibration,
        reason=scale.reason,
    )


def encoded_png(image_rgb: Picture) -> bytes:
    """Return an RGB picture, shape (H, W, 3), as PNG."""
    _, data = cv2.imencode(".png", cv2.cvtColor(image_rgb, cv2.COLOR_RGB2BGR))
    return data.tobytes()
