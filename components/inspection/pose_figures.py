"""How far registered parts lie from where they truly are.

A part that looks the same after a turn or from its back has several true poses: distances are taken
from contour to contour, whichever vertex lies where, and turns are told modulo the symmetry.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components.domain import Detection, Part, Pose
from components.geometry.contours import perimeter, resampled
from components.geometry.masks import mask_iou
from components.geometry.resemblance import Symmetry
from components.geometry.transforms import pose_matrix, transformed
from components.inspection.pose_truth import PosedObject
from components.modeling.inference import Detector, Prediction
from components.modeling.model_card import ModelCard

Floats = NDArray[np.float64]

_POINTS = 300

MATCH_IOU = 0.5
"""A detection with less overlap is not about that object."""

CLEAR = 0.95
"""Share of a part that can be seen from which it counts as clear."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Median and nine tenths of an error."""

    median: float
    p90: float


@dataclass(frozen=True, slots=True)
class PoseFigures:
    """Errors of the poses of parts that were found and named.

    Attributes:
        objects: True objects whose pose is known.
        matched: Of these, found with an overlap of .50 or more by a detection above the threshold.
        class_accuracy: Share of the matched that got the right name (of an ambiguous answer the
            likelier one; `unknown` is wrong).
        clear_accuracy: The same of those that are at least 95 % visible.
        sides: Rightly named objects of parts whose back looks different.
        side_right: Share of these whose side was told right.
        contour_px: From the found contour to the true one.
        angle_deg: Turn, of objects seen from the side that was told.
        scale_percent: Pixels per mm.
        position_px: Of the drawing's origin.
    """

    objects: int
    matched: int
    class_accuracy: float
    clear_accuracy: float
    sides: int
    side_right: float
    contour_px: Spread | None
    angle_deg: Spread | None
    scale_percent: Spread | None
    position_px: Spread | None


@dataclass(frozen=True, slots=True, eq=False)
class _Match:
    """A true object and the pose of the detection that found it, if it was named right."""

    truth: PosedObject
    named: bool
    pose: Pose | None


class PoseMeter:
    """A detector that is measured while it answers pictures one after the other.

    Args:
        detector: Who answers.
        truth: Of each picture, in the order in which they are asked about.
        threshold: Detections below it do not count.
    """

    def __init__(
        self, detector: Detector, truth: Sequence[Sequence[PosedObject]], threshold: float
    ) -> None:
        """Start at the first picture."""
        self._detector, self._truth, self._threshold = detector, iter(truth), threshold
        self._matches: list[_Match] = []
        self._objects = 0

    @property
    def card(self) -> ModelCard:
        """Of the detector."""
        return self._detector.card

    def predict(
        self, image: NDArray[np.uint8], score_threshold: float | None = None, /
    ) -> Prediction:
        """Return the detector's answer about the next picture."""
        prediction = self._detector.predict(image, score_threshold)
        truth = list(next(self._truth))
        self._objects += len(truth)
        free = {number: item.mask() for number, item in enumerate(truth)}
        for detection in prediction.detections:
            if detection.score < self._threshold or not free:
                continue
            overlaps = {number: mask_iou(mask, detection.mask) for number, mask in free.items()}
            best = max(overlaps, key=overlaps.__getitem__)
            if overlaps[best] >= MATCH_IOU:
                del free[best]
                self._matches.append(_match(truth[best], detection))
        return prediction

    def figures(self, parts: Sequence[Part], symmetries: Sequence[Symmetry]) -> PoseFigures:
        """Return the errors over all pictures.

        Args:
            parts: The drawings.
            symmetries: Of some or all of them.
        """
        of_name = {part.name: part for part in parts}
        orders = {each.name: each for each in symmetries}
        right = [m for m in self._matches if m.named]
        clear = [m for m in self._matches if m.truth.visible_fraction >= CLEAR]
        posed = [m for m in right if m.pose is not None and m.truth.label in of_name]
        two_sided = [m for m in posed if not _mirrored(orders, m.truth.label)]
        same_side = [m for m in posed if m.pose and m.pose.mirrored == m.truth.pose.mirrored]
        told = [m for m in two_sided if m in same_side]
        rows = [_errors(m, _order(orders, m.truth.label)) for m in same_side]
        columns = np.array(rows).reshape(-1, 3)
        contours = [_contour_error(m, of_name[m.truth.label]) for m in posed]
        return PoseFigures(
            objects=self._objects,
            matched=len(self._matches),
            class_accuracy=_share(len(right), len(self._matches)),
            clear_accuracy=_share(sum(m.named for m in clear), len(clear)),
            sides=len(two_sided),
            side_right=_share(len(told), len(two_sided)),
            contour_px=_spread(np.array(contours)),
            angle_deg=_spread(columns[:, 0]),
            scale_percent=_spread(columns[:, 1]),
            position_px=_spread(columns[:, 2]),
        )


def _match(truth: PosedObject, detection: Detection) -> _Match:
    named = detection.guess[0] == truth.label
    return _Match(truth, named, detection.pose if named else None)


def _mirrored(orders: dict[str, Symmetry], name: str) -> bool:
    return name in orders and orders[name].mirrored


def _order(orders: dict[str, Symmetry], name: str) -> int:
    return orders[name].order if name in orders else 1


def _errors(match: _Match, order: int) -> tuple[float, float, float]:
    """Return the errors of angle (degrees), scale (%) and position (px) of a named object."""
    pose, truth = match.pose, match.truth.pose
    if pose is None:
        return math.nan, math.nan, math.nan
    # Of a disc (order 0) every turn looks alike.
    period = 2 * math.pi / order if order else 1e-9
    turned = (pose.angle_rad - truth.angle_rad + period / 2) % period - period / 2
    return (
        math.degrees(abs(turned)),
        100 * abs(pose.px_per_mm / truth.px_per_mm - 1),
        math.hypot(pose.x_px - truth.x_px, pose.y_px - truth.y_px),
    )


def _contour_error(match: _Match, part: Part) -> float:
    """Return the root mean square distance from the found contours to the true ones, in px."""
    if match.pose is None:
        return math.nan
    rings = [part.outline.xy_mm, *(hole.xy_mm for hole in part.holes)]
    lengths = np.array([perimeter(ring) for ring in rings])
    counts = np.maximum(8, np.round(_POINTS * lengths / lengths.sum())).astype(int)
    points = np.vstack([resampled(r, n) for r, n in zip(rings, counts.tolist(), strict=True)])
    found = transformed(points, pose_matrix(match.pose))
    true = transformed(points, pose_matrix(match.truth.pose))
    following = np.concatenate([np.roll(piece, -1, axis=0) for piece in _pieces(true, counts)])
    offset = found[:, None] - true[None]
    along = following - true
    length2 = np.maximum((along * along).sum(axis=1), 1e-12)
    share = np.clip((offset * along).sum(axis=2) / length2, 0, 1)
    rest = offset - share[:, :, None] * along
    return float(np.sqrt((rest * rest).sum(axis=2).min(axis=1).mean()))


def _pieces(points: Floats, counts: NDArray[np.int_]) -> list[Floats]:
    """Return the points ring by ring."""
    return np.split(points, np.cumsum(counts)[:-1])


def _spread(values: Floats) -> Spread | None:
    """Return median and nine tenths; None of nothing."""
    if len(values) == 0:
        return None
    return Spread(
        float(np.round(np.median(values), 4)), float(np.round(np.percentile(values, 90), 4))
    )


def _share(count: int, whole: int) -> float:
    return round(count / whole, 4) if whole else 1.0
