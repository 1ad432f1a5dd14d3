"""What comparing parts gave: symmetries, and pairs that look alike.

*Duplicate*: the same shape twice. *Mirror pair*: one is the back of the other. *Scaled copy*: the
same shape in another size; a camera that is not calibrated sees no difference. *Confusable*: the
overlap (IoU) is above a limit; the feature that differs is told.
"""

from dataclasses import dataclass
from typing import Any, Literal

Relation = Literal["duplicate", "mirror pair", "scaled copy", "confusable"]

ONE_SIZE = 0.9
"""Ratio of areas from which two parts count as of one size."""


def is_one_size(scale: float) -> bool:
    """Return whether parts of that ratio of lengths count as of one size."""
    return ONE_SIZE <= scale**2 <= 1 / ONE_SIZE


@dataclass(frozen=True, slots=True)
class Symmetry:
    """Symmetry of one part, holes included.

    Attributes:
        name: Of the part.
        order: In how many positions a full turn shows the same shape; 0 for a disc.
        mirrored: Whether front and back show the same shape.
        tolerance_mm: Differences thinner than twice this were taken for drawing noise.
    """

    name: str
    order: int
    mirrored: bool
    tolerance_mm: float


@dataclass(frozen=True, slots=True)
class Feature:
    """The biggest difference of two parts laid on each other.

    Attributes:
        text: What it is, in words.
        first_hole: Number of the first part's hole that differs, from 1; None if none does.
        second_hole: Likewise of the second part; both None for an edge of the outline.
        x_mm: Its middle in the first part's coordinates.
        y_mm: See x_mm.
        width_mm: Diameter of the biggest circle in it.
        area_mm2: Its area.
        px_per_mm: Resolution that shows it.
        count: How many separate places differ, this one included.
    """

    text: str
    first_hole: int | None
    second_hole: int | None
    x_mm: float
    y_mm: float
    width_mm: float
    area_mm2: float
    px_per_mm: float
    count: int


@dataclass(frozen=True, slots=True)
class Resemblance:
    """Two parts that look alike.

    The second part lies best on the first when it is mirrored to (-x, y) if `mirrored`, turned by
    `angle_deg` about its origin, enlarged by `scale`, and its origin moved to (x_mm, y_mm).

    Attributes:
        first: Name of one part.
        second: Name of the other.
        relation: See the module.
        iou: Area in common over area of both, in the best position.
        angle_deg: Turn, counter-clockwise, -180..180.
        mirrored: Whether the second part shows its back there.
        feature: What differs; None where nothing but side or size does.
        x_mm: In the first part's coordinates.
        y_mm: See x_mm.
        scale: 1 for parts of one size.
    """

    first: str
    second: str
    relation: Relation
    iou: float
    angle_deg: float
    mirrored: bool
    feature: Feature | None
    x_mm: float = 0.0
    y_mm: float = 0.0
    scale: float = 1.0

    @property
    def one_size(self) -> bool:
        """Whether size alone does not keep a calibrated camera from confusing the two."""
        return is_one_size(self.scale)

    def difference(self) -> str:
        """Return what tells the two apart, in words."""
        if self.relation == "duplicate":
            return "nothing: the same shape twice"
        size = f"size by the factor {self.scale:.4g}" if self.scale != 1.0 else ""
        side = "the side that is up" if self.relation == "mirror pair" else ""
        if self.relation == "scaled copy":
            size += "; only a calibrated camera can tell"
            side = "the side that is up" if self.mirrored else ""
        text = self.feature.text if self.feature else ""
        return ", ".join(filter(None, (text, side, size)))


@dataclass(frozen=True, slots=True)
class Member:
    """One part of a family.

    Attributes:
        name: Of the part.
        factor: Its size over that of the smallest part of the family.
        mirrored: Whether it is the back of the first part of the family, as they were read.
    """

    name: str
    factor: float
    mirrored: bool


