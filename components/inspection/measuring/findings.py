"""What was measured on one part: deviations, features, faults.

All lengths are in one *unit*: `mm` if the camera's scale is known, else `px`. An uncertainty is
expanded: the true value lies within it of the measured one in 95 of 100 cases (k = 2).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Unit = Literal["mm", "px"]
HoleState = Literal["present", "missing", "unclear"]
FaultKind = Literal[
    "missing_hole", "extra_hole", "wrong_diameter", "misplaced_hole", "burr", "notch",
    "short_edge", "long_edge",
]  # fmt: skip

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Measure:
    """A length with its expanded uncertainty.

    Attributes:
        value: In the unit of whoever holds it.
        uncertainty: Half the interval of 95 %.
    """

    value: float
    uncertainty: float

    @property
    def significant(self) -> bool:
        """Whether it differs from 0 by more than chance explains."""
        return abs(self.value) > self.uncertainty


@dataclass(frozen=True, slots=True, eq=False)
class ContourDeviation:
    """How far the found edge lies from one contour of the drawing.

    Attributes:
        number: 0 for the outline, else the number of the hole, from 1.
        xy_mm: Places on the drawing, shape (N, 2).
        points_px: The same in the picture.
        normals_px: Out of the material, shape (N, 2).
        deviation: Signed distance, above 0 where there is more material than drawn, shape (N,).
        uncertainty: Expanded, shape (N,).
        judged: Whether an edge was found there, shape (N,).
    """

    number: int
    xy_mm: Floats
    points_px: Floats
    normals_px: Floats
    deviation: Floats
    uncertainty: Floats
    judged: Bools


@dataclass(frozen=True, slots=True)
class Segment:
    """One stretch of the outline between two corners.

    Attributes:
        number: From 1, in the order of the outline.
        start_mm: Where it begins on the drawing.
        end_mm: Where it ends.
        offset: Of the whole stretch; above 0 where there is more material.
        judged_share: Share of it where an edge was found, 0..1.
    """

    number: int
    start_mm: tuple[float, float]
    end_mm: tuple[float, float]
    offset: Measure
    judged_share: float


@dataclass(frozen=True, slots=True)
class Hole:
    """One hole of the drawing.

    Attributes:
        number: From 1, as in the drawing's report.
        at_mm: Its middle on the drawing.
        diameter_mm: Of the circle of its area, as drawn.
        state: Whether it is there.
        position: How far it lies from its place; None unless present.
        size: How much wider it is; None unless present.
        judged_share: Share of its edge that was found, 0..1.
    """

    number: int
    at_mm: tuple[float, float]
    diameter_mm: float
    state: HoleState
    position: Measure | None
    size: Measure | None
    judged_share: float


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that differs from the drawing by more than chance explains.

    Attributes:
        kind: What it is.
        contour: 0 for the outline or inside it, else the number of the hole.
        at_mm: Where, on the drawing.
        size: How far it stands out or goes in, or a diameter.
    """

    kind: FaultKind
    contour: int
    at_mm: tuple[float, float]
    size: Measure


@dataclass(frozen=True, slots=True, eq=False)
class Deviation:
    """What was measured on one part.

    Attributes:
        part: Name of the drawing.
        unit: Of all lengths that are not named otherwise.
        contours: Outline first.
        segments: Of the outline.
        holes: By number.
        faults: What differs, biggest first.
        scale: How much longer the part's longer side is than drawn; None without a calibration.
        scatter_px: Spread of the edge about the drawing.
        judged_share: Share of all edges where one was found, 0..1.
        doubt: Why nothing can be judged; empty if it can.
        least: Smallest fault of the outline that would stand out here.
        unclear: What looks like a burr or a notch and may be a shadow or a pattern.
    """

    part: str
    unit: Unit
    contours: tuple[ContourDeviation, ...]
    segments: tuple[Segment, ...]
    holes: tuple[Hole, ...]
    faults: tuple[Fault, ...]
    scale: Measure | None
    scatter_px: float
    judged_share: float
    doubt: str
    least: float
    unclear: tuple[Fault, ...] = ()
