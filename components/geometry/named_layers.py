"""Layers that were left out for their names, though what they hold says otherwise.

A name is a hint, no proof: the outline of a picture frame may lie on a layer `Frame` and its holes
on another. Without the outline each hole would be a part. So a layer is cut whatever its name says
if a contour on it goes round everything else that is cut. A sheet frame does so too: a plain
rectangle round anything but single holes stays left out, and is told.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from components.geometry.drawing import counted, shown
from components.geometry.harvest import Curve, Harvest
from components.geometry.joining import JoinSettings, joined
from components.geometry.rectangles import are_level
from components.geometry.sheet_content import ROUND

Points = NDArray[np.float64]

ASK = "name the layers that are cut with --cut-layers"


@dataclass(frozen=True, slots=True, eq=False)
class NamedLayer:
    """A layer that was left out for its name.

    Attributes:
        name: Its name.
        meaning: What the name says.
        rings: Closed contours on it, each of shape (N, 2).
        is_around: Whether one of them goes round everything that is cut, of which none is a part
            with holes: it may be the outline.
        is_outline: Whether it must be the outline.
    """

    name: str
    meaning: str
    rings: list[Points]
    is_around: bool = False
    is_outline: bool = False

    def spared(self) -> str:
        """Return the warning of a layer that is cut all the same."""
        why = "its contour goes round all others" if self.is_around else "no other contour is there"
        return (
            f"layer '{shown(self.name)}' is cut, though its name says {self.meaning}: {why}; "
            "leave it out with --ignore-layers if it is not"
        )

    def left_out(self) -> str:
        """Return the warning of a layer that stays left out; empty if no contour is lost."""
        if not self.rings:
            return ""
        round_all = "; one goes round all others: is it the outline?" if self.is_around else ""
        return (
            f"layer '{shown(self.name)}' with {counted(len(self.rings), 'closed contour')} left "
            f"out: its name says {self.meaning}{round_all}; if it is cut, {ASK}"
        )


def named_layers(harvest: Harvest, joins: JoinSettings) -> list[NamedLayer]:
    """Return the layers that were left out for their names.

    Args:
        harvest: What was collected.
        joins: Tolerances in drawing units.
    """
    content = _Content(harvest.curves, joins)
    layers = []
    for name, meaning in harvest.meanings().items():
        curves = [curve.xy for curve in harvest.named if curve.layer == name]
        rings = joined(curves, joins).rings if curves else []
        around = [ring for ring in rings if content.may_be_holes_in(ring)]
        outlines = [ring for ring in around if not content.may_be_framed_by(ring)]
        layers.append(NamedLayer(name, meaning, rings, bool(around), bool(outlines)))
    return layers


class _Content:
    """What is cut, to be asked what a contour round it is."""

    def __init__(self, curves: list[Curve], joins: JoinSettings) -> None:
        """Keep the curves."""
        self._curves, self._joins = curves, joins

    def may_be_holes_in(self, ring: Points) -> bool:
        """Return whether there is something, all of it within a ring, and none of it a part."""
        return bool(self._curves) and self._lies_in(ring) and not self._holds_parts()

    def may_be_framed_by(self, ring: Points) -> bool:
        """Return whether a ring round everything may be the border of a sheet, not of the part."""
        level = bool(are_level([np.vstack([ring, ring[:1]])])[0])
        holes_alone = all(curve.entity in ROUND for curve in self._curves)
        return level and not holes_alone

    def _lies_in(self, ring: Points) -> bool:
        """Return whether all curves lie within a ring."""
        points = np.concatenate([curve.xy for curve in self._curves])
        low, high = ring.min(axis=0), ring.max(axis=0)
        if (points.min(axis=0) <= low).any() or (points.max(axis=0) >= high).any():
            return False
        area = shapely.Polygon(ring)
        shapely.prepare(area)
        return bool(area.is_valid and shapely.contains_xy(area, *points.T).all())

    def _holds_parts(self) -> bool:
        """Return whether a contour lies in another: then these are parts already."""
        rings = joined([curve.xy for curve in self._curves], self._joins).rings
        areas = np.array([shapely.Polygon(ring) for ring in rings], dtype=np.object_)
        starts = shapely.points(np.array([ring[0] for ring in rings]).reshape(-1, 2))
        inner, outer = shapely.STRtree(areas).query(starts, predicate="within")
        return bool((inner != outer).any())
