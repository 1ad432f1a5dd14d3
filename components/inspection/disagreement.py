"""In how much two answers about one picture differ: the product's and a second opinion.

A second opinion, such as the OpenCV templates', knows neither `unknown` objects nor degrees of
confidence, so what is compared is what both can say: *a part of this name lies here*. It is a
signal, not a judgement: the templates are often wrong where the picture is hard. What tells is a
share that rises against its own past on one camera.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from components.domain import AMBIGUOUS, UNKNOWN_LABEL, Detection

LEAST_IOU = 0.5
"""Masks that overlap by half their union show one object, as in COCO's first threshold."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """What two answers about one picture say differently.

    Attributes:
        objects: Parts that either answer names, those that both find counted once.
        renamed: Of those, found by both under names that exclude each other.
        unshared: Of those, found by one answer alone.
    """

    objects: int
    renamed: int
    unshared: int

    @property
    def share(self) -> float:
        """Share of the objects about which the answers differ, 0..1; 0 where neither names any."""
        return (self.renamed + self.unshared) / self.objects if self.objects else 0.0


def disagreement(
    answer: Sequence[Detection], opinion: Sequence[Detection], least_iou: float = LEAST_IOU
) -> Disagreement:
    """Return in how much two answers about one picture differ.

    The order of the two does not matter, nor that of the detections in them, nor their scores:
    cut each answer at its own threshold first. Objects are paired by the overlap of their masks,
    the best pair first, each object once. `unknown` objects are left out. An `ambiguous: a | b`
    agrees with a, with b, and with any other ambiguous label that holds one of them.

    It costs two counts of pixels for each pair of detections whose boxes meet, under a millisecond
    for a dozen parts in a picture of 640x480.

    Args:
        answer: One answer's detections, masks of the picture's shape.
        opinion: The other's, of the same picture.
        least_iou: Overlap of two masks from which they show one object, above 0 to 1.

    Raises:
        ValueError: If two masks differ in shape: they are of different pictures.
    """
    first = [detection for detection in answer if detection.label != UNKNOWN_LABEL]
    second = [detection for detection in opinion if detection.label != UNKNOWN_LABEL]
    pairs = _pairs(first, second, least_iou)
    return Disagreement(
        objects=len(first) + len(second) - len(pairs),
        renamed=sum(not _agree(first[i], second[j]) for i, j in pairs),
        unshared=len(first) + len(second) - 2 * len(pairs),
    )


def _pairs(
    first: Sequence[Detection], second: Sequence[Detection], least_iou: float
) -> list[tuple[int, int]]:
    """Return which detections show one object, by their places in the two answers."""
    overlaps = []
    for i, one in enumerate(first):
        for j, other in enumerate(second):
            iou = _overlap(one, other)
            if iou >= least_iou:
                # Ties fall alike in any order: to names that agree, then by place and name.
                tie = sorted(((one.xyxy_px, one.label), (other.xyxy_px, other.label)))
                overlaps.append((-iou, not _agree(one, other), tie, i, j))
    pairs: list[tuple[int, int]] = []
    taken: tuple[set[int], set[int]] = set(), set()
    for *_, i, j in sorted(overlaps):
        if i not in taken[0] and j not in taken[1]:
            pairs.append((i, j))
            taken[0].add(i)
            taken[1].add(j)
    return pairs


def _overlap(one: Detection, other: Detection) -> float:
    """Return the overlap of two masks, 0..1, from the pixels of their boxes alone."""
    if one.mask.shape != other.mask.shape:
        raise ValueError(
            f"expected answers about one picture, got masks of {one.mask.shape} and "
            f"{other.mask.shape}"
        )
    a, b = one.xyxy_px, other.xyxy_px
    if min(a[2], b[2]) <= max(a[0], b[0]) or min(a[3], b[3]) <= max(a[1], b[1]):
        return 0.0
    left, top = int(min(a[0], b[0])), int(min(a[1], b[1]))
    window = np.s_[top : int(np.ceil(max(a[3], b[3]))), left : int(np.ceil(max(a[2], b[2])))]
    mine, yours = one.mask[window], other.mask[window]
    either = np.count_nonzero(mine | yours)
    return float(np.count_nonzero(mine & yours) / either) if either else 0.0


def _agree(one: Detection, other: Detection) -> bool:
    return not _names(one.label).isdisjoint(_names(other.label))


def _names(label: str) -> set[str]:
    """Return the parts that a label may mean.

    Examples:
        >>> sorted(_names("ambiguous: a | b")), _names("a")
        (['a', 'b'], {'a'})
    """
    return set(label.removeprefix(AMBIGUOUS).split(" | "))
