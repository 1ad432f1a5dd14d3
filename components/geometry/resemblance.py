"""What comparing parts gave: symmetries, and pairs that look alike."""

from dataclasses import dataclass
from typing import Any, Literal

Relation = Literal["duplicate", "mirror pair", "confusable"]


@dataclass(frozen=True, slots=True)
class Symmetry:
    """Symmetry of one part, holes included.

    Attributes:
        name: Of the part.
        order: In how many positions a full turn shows the same shape; 0 for a disc.
        mirrored: Whether front and back show the same shape.
    """

    name: str
    order: int
    mirrored: bool


@dataclass(frozen=True, slots=True)
class Feature:
    """The biggest difference of two parts laid on each other.

    Attributes:
        x_mm: Its middle in the first part's coordinates.
        y_mm: See x_mm.
        width_mm: Diameter of the biggest circle in it.
        area_mm2: Its area.
        px_per_mm: Resolution that shows it.
    """

    x_mm: float
    y_mm: float
    width_mm: float
    area_mm2: float
    px_per_mm: float


@dataclass(frozen=True, slots=True)
class Resemblance:
    """Two parts that look alike.

    Attributes:
        first: Name of one part.
        second: Name of the other.
        relation: See the module.
        iou: Area in common over area of both, in the best position.
        angle_deg: Turn of the second part, after mirroring, that brings it there.
        mirrored: Whether the second part shows its back there.
        feature: What differs; None for duplicates and mirror pairs.
    """

    first: str
    second: str
    relation: Relation
    iou: float
    angle_deg: float
    mirrored: bool
    feature: Feature | None


@dataclass(frozen=True, slots=True)
class SimilarityReport:
    """Symmetries of all parts and all pairs that look alike, most alike first."""

    symmetries: tuple[Symmetry, ...]
    pairs: tuple[Resemblance, ...]


def similarity_to_json(report: SimilarityReport) -> dict[str, Any]:
    """Return the report as plain values for JSON, the model card and pages."""
    return {
        "parts": [
            {"name": s.name, "rotation_order": s.order, "mirror_symmetric": s.mirrored}
            for s in report.symmetries
        ],
        "pairs": [
            {
                "first": pair.first,
                "second": pair.second,
                "relation": pair.relation,
                "iou": round(pair.iou, 5),
                "angle_deg": round(pair.angle_deg, 3),
                "mirrored": pair.mirrored,
                "feature": None
                if pair.feature is None
                else {
                    "x_mm": round(pair.feature.x_mm, 3),
                    "y_mm": round(pair.feature.y_mm, 3),
                    "width_mm": round(pair.feature.width_mm, 3),
                    "area_mm2": round(pair.feature.area_mm2, 3),
                    "px_per_mm": round(pair.feature.px_per_mm, 3),
                },
            }
            for pair in report.pairs
        ],
    }
