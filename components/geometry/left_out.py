"""What a drawing loses by what is left out, in words: closed curves of a linetype, everything."""

from collections import Counter

import numpy as np
from ezdxf.document import Drawing as Document

from components.geometry.drawing import counted, listed_places, shown
from components.geometry.harvest import Curve, Harvest
from components.geometry.joining import JoinSettings, joined


def closed_aside(curves: list[Curve], joins: JoinSettings) -> list[str]:
    """Return a warning if curves that were left out for their linetype close.

    A hole that somebody drew dashed would be lost without a word; single centre lines are not.

    Args:
        curves: The curves that were left out.
        joins: Tolerances in drawing units.
    """
    if not curves:
        return []
    origin = np.floor(np.min([curve.xy.min(axis=0) for curve in curves], axis=0))
    rings = joined([curve.xy - origin for curve in curves], joins).rings
    if not rings:
        return []
    middles = [(ring.min(axis=0) + ring.max(axis=0)) / 2 + origin for ring in rings]
    return [
        f"{counted(len(rings), 'closed contour')} left out for their linetype "
        f"({listed_places(middles)}); if they are cut, draw them solid or take their linetype out "
        "of ignore_linetypes"
    ]


def nothing_left(document: Document, harvest: Harvest) -> str:
    """Say why a drawing without curves has none."""
    counts: Counter[tuple[str, str]] = Counter()
    for count in harvest.dropped_counts():
        counts[count.rule, count.entity] += count.count
    if counts:
        said = [f"{n} {shown(entity)} ({rule})" for (rule, entity), n in sorted(counts.items())]
        return f"no curves to cut; everything was left out: {'; '.join(said)}"
    places = []
    if any(len(layout) for layout in document.layouts if layout.name != "Model"):
        places.append("paper space holds some")
    if any(len(block) for block in document.blocks if not block.name.startswith("*")):
        places.append("a block that is not inserted holds some")
    hint = f" ({', '.join(places)})" if places else ""
    return f"no entities in the model space{hint}"
