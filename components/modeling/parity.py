"""Whether an exported model answers like the trained one, on real pictures."""

from collections.abc import Sequence

import numpy as np

from components.domain import Detection
from components.errors import ModelError
from components.geometry.masks import mask_iou
from components.modeling.grouping import Answer
from components.modeling.model_card import Parity
from components.settings.train import ExportSettings

WORST_SHARE = 0.01
"""Of a thousand masks, one may hang by a hair: where two instances are one in the other model."""


def best_pairs(
    wanted: Sequence[Detection], found: Sequence[Detection]
) -> list[tuple[Detection, Detection]]:
    """Return each wanted detection with the free one found that overlaps it most."""
    free = list(found)
    pairs = []
    for one in wanted:
        if not free:
            break
        overlaps = [mask_iou(one.mask, other.mask) for other in free]
        pairs.append((one, free.pop(int(np.argmax(overlaps)))))
    return pairs


class ParityTally:
    """Adds up, picture by picture, how far an exported model differs from the trained one."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._pictures = self._detections = self._same = 0
        self._difference = 0.0
        self._ious: list[float] = []

    def add(
        self,
        wanted: tuple[Answer, Sequence[Detection]],
        found: tuple[Answer, Sequence[Detection]],
    ) -> None:
        """Add one picture.

        Args:
            wanted: What the trained network says, in pixels and in detections.
            found: What the exported one says.
        """
        self._pictures += 1
        self._difference = float(np.maximum(self._difference, _difference(wanted[0], found[0])))
        self._detections += max(len(wanted[1]), len(found[1]))
        for one, other in best_pairs(wanted[1], found[1]):
            self._same += one.label == other.label
            self._ious.append(mask_iou(one.mask, other.mask))

    def parity(self) -> Parity:
        """Return what was added."""
        ious = np.array(self._ious or [1.0])
        return Parity(
            pictures=self._pictures,
            max_abs_difference=self._difference,
            detections=self._detections,
            same_label=self._same / self._detections if self._detections else 1.0,
            min_mask_iou=float(ious.min()),
            low_mask_iou=float(np.quantile(ious, WORST_SHARE)),
            mean_mask_iou=float(ious.mean()),
        )


def _difference(one: Answer, other: Answer) -> float:
    pairs = [
        (getattr(one, name), getattr(other, name)) for name in ("sight", "seam", "label", "heat")
    ]
    # Offsets are pixels, not probabilities: a hundredth of one counts like 0.01.
    pairs.append((one.offset, other.offset))
    # NumPy's largest of numbers and NaN is NaN, Python's is whichever came first.
    return float(np.max([np.abs(a - b).max() for a, b in pairs]))


def require_parity(parity: Parity, settings: ExportSettings) -> None:
    """Refuse a model that differs too much.

    Raises:
        ModelError: Naming what differs, by how much, and what is allowed.
    """
    faults = []
    # A comparison with NaN is false.
    if not parity.max_abs_difference <= settings.max_abs_difference:
        faults.append(
            f"an output differs by {parity.max_abs_difference:.2g}, allowed is "
            f"{settings.max_abs_difference:.2g}"
        )
    if parity.same_label < settings.min_same_label:
        faults.append(
            f"{parity.same_label:.1%} of {parity.detections} detections are the same, wanted are "
            f"{settings.min_same_label:.1%}"
        )
    if parity.low_mask_iou < settings.min_mask_iou:
        faults.append(
            f"one mask in a hundred overlaps by {parity.low_mask_iou:.3f} only, wanted is "
            f"{settings.min_mask_iou:.3f}"
        )
    if faults:
        raise ModelError(
            f"the exported model differs from the trained one on {parity.pictures} pictures: "
            f"{'; '.join(faults)}; it was not written"
        )
