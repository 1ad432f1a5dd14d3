"""What `/inspect` takes and answers beyond `/predict`: scale, deviations, verdicts.

Lengths of an answer are in its *unit*: `mm` where the scale is known, else `px`. An uncertainty is
expanded: the true value lies within it of the told one in 95 of 100 cases.
"""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from components.inspection.measuring.findings import FaultKind, HoleState, Unit
from components.inspection.measuring.tolerances import Verdict
from components.serving.schemas import (
    DetectionAnswer,
    ErrorBody,
    ModelSummary,
    PictureFacts,
    PredictOptions,
    Share,
)

CAMERA_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"
PointMm = tuple[float, float]


class _Record(BaseModel):
    """Base of what the service sends: made once, never changed."""

    model_config = ConfigDict(frozen=True)


class ScaleOptions(BaseModel):
    """Where a request's millimetres come from, as query parameters."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    camera: str | None = Field(
        default=None,
        pattern=CAMERA_PATTERN,
        description="Whose picture it is: the camera's current calibration gives millimetres. "
        "Left out: that of the camera named `camera`, if there is one.",
    )
    px_per_mm: float | None = Field(
        default=None, ge=0.01, le=1000, description="Scale of the parts, known elsehow."
    )
    above_mm: float = Field(
        default=0.0,
        ge=-1000,
        le=1000,
        description="Height of the parts' upper faces over the calibration board's plane.",
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.px_per_mm is not None and (self.camera is not None or self.above_mm):
            raise ValueError("give px_per_mm, or a camera and the height over its board, not both")
        return self


class InspectOptions(ScaleOptions, PredictOptions):
    """What a request for an inspection may ask for, as query parameters."""

    contours: bool = Field(
        default=True, description="Whether to answer the deviation of every place of every contour."
    )


class InspectOverlayOptions(ScaleOptions):
    """What a request for a drawn inspection may ask for, as query parameters."""

    score_threshold: Share | None = Field(default=None, description="As of `/predict`.")


class ScaleAnswer(_Record):
    """Where the millimetres of an answer come from."""

    unit: Unit
    px_per_mm: float | None = Field(description="As the request gave it; null if it did not.")
    camera: str | None = Field(description="Whose calibration was used; null for none.")
    calibration: str | None = Field(description="Version of the calibration; null for none.")
    reason: str = Field(description="Why lengths are in pixels; empty if they are not.")


class MeasureAnswer(_Record):
    """A length, signed where a direction matters: above 0 is more than drawn."""

    value: float | None = Field(description="Null if nothing was found.")
    uncertainty: float | None = Field(ge=0, description="Null if it is not known at all.")


class FeatureAnswer(_Record):
    """The verdict on one feature of a part."""

    feature: str = Field(description="What was judged, such as `hole 3 diameter`.")
    verdict: Verdict
    deviation_mm: MeasureAnswer | None
    tolerance_mm: float | None
    reason: str


class FaultAnswer(_Record):
    """Something that differs from the drawing by more than chance explains."""

    kind: FaultKind
    contour: int = Field(ge=0, description="0 for the outline, else the hole's number.")
    at_mm: PointMm = Field(description="Where, on the drawing.")
    size: MeasureAnswer | None


class SegmentAnswer(_Record):
    """One stretch of the outline between two corners."""

    number: int
    start_mm: PointMm
    end_mm: PointMm
    offset: MeasureAnswer | None
    judged_share: Share


class HoleAnswer(_Record):
    """One hole of the drawing."""

    number: int
    at_mm: PointMm
    diameter_mm: float | None
    state: HoleState
    position: MeasureAnswer | None = Field(description="How far it lies from its place.")
    size: MeasureAnswer | None = Field(description="How much wider it is than drawn.")
    judged_share: Share


class ContourAnswer(_Record):
    """How far the found edge lies from one contour of the drawing, place by place."""

    number: int = Field(description="0 for the outline, else the hole's number.")
    points_px: list[tuple[float, float]]
    deviation: list[float | None] = Field(
        description="For each point, above 0 where there is more material; null: no edge found."
    )
    uncertainty: float | None


class DeviationAnswer(_Record):
    """What was measured on one part, and the verdict."""

    verdict: Verdict
    reason: str
    unit: Unit
    judged_share: Share = Field(description="Share of the drawing's edges that were found.")
    scatter_px: float | None
    least_fault: float | None = Field(description="Smallest fault that would stand out here.")
    size: MeasureAnswer | None = Field(description="How much longer the part is than drawn.")
    features: list[FeatureAnswer]
    faults: list[FaultAnswer]
    segments: list[SegmentAnswer]
    holes: list[HoleAnswer]
    contours: list[ContourAnswer] | None = Field(
        default=None, description="Outline first; null if the request left them out."
    )


class InspectedAnswer(DetectionAnswer):
    """One object that was found, measured and judged."""

    deviation: DeviationAnswer | None = Field(description="Null if no drawing was laid on it.")


class InspectAnswer(_Record):
    """Answer of `/inspect`: everything found in one picture, with deviations and verdicts."""

    model: ModelSummary
    image: PictureFacts
    detections: list[InspectedAnswer]
    timing_ms: dict[str, float] = Field(description="Milliseconds by stage of the work.")
    scale: ScaleAnswer
    warnings: list[str] = Field(
        description="What the operator should know, such as a camera that has moved."
    )


class InspectBatchItem(_Record):
    """One picture of a batch: its answer, or why there is none."""

    name: str
    answer: InspectAnswer | None
    error: ErrorBody | None


class InspectBatchAnswer(_Record):
    """Answer of `/inspect/batch`, in the order of the pictures."""

    items: list[InspectBatchItem]
