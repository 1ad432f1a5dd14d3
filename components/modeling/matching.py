"""Which detection is about which object of one picture."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pycocotools import mask as coco_mask

from components.domain import UNKNOWN_LABEL, Detection, Rle
from components.modeling.coco_truth import CocoObject, CocoPicture
from components.modeling.figures import PictureFigures

MATCH_IOU = 0.5
"""A detection with less overlap is not about that object."""


@dataclass(frozen=True, slots=True, eq=False)
class Match:
    """A detection, and the object it is about.

    Attributes:
        detection: Of the model.
        place: Number of the object in its picture; None if it is about none.
        iou: Their overlap; 0 if there is none.
    """

    detection: Detection
    place: int | None
    iou: float


def matched(
    objects: Sequence[CocoObject], detections: Sequence[Detection], masks: Sequence[Rle]
) -> list[Match]:
    """Pair each detection, best first, with the free object it overlaps most.

    The pairs of the best ones stay the same whatever follows, so a threshold on the score can be
    applied afterwards.

    Args:
        objects: Of the picture.
        detections: Best first.
        masks: Of the detections.
    """
    if not objects or not detections:
        return [Match(detection, None, 0.0) for detection in detections]
    ious = coco_mask.iou(list(masks), [item.rle for item in objects], [0] * len(objects))
    overlaps = np.array(ious, np.float64)
    matches = []
    for detection, row in zip(detections, overlaps, strict=True):
        best = int(row.argmax())
        if row[best] >= MATCH_IOU:
            matches.append(Match(detection, best, float(row[best])))
            overlaps[:, best] = 0.0
        else:
            matches.append(Match(detection, None, 0.0))
    return matches


def is_right(match: Match, objects: Sequence[CocoObject]) -> bool:
    """Return whether place and label are right."""
    return match.place is not None and objects[match.place].label == match.detection.label


def picture_figures(number: int, picture: CocoPicture, matches: Sequence[Match]) -> PictureFigures:
    """Return how well a picture was answered.

    Args:
        number: Of the picture.
        picture: With its truth.
        matches: Of the detections that count.
    """
    objects = len(picture.objects)
    about = {match.place for match in matches if match.place is not None}
    right = [match for match in matches if is_right(match, picture.objects)]
    # An unknown object is no claim: it is not wrong where nothing is.
    claims = sum(match.detection.label != UNKNOWN_LABEL for match in matches)
    weight = (objects + claims) / 2.0
    return PictureFigures(
        number=number,
        file=picture.path.name,
        quality=sum(match.iou for match in right) / weight if weight else 1.0,
        objects=objects,
        missed=objects - len(about),
        misnamed=len(about) - len(right),
        invented=sum(m.place is None and m.detection.label != UNKNOWN_LABEL for m in matches),
    )