@dataclass(frozen=True, slots=True)
class Family:
    """Parts of one shape in different sizes, the smallest first."""

    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class SimilarityReport:
    """Symmetries of all parts and all pairs that look alike, most alike first.

    A part that is another one in another size is a pair with that one alone, not with all that
    have the shape: `families` has them together.
    """

    symmetries: tuple[Symmetry, ...]
    pairs: tuple[Resemblance, ...]

    def of_one_size(self) -> tuple[Resemblance, ...]:
        """Return the pairs of different shapes that any camera may confuse.

        Of parts drawn more than once only the first counts: the others are in `repeats`. Of the
        two sides of a part only the nearer one counts.
        """
        again = {name for names in self.repeats() for name in names[1:]}
        nearest: dict[tuple[str, str], Resemblance] = {}
        for pair in self.pairs:
            if pair.one_size and not again & {pair.first, pair.second}:
                nearest.setdefault((pair.first, pair.second), pair)
        return tuple(pair for pair in nearest.values() if pair.relation != "duplicate")

    def of_other_sizes(self) -> tuple[Resemblance, ...]:
        """Return the pairs that differ in size and in a feature."""
        return tuple(pair for pair in self.pairs if not pair.one_size and pair.feature is not None)

    def repeats(self) -> tuple[tuple[str, ...], ...]:
        """Return the names of parts drawn more than once in one size, as they were read."""
        same: dict[str, list[str]] = {}
        for pair in self.pairs:
            if pair.relation == "duplicate":
                one, other = (same.get(name, [name]) for name in (pair.first, pair.second))
                if one is not other:
                    one += other
                    same.update(dict.fromkeys(one, one))
        order = {symmetry.name: index for index, symmetry in enumerate(self.symmetries)}
        groups = {id(names): sorted(names, key=order.__getitem__) for names in same.values()}
        return tuple(sorted(map(tuple, groups.values()), key=lambda names: order[names[0]]))

    def families(self) -> tuple[Family, ...]:
        """Return the shapes that come in sizes that a calibrated camera tells apart."""
        pairs = [pair for pair in self.pairs if pair.scale != 1.0 and pair.feature is None]
        seconds = {pair.second for pair in pairs if not pair.one_size}
        copies: dict[str, list[Member]] = {}
        for pair in pairs:
            if pair.first not in seconds:
                own = copies.setdefault(pair.first, [Member(pair.first, 1.0, False)])
                own.append(Member(pair.second, 1 / pair.scale, pair.mirrored))
        return tuple(
            _family(members)
            for members in copies.values()
            if seconds & {member.name for member in members}
        )


def _family(members: list[Member]) -> Family:
    """Return a family with sizes relative to the smallest."""
    least = min(member.factor for member in members)
    relative = [Member(one.name, one.factor / least, one.mirrored) for one in members]
    return Family(tuple(sorted(relative, key=lambda one: (one.factor, one.name))))


def similarity_to_json(report: SimilarityReport) -> dict[str, Any]:
    """Return the report as plain values for JSON, the model card and pages.

    Pairs that are `folded` are told by `repeats`, by `families` or by a pair with the first of
    several parts of one shape, or differ in size as well.
    """
    alone = set(report.of_one_size())
    return {
        "parts": [
            {
                "name": s.name,
                "rotation_order": s.order,
                "mirror_symmetric": s.mirrored,
                "tolerance_mm": round(s.tolerance_mm, 4),
            }
            for s in report.symmetries
        ],
        "pairs": [_pair_to_json(pair) | {"folded": pair not in alone} for pair in report.pairs],
        "repeats": [list(names) for names in report.repeats()],
        "families": [
            [
                {
                    "name": member.name,
                    "factor": round(member.factor, 6),
                    "mirrored": member.mirrored,
                }
                for member in family.members
            ]
            for family in report.families()
        ],
    }


def _pair_to_json(pair: Resemblance) -> dict[str, Any]:
    """Return one pair, rounded."""
    return {
        "first": pair.first,
        "second": pair.second,
        "relation": pair.relation,
        "difference": pair.difference(),
        "iou": round(pair.iou, 5),
        "angle_deg": round(pair.angle_deg, 3),
        "x_mm": round(pair.x_mm, 4),
        "y_mm": round(pair.y_mm, 4),
        "scale": round(pair.scale, 6),
        "mirrored": pair.mirrored,
        "feature": None if pair.feature is None else _feature_to_json(pair.feature),
    }


def _feature_to_json(feature: Feature) -> dict[str, Any]:
    """Return one feature, rounded."""
    return {
        "text": feature.text,
        "first_hole": feature.first_hole,
        "second_hole": feature.second_hole,
        "x_mm": round(feature.x_mm, 3),
        "y_mm": round(feature.y_mm, 3),
        "width_mm": round(feature.width_mm, 4),
        "area_mm2": round(feature.area_mm2, 4),
        "px_per_mm": round(feature.px_per_mm, 3),
        "count": feature.count,
    }
