"""Average precision of objects by size, by how much of them shows and how much they stand out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from components.modeling.coco_scores import (
    ANYTHING,
    FoundObject,
    Measured,
    Precision,
    Range,
    TrueObject,
    mean_precision,
    precision_by_range,
    without_labels,
)


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """Figures of some of the objects.

    Attributes:
        name: What they have in common.
        objects: How many there are.
        found: Share of them that a detection above the model's threshold overlaps by half, whatever
            its label.
        map: Mean over the labels of COCO mask AP.
        agnostic_map: COCO mask AP when labels do not count.
        agnostic_map50: The same at overlap .50.
    """

    name: str
    objects: int
    found: float
    map: float
    agnostic_map: float
    agnostic_map50: float


SIZES: dict[str, Range] = {
    "small, below 32² px": (0.0, 32.0**2),
    "medium, below 96² px": (32.0**2, 96.0**2),
    "large": (96.0**2, 1e12),
}
"""Visible pixels, in COCO's three sizes."""

VISIBLE: dict[str, Range] = {
    "below half": (0.0, 0.5),
    "half to 95 %": (0.5, 0.95),
    "whole": (0.95, 1e12),
}
"""Visible share of the part; the rest is covered or outside the picture."""

CONTRASTS: dict[str, Range] = {
    "faint, below 10": (0.0, 10.0),
    "medium, below 25": (10.0, 25.0),
    "clear": (25.0, 1e12),
}
"""Difference of colour inside and outside the border, `contrast_of`."""


def figures_by_group(
    truth: Sequence[TrueObject],
    found: Sequence[FoundObject],
    pictures: int,
    measured: Measured,
    seen: Sequence[bool],
    groups: dict[str, Range],
) -> tuple[GroupFigures, ...]:
    """Return the figures of each group; one without objects is left out.

    Args:
        truth: All objects there are.
        found: All objects a model names.
        pictures: How many pictures there are.
        measured: The number that decides the group.
        seen: Whether each true object was found, whatever its label.
        groups: Their names and ranges.
    """
    ranges = list(groups.values())
    by_label = precision_by_range(truth, found, pictures, measured, ranges)
    agnostic = precision_by_range(*without_labels(truth, found), pictures, measured, ranges)
    values, hits = np.array(measured.truth), np.array(seen, np.bool_)
    figures = []
    for (name, (low, high)), labels, anything in zip(
        groups.items(), by_label, agnostic, strict=True
    ):
        inside = (values >= low) & (values < high)
        if not inside.any():
            continue
        whole = anything.get(ANYTHING, Precision(0.0, 0.0))
        figures.append(
            GroupFigures(
                name=name,
                objects=int(inside.sum()),
                found=float(hits[inside].mean()),
                map=mean_precision(labels).ap,
                agnostic_map=whole.ap,
                agnostic_map50=whole.ap50,
            )
        )
    return tuple(figures)
