"""Registered parts of a picture -> measured and judged parts: what `inspect` adds to `predict`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from components.domain import Detection, Part
from components.geometry.masks import mask_count
from components.inspection.deviation import measured_part
from components.inspection.measuring.findings import Deviation
from components.inspection.measuring.laid_drawing import Ruler
from components.inspection.measuring.tolerances import Judgement, judged
from components.inspection.measuring.visible import smallest_mm
from components.settings.measure import MeasureSettings

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Inspected:
    """One part with its verdict.

    Attributes:
        deviation: What was measured.
        judgement: What it means.
    """

    deviation: Deviation
    judgement: Judgement


class Meter:
    """Measures parts of known drawings under one camera; threads may share it."""

    def __init__(
        self,
        parts: Sequence[Part],
        settings: MeasureSettings,
        ruler: Ruler | None = None,
        smallest_px: Mapping[str, float] | None = None,
    ) -> None:
        """Keep what every part needs.

        Args:
            parts: The drawings.
            settings: See `configs/measure_config.yaml`.
            ruler: Source of millimetres; None for lengths in px, which are never judged.
            smallest_px: By kind of fault, the smallest that is found often enough; tolerances
                below it are refused. None if it was never measured.
        """
        self._parts = {part.name: part for part in parts}
        self._settings, self._ruler = settings, ruler or Ruler()
        self._smallest_px = dict(smallest_px or {})

    def inspected(self, image: Picture, detections: Sequence[Detection]) -> list[Inspected | None]:
        """Return what was measured on each detection; None where no drawing was laid.

        Args:
            image: RGB, shape (H, W, 3), uint8.
            detections: Of this picture; each may hide the others.
        """
        height, width = image.shape[:2]
        count = mask_count((detection.mask for detection in detections), height, width)
        answers: list[Inspected | None] = []
        for detection in detections:
            part = self._parts.get(detection.label)
            if part is None or detection.pose is None:
                answers.append(None)
                continue
            others = count > detection.mask
            answers.append(self._one(image, part, detection, others))
        return answers

    def _one(
        self, image: Picture, part: Part, detection: Detection, others: NDArray[np.bool_]
    ) -> Inspected:
        if detection.pose is None:
            raise ValueError(f"{detection.label}: expected a pose, got none")
        found = measured_part(image, part, detection.pose, self._settings, self._ruler, others)
        scale = self._ruler.px_per_mm or detection.pose.px_per_mm
        least = smallest_mm(self._smallest_px, scale)
        judgement = judged(found, self._settings.tolerances, least, part.layers)
        hidden = 1 - found.judged_share
        if judgement.verdict == "ok" and hidden > 1 - self._settings.doubt.least_judged_ok:
            reason = f"no edge was found along {hidden:.0%} of the drawing"
            judgement = replace(judgement, verdict="cannot judge", reason=reason)
        return Inspected(found, judgement)
