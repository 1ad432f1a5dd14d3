"""Which parts a camera could take for one another, and what tells them apart.

All parts are compared with each other: first what no place, turn or size could make alike is left
out by the signatures (`signature.py`), then the second part is laid on the first from the angles
that look best (`laying.py`), and what is left uncovered then is the feature that differs
(`differences.py`). How thick it is says how many pixels a millimetre needs to show it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from components.domain import Part
from components.geometry.differences import biggest_difference, uncovered
from components.geometry.laying import Lay, Shape, iou, prepared_shape
from components.geometry.resemblance import Relation, Resemblance, SimilarityReport, Symmetry
from components.geometry.signature import likeness, likeness_bound
from components.geometry.starts import best_lays, centres
from components.geometry.symmetry import symmetry_of
from components.progress import Progress, SilentProgress, stage

TOLERANCE, LEAST_MM, MOST_MM = 1e-3, 0.01, 0.1
"""Tolerance as a share of a part's diagonal; not below what curves are sampled with."""

SLACK, RESIZED_SLACK = 0.15, 0.05
"""By how much the overlap of cells about two centres may fall short of the true one; of two parts
in other sizes only those are told that are alike about the same centre."""

MOST_RESIZED = 2.0
"""Factor of size up to which parts that differ in a feature are compared: an uncalibrated camera
may be twice as near at one time as at another. The same shape is told in any size."""

COPIES = 0.02
"""Share by which ratios of one shape in two sizes may differ, as its curves are sampled anew."""

CLOSE = 0.005
"""Overlaps that differ by less are compared by what they leave uncovered."""


def similarity_report(
    parts: Sequence[Part], min_iou: float = 0.9, progress: Progress | None = None
) -> SimilarityReport:
    """Compare all parts with each other.

    Args:
        parts: With unique names.
        min_iou: Overlap from which two parts count as confusable, 0..1.
        progress: Listener; None tells nobody.
    """
    listener = progress or SilentProgress()
    shapes: list[Shape] = []
    symmetries: list[Symmetry] = []
    with stage(listener, "measure parts", len(parts), "parts") as bar:
        for part in parts:
            shape = prepared_shape(part, tolerance_of(part))
            symmetries.append(symmetry_of(shape))
            shapes.append(replace(shape, order=symmetries[-1].order))
            bar.advance(1, part.name)
    pairs = _pairs(shapes, symmetries, min_iou, listener)
    pairs.sort(key=lambda pair: (pair.scale != 1.0, -pair.iou, pair.first, pair.second))
    return SimilarityReport(tuple(symmetries), tuple(pairs))


