"""A picture and its answer as a few numbers: what drift is looked for in.

    {"t": 1767225600.1, "version": "3f2a9c0d41be", "brightness": 112.4, ..., "labels": {"plate": 2}}

Nothing of the picture can be got back from them. A value that has no meaning in a picture, such as
the mean score where nothing was found, is null.
"""

import time
from collections import Counter
from collections.abc import Sequence
from statistics import fmean
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from components.domain import AMBIGUOUS, UNKNOWN_LABEL, Detection
from components.inspection.disagreement import Disagreement
from components.serving.schemas import PictureQuality

AMBIGUOUS_LABEL = "ambiguous"
"""Stands for all labels that leave two names open."""

FIGURES = (
    "brightness",
    "sharpness",
    "saturated_share",
    "warmth",
    "tint",
    "objects",
    "unknown_share",
    "mean_score",
    "least_score",
    "mean_fit_iou",
    "mean_edge_rms_px",
    "template_disagreement",
)
"""The numbers, in the order they are told. `labels` counts drawings beside them."""


def frame_features(
    image_rgb: NDArray[np.uint8],
    quality: PictureQuality,
    detections: Sequence[Detection],
    version: str,
) -> dict[str, Any]:
    """Return a picture and its answer as numbers.

    Args:
        image_rgb: Shape (H, W, 3), uint8.
        quality: Of the picture.
        detections: The answer, cut at the model's own threshold.
        version: Of the model.
    """
    warmth, tint = colour_cast(image_rgb)
    unknown = sum(each.label == UNKNOWN_LABEL for each in detections)
    scores = [each.score for each in detections]
    fits = [each.fit for each in detections if each.fit is not None]
    labels = Counter(_plain_label(each.label) for each in detections)
    return {
        "t": round(time.time(), 3),
        "version": version,
        "brightness": quality.brightness,
        "sharpness": quality.sharpness,
        "saturated_share": quality.saturated_share,
        "warmth": round(warmth, 5),
        "tint": round(tint, 5),
        "objects": len(detections),
        "unknown_share": round(unknown / len(detections), 4) if detections else None,
        "mean_score": _rounded(fmean(scores)) if scores else None,
        "least_score": _rounded(min(scores)) if scores else None,
        "mean_fit_iou": _rounded(fmean(fit.iou for fit in fits)) if fits else None,
        "mean_edge_rms_px": _rounded(fmean(fit.edge_rms_px for fit in fits)) if fits else None,
        "labels": dict(labels),
    }


def opinion_features(found: Disagreement, version: str) -> dict[str, Any]:
    """Return what the OpenCV baseline says about a picture: a line of its own, told later."""
    share = round(found.share, 4) if found.objects else None
    return {"t": round(time.time(), 3), "version": version, "template_disagreement": share}


def colour_cast(image_rgb: NDArray[np.uint8]) -> tuple[float, float]:
    """Return how far a picture's mean colour is from grey.

    Args:
        image_rgb: Shape (H, W, 3), uint8.

    Returns:
        Warmth (red less blue) and tint (green less the mean of the others), as shares of the sum of
        the three channels; 0 for grey and for black.

    Examples:
        >>> warmth, tint = colour_cast(np.full((2, 2, 3), (80, 60, 60), np.uint8))
        >>> round(warmth, 3), round(tint, 3)
        (0.1, -0.05)
    """
    red, green, blue = cv2.mean(image_rgb)[:3]
    total = red + green + blue
    if total == 0:
        return 0.0, 0.0
    return (red - blue) / total, (green - (red + blue) / 2) / total


def _plain_label(label: str) -> str:
    return AMBIGUOUS_LABEL if label.startswith(AMBIGUOUS) else label


def _rounded(value: float) -> float:
    return round(value, 4)
