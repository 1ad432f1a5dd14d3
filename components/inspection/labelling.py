"""Answers about a frame -> labels, if every part in it fits its drawing tightly.

An object that no drawing explains is *other* if the network itself takes it for no part; if it
takes it for one, nobody knows what it is.

A frame that is labelled wrongly teaches the network the mistake, and a part that is left without a
label teaches it that parts are ground. So a frame is labelled as a whole or not at all: whatever is
seen in it, however weakly, must be a part whose drawing lies on the picture's edges within stated
limits (`configs/labelling_config.yaml`).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from components.data_preprocessing.dxf_to_mask import part_mask
from components.domain import (
    AMBIGUOUS,
    OTHER_LABEL,
    UNKNOWN_LABEL,
    Annotation,
    Detection,
    FitQuality,
    Part,
)
from components.geometry.masks import rle_from_mask, xyxy_from_mask
from components.settings.labelling import LabellingSettings

MOST_OBJECTS = 255
"""Instance masks are bytes, and 0 is the ground."""


def frame_faults(detections: Sequence[Detection], settings: LabellingSettings) -> list[str]:
    """Return why a frame cannot be labelled, one sentence a reason; empty if it can.

    Args:
        detections: All that score at least `settings.doubt_score`, with masks of the frame's shape;
            objects that the network takes for no part are labelled `other`, see `with_others`.
        settings: The limits.
    """
    parts = [each for each in detections if each.label != OTHER_LABEL]
    if not parts:
        return ["no part was found"]
    if len(detections) > MOST_OBJECTS:
        return [f"{len(detections)} objects, at most {MOST_OBJECTS} can be told apart"]
    faults = [fault for each in parts if (fault := _looseness(each, settings))]
    return faults or _overlaps(detections, settings.most_shared)


def with_others(
    detections: Sequence[Detection], network: Sequence[Detection], settings: LabellingSettings
) -> list[Detection]:
    """Return answers in which unknown objects that the network takes for no part are `other`.

    Args:
        detections: The registered answer.
        network: What the network says alone about the same picture.
        settings: The score from which such an object is labelled; below it, it is left out.
    """
    no_parts = [each.mask for each in network if each.label == UNKNOWN_LABEL]
    found = []
    for each in detections:
        is_other = each.label == UNKNOWN_LABEL and any(
            np.array_equal(each.mask, mask) for mask in no_parts
        )
        if not is_other:
            found.append(each)
        elif each.score >= settings.other_score:
            found.append(replace(each, label=OTHER_LABEL))
    return found


def _looseness(found: Detection, settings: LabellingSettings) -> str | None:
    """Return why one answer is no label; None if it is one."""
    limits, fit = settings.tight, found.fit
    if found.label == UNKNOWN_LABEL:
        return f"an unknown object (score {found.score:.2f}) at {_place(found)}"
    if found.label.startswith(AMBIGUOUS):
        return f"{found.label} at {_place(found)}"
    if fit is None or found.pose is None:
        return f"{found.label} at {_place(found)} was not laid on its drawing"
    checks = (
        ("score", found.score, "", limits.least_score, 1),
        ("fit", fit.iou, "", limits.least_fit_iou, 1),
        ("edges off by", fit.edge_rms_px, " px", limits.most_edge_rms_px, -1),
        ("visible share", fit.visible_fraction, "", limits.least_visible, 1),
        (f"margin against {fit.runner_up}", _margin(fit), "", limits.least_margin, 1),
    )
    loose = [
        f"{what} {value:.2f}{unit} (limit {limit:g})"
        for what, value, unit, limit, sign in checks
        if sign * value < sign * limit
    ]
    return f"{found.label} at {_place(found)}: {', '.join(loose)}" if loose else None


def _margin(fit: FitQuality) -> float:
    return math.inf if fit.margin is None else fit.margin


def _place(found: Detection) -> str:
    x0, y0, x1, y1 = found.xyxy_px
    return f"({(x0 + x1) / 2:.0f}, {(y0 + y1) / 2:.0f})"


def _overlaps(detections: Sequence[Detection], most_shared: float) -> list[str]:
    """Name each part that loses too many of its pixels to better ones."""
    instances = _instances(detections)
    faults = []
    for number, found in enumerate(detections, start=1):
        if found.label == OTHER_LABEL:
            continue
        area = int(np.count_nonzero(found.mask))
        lost = area - int(np.count_nonzero(instances == number))
        if lost > most_shared * area:
            faults.append(f"{found.label} at {_place(found)} overlaps another by {lost} px")
    return faults


def _instances(detections: Sequence[Detection]) -> NDArray[np.uint8]:
    """Return whose each pixel is: the place of its detection from 1, the better score on top."""
    instances = np.zeros(detections[0].mask.shape, np.uint8)
    places = sorted(range(len(detections)), key=lambda place: _rank(detections[place]))
    for place in places:
        instances[detections[place].mask] = place + 1
    return instances


def _rank(found: Detection) -> tuple[bool, float]:
    """Return what is on top: parts, whose masks are exact, above others."""
    return found.label != OTHER_LABEL, found.score


def labels_of(
    detections: Sequence[Detection], parts: Mapping[str, Part]
) -> tuple[NDArray[np.uint8], tuple[Annotation, ...]]:
    """Return the labels of a frame without faults, at the frame's own resolution.

    Args:
        detections: As given to `frame_faults`, which found nothing.
        parts: The drawings by name.

    Returns:
        Shape (H, W), uint8: 0 the ground, else `Annotation.instance_id`; and the annotations.
    """
    instances = _instances(detections)
    found = enumerate(detections, start=1)
    labels = (
        _annotation(number, each, instances == number, parts.get(each.label))
        for number, each in found
    )
    return instances, tuple(label for label in labels if label.area_px > 0)


def _annotation(
    number: int, found: Detection, visible: NDArray[np.bool_], part: Part | None
) -> Annotation:
    """Return the label of one object; of what is no part nothing is known but what is seen."""
    whole = visible
    if part is not None and found.pose is not None:
        # The side wall counts as part, as in generated pictures; it is known only where it is seen.
        whole = (part_mask(part, found.pose, *visible.shape) > 0) | visible
    x0, y0, x1, y1 = xyxy_from_mask(visible) or (0.0, 0.0, 0.0, 0.0)
    return Annotation(
        instance_id=number,
        label=found.label,
        xyxy_px=(x0, y0, x1, y1),
        area_px=int(np.count_nonzero(visible)),
        visible=rle_from_mask(visible),
        whole=rle_from_mask(whole),
        visible_fraction=1.0 if found.fit is None else found.fit.visible_fraction,
        pose=found.pose,
    )