def _pairs(
    shapes: Sequence[Shape], symmetries: Sequence[Symmetry], min_iou: float, listener: Progress
) -> list[Resemblance]:
    """Return all pairs that look alike.

    A part that is another one in another size is compared in other sizes with nothing else: what
    is like it is like that one.
    """
    found: list[Resemblance] = []
    copies: set[int] = set()
    count = len(shapes)
    with stage(listener, "compare parts", count * (count - 1) // 2, "pairs") as bar:
        for index in range(count - 1):
            for other in range(index + 1, count):
                resized = not copies & {index, other}
                mirror = not (symmetries[index].mirrored or symmetries[other].mirrored)
                alike = _resemblances(shapes[index], shapes[other], mirror, resized, min_iou)
                if any(pair.feature is None and pair.scale != 1.0 for pair in alike):
                    copies.add(other)
                found += alike
            bar.advance(count - 1 - index, f"{len(found)} alike")
    return found


def tolerance_of(part: Part) -> float:
    """Return half the thickness in mm below which a difference is drawing noise.

    A thousandth of the part's diagonal, at least 0.01 mm and at most 0.1 mm.
    """
    return float(np.clip(TOLERANCE * np.hypot(*part.size_mm), LEAST_MM, MOST_MM))


def _resemblances(
    one: Shape, other: Shape, mirror: bool, resized: bool, min_iou: float
) -> list[Resemblance]:
    """Return how two parts are alike: face to face, and face to back if that is nearer.

    Args:
        one: Lies still.
        other: Is laid on it.
        mirror: Whether the back of a part shows another shape than its face.
        resized: Whether to compare them in other sizes than their own.
        min_iou: Least overlap.
    """
    found: list[Resemblance] = []
    for mirrored in (False, True) if mirror else (False,):
        best = _nearest(one, other, mirrored, resized, min_iou)
        if best is not None and not (found and best.iou <= found[0].iou + 1e-4):
            found.append(best)
        if found and found[0].feature is None:
            break
    return found


def _nearest(
    one: Shape, other: Shape, mirrored: bool, resized: bool, min_iou: float
) -> Resemblance | None:
    """Return how two parts are alike in their own sizes, or else enlarged; None if they are not."""
    areas = sorted((one.polygon.area, other.polygon.area))
    near = areas[0] >= min_iou * areas[1]
    same_size = _compared(one, other, 1.0, mirrored, min_iou) if near else None
    if same_size is not None and same_size.feature is None:
        return same_size
    scale = float(np.sqrt(one.polygon.area / other.polygon.area))
    if not (resized or near) or abs(scale - 1) * one.reach_mm < one.tolerance_mm:
        return same_size
    enlarged = _compared(one, other, scale, mirrored, min_iou)
    # A small feature that differs also changes the best size a little: that is no other size.
    if same_size is not None and (enlarged is None or enlarged.feature is not None):
        return same_size
    return enlarged


def _compared(
    one: Shape, other: Shape, scale: float, mirrored: bool, min_iou: float
) -> Resemblance | None:
    """Return how two parts are alike at a size; None if they are not.

    Args:
        one: Lies still.
        other: Is laid on it.
        scale: Enlargement of the other; 1 stays 1, others are refined.
        mirrored: Whether the other shows its back.
        min_iou: Least overlap.
    """
    if not _may_be_alike(one, other, scale, mirrored, min_iou):
        return None
    found = _best(one, other, best_lays(one, other, scale, mirrored, min_iou))
    if found is None or found[0] < min_iou:
        return None
    overlap, lay = found
    feature = biggest_difference(one, other, lay)
    if feature is not None and max(scale, 1 / scale) > MOST_RESIZED * (1 + CLOSE):
        return None
    relation: Relation = "confusable"
    if feature is None:
        plain: Relation = "mirror pair" if mirrored else "duplicate"
        relation = plain if lay.scale == 1.0 else "scaled copy"
    return Resemblance(
        one.part.name,
        other.part.name,
        relation,
        overlap,
        (lay.angle_deg + 180.0) % 360.0 - 180.0,
        mirrored,
        feature,
        lay.x_mm,
        lay.y_mm,
        lay.scale,
    )


def _best(one: Shape, other: Shape, lays: Iterable[Lay]) -> tuple[float, Lay] | None:
    """Return the overlap and the lay that leaves least uncovered; None without lays.

    What is left is measured without slivers: along a long outline these add up to more than a
    small hole.
    """
    best: tuple[float, float, Lay] | None = None
    for lay in lays:
        overlap = iou(one.polygon, lay.applied(other.polygon))
        if best is not None and overlap < best[1] - CLOSE:
            continue
        rest = float(uncovered(one, other, lay).area)
        if best is None or rest < best[0]:
            best = rest, overlap, lay
        if rest == 0:
            break
    return None if best is None else best[1:]


def _may_be_alike(one: Shape, other: Shape, scale: float, mirrored: bool, min_iou: float) -> bool:
    """Return whether the signatures leave it open that two shapes overlap enough."""
    if max(scale, 1 / scale) > MOST_RESIZED * (1 + CLOSE) and not _may_be_copies(one, other):
        return False
    slack = SLACK if min_iou <= scale**2 <= 1 / min_iou else RESIZED_SLACK
    # The cosine of two areas with that IoU, were the cells small.
    least = 2 * (min_iou - slack) / (1 + min_iou - slack)
    for here, there in centres(one, other):
        if likeness_bound(here, there, scale) < least:
            continue
        if likeness(here, there, scale, mirrored).max() >= least:
            return True
    return False


def _may_be_copies(one: Shape, other: Shape) -> bool:
    """Return whether two parts may be one shape in two sizes, by ratios that size leaves alone."""
    return all(
        abs(here - there) <= COPIES * max(here, there)
        for here, there in zip(one.ratios, other.ratios, strict=True)
    )
