"""Whether the exported model answers like the trained one, on real pictures."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from components.domain import Detection
from components.errors import ModelError
from components.geometry.masks import mask_iou
from components.modeling.grouping import Answer
from components.modeling.inference import Predictor, detections_of
from components.modeling.model_card import Parity
from components.modeling.preparing import Prepared, prepared
from components.modeling.trained import TrainedNetwork, answers_of
from components.settings.train import ExportSettings, PredictionSettings


def parity_of(
    trained: TrainedNetwork,
    predictor: Predictor,
    pictures: Sequence[NDArray[np.uint8]],
) -> Parity:
    """Return how far two models differ.

    Args:
        trained: In torch.
        predictor: The exported one.
        pictures: RGB, shape (H, W, 3) each.
    """
    prediction = predictor.card.prediction
    difference, same, ious, compared = 0.0, 0, [], 0
    for image in pictures:
        ready = prepared(image, prediction.long_side_px)
        pixels = torch.from_numpy(ready.pixels[None])
        mine = answers_of(trained.network, pixels, trained.offset_unit_px)[0]
        theirs = predictor.answer(ready.pixels)
        difference = max(difference, _difference(mine, theirs))
        hw = (image.shape[0], image.shape[1])
        wanted = _detections(mine, ready, hw, trained.labels, prediction)
        found = _detections(theirs, ready, hw, trained.labels, prediction)
        compared += max(len(wanted), len(found))
        for one, other in _pairs(wanted, found):
            same += one.label == other.label
            ious.append(mask_iou(one.mask, other.mask))
    return Parity(
        pictures=len(pictures),
        max_abs_difference=difference,
        detections=compared,
        same_label=same / compared if compared else 1.0,
        min_mask_iou=min(ious, default=1.0),
    )


def _difference(one: Answer, other: Answer) -> float:
    pairs = [
        (getattr(one, name), getattr(other, name)) for name in ("sight", "seam", "label", "heat")
    ]
    # Offsets are pixels, not probabilities: a hundredth of one counts like 0.01.
    pairs.append((one.offset, other.offset))
    return max(float(np.abs(a - b).max()) for a, b in pairs)


def _detections(
    answer: Answer,
    ready: Prepared,
    hw: tuple[int, int],
    labels: tuple[str, ...],
    settings: PredictionSettings,
) -> tuple[Detection, ...]:
    return detections_of(answer, ready, hw, labels, settings, settings.score_threshold)


def _pairs(
    wanted: Sequence[Detection], found: Sequence[Detection]
) -> list[tuple[Detection, Detection]]:
    """Return each wanted detection with the free one found that overlaps it most."""
    free = list(found)
    pairs = []
    for one in wanted:
        if not free:
            break
        best = max(free, key=lambda other: mask_iou(one.mask, other.mask))
        free.remove(best)
        pairs.append((one, best))
    return pairs


def require_parity(parity: Parity, settings: ExportSettings) -> None:
    """Refuse a model that differs too much.

    Raises:
        ModelError: Naming what differs, by how much, and what is allowed.
    """
    faults = []
    if parity.max_abs_difference > settings.max_abs_difference:
        faults.append(
            f"an output differs by {parity.max_abs_difference:.2g}, allowed is "
            f"{settings.max_abs_difference:.2g}"
        )
    if parity.same_label < settings.min_same_label:
        faults.append(
            f"{parity.same_label:.1%} of {parity.detections} detections are the same, wanted are "
            f"{settings.min_same_label:.1%}"
        )
    if parity.min_mask_iou < settings.min_mask_iou:
        faults.append(
            f"two masks overlap by {parity.min_mask_iou:.3f} only, wanted is "
            f"{settings.min_mask_iou:.3f}"
        )
    if faults:
        raise ModelError(
            f"the exported model differs from the trained one on {parity.pictures} pictures: "
            f"{'; '.join(faults)}; it was not written"
        )
