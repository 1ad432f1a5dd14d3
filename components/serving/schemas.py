"""What the HTTP API takes and answers, as pydantic models; `/docs` shows them.

Pixels have y down and their centres at integers. Boxes are given by pixel edges: a box round the
single pixel (3, 5) is [3, 5, 4, 6]. Polygons are given by pixel centres.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
Point = tuple[int, int]


class _Answer(BaseModel):
    """Base of what the service sends: made once, never changed."""

    model_config = ConfigDict(frozen=True)


class ModelSummary(_Answer):
    """Which model answered."""

    version: str


class PictureQuality(_Answer):
    """Figures that tell a good picture from a dark, blurred or glaring one."""

    brightness: float = Field(ge=0, le=255, description="Mean grey value, 0 black to 255 white.")
    sharpness: float = Field(
        ge=0, description="Variance of the grey values' Laplacian; a blurred picture is near 0."
    )
    saturated_share: Share = Field(description="Share of pixels with a channel at 255: glare.")


class PictureFacts(_Answer):
    """What was seen of the picture itself."""

    width_px: int
    height_px: int
    quality: PictureQuality


class RleAnswer(_Answer):
    """COCO run-length encoding of a mask: column-major, `size` is [height, width]."""

    size: tuple[int, int]
    counts: str


class PolygonAnswer(_Answer):
    """One connected region of a mask: its outline and its holes, as (x, y) points."""

    outline_px: list[Point]
    holes_px: list[list[Point]]


class PoseAnswer(_Answer):
    """Where the drawing's origin, the centre of the outline's box, lies and how it is turned.

    Under a tilted camera no single angle tells it all: `angle_deg` and `px_per_mm` are those of
    the similarity nearest to `mm_to_px` at the origin, which prefers no axis of the drawing.
    """

    x_px: float
    y_px: float
    angle_deg: float = Field(
        gt=-180,
        le=180,
        description="Turn, counter-clockwise as seen: the rotation nearest to `mm_to_px` at the "
        "drawing's origin. A mirrored part is mirrored (x becomes -x) first.",
    )
    px_per_mm: float = Field(gt=0, description="Scale at the drawing's origin.")
    mirrored: bool = Field(description="Whether the part shows its back.")
    fit_iou: Share = Field(
        description="Overlap of the placed drawing, where it can be seen, with the object's own "
        "mask: the network's, or that of plain image processing."
    )
    edge_rms_px: float = Field(
        ge=0, description="Distance of the picture's edges from the drawing's; 3 at most."
    )
    visible_fraction: Share = Field(description="Share of the drawing's area that can be seen.")
    runner_up: str | None = Field(description="The second best drawing; null if none is near.")
    margin: float | None = Field(
        description="Logarithm of the odds against the runner-up; null without one."
    )
    mm_to_px: list[list[float]] = Field(
        description="Homography, 3x3, from the drawing (mm, y up, origin in the middle of the "
        "outline's box) to the picture (px, y down, pixel centres at integers)."
    )


class CandidateAnswer(_Answer):
    """One drawing the object could be."""

    label: str
    score: Share


class DetectionAnswer(_Answer):
    """One object that was found."""

    label: str = Field(
        description="Name of the drawing; `unknown` if none fits; `ambiguous: a | b` if the "
        "picture cannot tell two near-identical drawings apart."
    )
    score: Share = Field(
        description="Probability that the label is right and the mask in its place; of an unknown "
        "object, that there is one."
    )
    xyxy_px: tuple[float, float, float, float]
    segmentation: RleAnswer | None = Field(
        description="Visible pixels of the drawing in its place; of an unknown object what the "
        "network saw. Null if the request left masks out."
    )
    polygons: list[PolygonAnswer] | None = Field(description="Null if the request left them out.")
    pose: PoseAnswer | None = Field(description="Null if the object is unknown.")
    candidates: list[CandidateAnswer] = Field(description="Best first.")


class PredictAnswer(_Answer):
    """Answer of `/predict`: everything found in one picture."""

    model: ModelSummary
    image: PictureFacts
    detections: list[DetectionAnswer]
    timing_ms: dict[str, float] = Field(description="Milliseconds by stage of the work.")


class PredictOptions(BaseModel):
    """What a request may ask for, as query parameters."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    score_threshold: Share | None = Field(
        default=None,
        description="Lowest score to answer; that of the settings if left out. What is seen as "
        "surely and no drawing explains is `unknown`.",
    )
    masks: bool = Field(default=True, description="Whether to answer run-length encoded masks.")
    polygons: bool = Field(default=True, description="Whether to answer polygons.")


class OverlayOptions(BaseModel):
    """What a request for a drawn picture may ask for, as query parameters."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    score_threshold: Share | None = Field(default=None, description="As of `/predict`.")


class ErrorBody(_Answer):
    """What went wrong and what to do."""

    status: int
    code: str = Field(description="Fixed word for programs, such as `picture_too_large`.")
    message: str
    remedy: str
    id: str = Field(description="Stands in the service's log and in the header X-Request-Id.")


class ErrorAnswer(_Answer):
    """Every answer but a good one."""

    error: ErrorBody


class BatchItem(_Answer):
    """One picture of a batch: its answer, or why there is none."""

    name: str
    answer: PredictAnswer | None
    error: ErrorBody | None


class BatchAnswer(_Answer):
    """Answer of `/predict/batch`, in the order of the pictures."""

    items: list[BatchItem]


class ReadyAnswer(_Answer):
    """Answer of `/readyz`."""

    status: Literal["ready"]
    version: str
    since: datetime


class ModelAnswer(_Answer):
    """Answer of `/model`: the model in use."""

    version: str
    created: datetime
    loaded: datetime
    card: dict[str, object]


class DrawingSummary(_Answer):
    """One drawing the model in use knows."""

    name: str
    width_mm: float
    height_mm: float
    hole_count: int


class DrawingsAnswer(_Answer):
    """Answer of `/drawings`."""

    drawings: list[DrawingSummary]


class PageFacts(_Answer):
    """What the operator's page must know before it asks anything."""

    token_needed: bool = Field(description="Whether other routes want an access token.")
    max_body_bytes: int
    max_pixels: int
