"""The types that flow between the packages.

Drawings are millimetres with y up; their origin is the centre of the outline's bounding box.
Pictures are pixels with y down and pixel centres at integers: the top left corner of the picture
is (-0.5, -0.5). Points are `(x, y)`, arrays are `[row, column]`.

Terms: a *contour* is one closed curve, sampled; a *part* is one outline with its holes; an
*annotation* is what is true about one object in one picture; a *detection* is what a model says.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypedDict

import numpy as np
from numpy.typing import NDArray

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = ("train", "val", "test")

UNKNOWN_LABEL = "unknown"
"""Label of a detection that fits no drawing."""

AMBIGUOUS = "ambiguous: "
"""How the label of a detection begins that may show either of two drawings: `ambiguous: a | b`."""

OTHER_LABEL = "other"
"""Label of a generated object that is no part: screws, tools, cut-offs, unknown plates."""


class Rle(TypedDict):
    """COCO run-length encoding of a mask: column-major, `size` is (height, width)."""

    size: list[int]
    counts: str


def frozen_array(values: NDArray[np.float64], shape: tuple[int | None, ...]) -> NDArray[np.float64]:
    """Return a read-only float64 copy of `values` after checking its shape.

    Args:
        values: Any array-like.
        shape: Wanted shape; None stands for any length.

    Raises:
        ValueError: If the shape differs or a value is not finite.
    """
    array = np.array(values, dtype=np.float64)
    fits = array.ndim == len(shape) and all(
        want is None or want == have for want, have in zip(shape, array.shape, strict=True)
    )
    if not fits:
        raise ValueError(f"expected an array of shape {shape}, got {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError("expected finite numbers, got NaN or infinity")
    array.setflags(write=False)
    return array


@dataclass(frozen=True, slots=True, eq=False)
class Contour:
    """One closed curve, sampled; the last vertex joins the first.

    Attributes:
        xy_mm: Vertices, shape (N, 2), float64, counter-clockwise with y up, N >= 3.
        layer: Layer of the drawing that most of it lies on; empty if nothing is known of layers.
    """

    xy_mm: NDArray[np.float64]
    layer: str = ""

    def __post_init__(self) -> None:
        """Check the shape and freeze the vertices."""
        array = frozen_array(self.xy_mm, (None, 2))
        if len(array) < 3:
            raise ValueError(f"a contour needs 3 vertices or more, got {len(array)}")
        object.__setattr__(self, "xy_mm", array)


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One flat part: an outline with its holes.

    Attributes:
        name: Unique within a set of drawings; letters, digits, `_`, `-` and `.`.
        outline: Outer contour; the centre of its bounding box is the origin.
        holes: Contours inside the outline, also counter-clockwise.
    """

    name: str
    outline: Contour
    holes: tuple[Contour, ...] = ()

    @property
    def layers(self) -> tuple[str, ...]:
        """Layer of each contour, the outline's first, then the holes' by number."""
        return self.outline.layer, *(hole.layer for hole in self.holes)

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height of the outline's bounding box in mm."""
        low, high = self.outline.xy_mm.min(axis=0), self.outline.xy_mm.max(axis=0)
        return float(high[0] - low[0]), float(high[1] - low[1])


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """Where a part lies in a picture.

    A drawing point p = (x, y) in mm is mirrored to (-x, y) first if `mirrored`, turned by
    `angle_rad` counter-clockwise as seen, scaled and moved:
    u = x_px + s (cos a x - sin a y), v = y_px - s (sin a x + cos a y).

    Attributes:
        x_px: Column of the drawing's origin.
        y_px: Row of the drawing's origin.
        angle_rad: In (-pi, pi].
        px_per_mm: Scale s > 0.
        mirrored: Whether the part shows its back.
        mm_to_px: Exact map of the drawing's plane to the picture, shape (3, 3), where it is
            known better than by the five numbers above.
    """

    x_px: float
    y_px: float
    angle_rad: float
    px_per_mm: float
    mirrored: bool
    mm_to_px: NDArray[np.float64] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Annotation:
    """What is true about one object in one generated picture.

    Attributes:
        instance_id: Its value in the instance mask, 1..255.
        label: Name of the part, or `OTHER_LABEL`.
        xyxy_px: Box round the visible pixels: pixel edges, so x1 - x0 is the width in pixels;
            (0, 0) is the top left edge of the picture.
        area_px: Number of visible pixels.
        visible: Visible pixels.
        whole: All pixels inside the frame, also those hidden by other objects.
        visible_fraction: Visible area / area of the whole part, also outside the frame, 0..1.
        pose: None for other objects.
    """

    instance_id: int
    label: str
    xyxy_px: tuple[float, float, float, float]
    area_px: int
    visible: Rle
    whole: Rle
    visible_fraction: float
    pose: Pose | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One picture with its truth, as the manifest lists it.

    Attributes:
        index: Number of the sample; with the dataset's seed it decides every byte.
        split: `train`, `val` or `test`.
        group: Samples of one group share background and lamps and stay in one split.
        image: Path of the picture, relative to the home folder.
        semantic_mask: Path of the uint8/uint16 PNG: 0 background, 1..C the label's number,
            255 (65535) other object; relative to the home folder.
        instance_mask: Path of the uint8 PNG: 0 background, else `Annotation.instance_id`.
        sha256: Hash of each of its files, the YOLO label included, by its relative path.
        ground: What lies under the objects: the tile of a texture or a photograph by its hash. One
            ground stands in one split.
        real: Whether a camera took it and a model labelled it; else it was generated.
    """

    index: int
    split: Split
    group: str
    image: Path
    semantic_mask: Path
    instance_mask: Path
    width_px: int
    height_px: int
    annotations: tuple[Annotation, ...]
    sha256: dict[str, str] = field(default_factory=dict)
    ground: str = ""
    real: bool = False


@dataclass(frozen=True, slots=True)
class FitQuality:
    """How well a drawing in its place explains what is seen.

    Attributes:
        iou: Overlap of the drawing, where it can be seen, with the object's own mask, 0..1.
        edge_rms_px: Root mean square distance of the picture's edges from the drawing's.
        visible_fraction: Share of the drawing's area that can be seen, 0..1.
        margin: Logarithm of the odds against the runner-up; None without one.
        runner_up: Name of the second best drawing, if there is one.
    """

    iou: float
    edge_rms_px: float
    visible_fraction: float
    margin: float | None
    runner_up: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """What a model says about one object in a picture.

    Attributes:
        label: Name of a part, `UNKNOWN_LABEL`, or two names after `AMBIGUOUS`.
        score: Confidence 0..1.
        xyxy_px: Box round the mask's pixels: pixel edges, as in `Annotation`.
        mask: Shape (H, W) of the picture, bool.
        candidates: Labels and their scores, best first.
        pose: None until the part was registered onto its drawing.
        fit: How well the drawing fits there; None without a pose.
    """

    label: str
    score: float
    xyxy_px: tuple[float, float, float, float]
    mask: NDArray[np.bool_]
    candidates: tuple[tuple[str, float], ...] = ()
    pose: Pose | None = None
    fit: FitQuality | None = None

    @property
    def guess(self) -> tuple[str, float]:
        """The label and its score; of an ambiguous answer those of the likelier drawing."""
        if self.label.startswith(AMBIGUOUS) and self.candidates:
            return self.candidates[0]
        return self.label, self.score
