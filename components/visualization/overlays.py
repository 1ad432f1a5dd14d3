"""Pictures with what is in them drawn over: masks, outlines, labels, scores."""

from collections.abc import Sequence

import cv2
import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray

from components.domain import UNKNOWN_LABEL, Detection

FILL = 0.4
"""Share of its colour in an object's pixels."""
UNKNOWN_COLOUR = (128, 128, 128)


def draw_detections(
    image: NDArray[np.uint8], detections: Sequence[Detection], labels: Sequence[str]
) -> NDArray[np.uint8]:
    """Return a picture with each object's mask, outline, label and score drawn on it.

    Args:
        image: RGB, shape (H, W, 3), uint8; left as it is.
        detections: What to draw.
        labels: All names, in an order that decides the colours.
    """
    drawn = image.copy()
    thick = max(round(max(image.shape[:2]) / 500), 1)
    for detection in reversed(detections):
        colour = colour_of(detection.label, labels)
        mask = detection.mask
        blend = drawn[mask] * (1.0 - FILL) + np.array(colour) * FILL
        drawn[mask] = np.rint(blend).astype(np.uint8)
        outlines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(drawn, outlines, -1, colour, thick)
    for detection in reversed(detections):
        text = f"{detection.label} {detection.score:.2f}"
        _write(drawn, text, detection.xyxy_px, colour_of(detection.label, labels), thick)
    return drawn


def colour_of(label: str, labels: Sequence[str]) -> tuple[int, int, int]:
    """Return the RGB colour of a label: well apart for up to ten, grey for the unknown."""
    if label == UNKNOWN_LABEL or label not in labels:
        return UNKNOWN_COLOUR
    red, green, blue = mpl.colormaps["tab10"](list(labels).index(label) % 10)[:3]
    return round(255 * red), round(255 * green), round(255 * blue)


def _write(
    image: NDArray[np.uint8],
    text: str,
    box: tuple[float, float, float, float],
    colour: tuple[int, int, int],
    thick: int,
) -> None:
    """Write a label into the picture at the top left of a box, on a plate of its colour."""
    scale = 0.38 * thick
    (width, height), below = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, thick)
    x = int(np.clip(box[0], 0, max(image.shape[1] - width - 2, 0)))
    y = int(np.clip(box[1], height + 2, max(image.shape[0] - below - 1, height + 2)))
    cv2.rectangle(image, (x, y - height - 2), (x + width + 2, y + below), colour, cv2.FILLED)
    white = (255, 255, 255)
    cv2.putText(image, text, (x + 1, y), cv2.FONT_HERSHEY_SIMPLEX, scale, white, thick, cv2.LINE_AA)
