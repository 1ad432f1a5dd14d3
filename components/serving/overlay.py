"""A picture with what was found drawn on it; OpenCV only, for the service."""

import colorsys
import hashlib

import cv2
import numpy as np
from numpy.typing import NDArray

from components.domain import UNKNOWN_LABEL
from components.serving.schemas import DetectionAnswer

_UNKNOWN_RGB = (150, 150, 150)
_FILL = 0.35
"""Share of the label's colour inside an object."""
_TEXT_HEIGHT = 0.028
"""Height of a label as a share of the picture's shorter side."""


def overlay_png(image_rgb: NDArray[np.uint8], detections: list[DetectionAnswer]) -> bytes:
    """Return the picture as PNG with filled polygons, outlines, labels and scores.

    Args:
        image_rgb: Shape (H, W, 3), uint8; left as it is.
        detections: With their polygons.
    """
    filled = image_rgb.copy()
    thickness = max(round(min(filled.shape[:2]) / 300), 1)
    for detection in detections:
        # Even-odd filling leaves the holes open.
        cv2.fillPoly(filled, _rings(detection), label_rgb(detection.label))
    canvas = np.asarray(cv2.addWeighted(filled, _FILL, image_rgb, 1 - _FILL, 0), np.uint8)
    for detection in detections:
        colour = label_rgb(detection.label)
        cv2.polylines(canvas, _rings(detection), True, colour, thickness, cv2.LINE_AA)
        _draw_label(canvas, detection, thickness)
    _, data = cv2.imencode(".png", cv2.cvtColor(canvas, cv2.COLOR_RGB2BGR))
    return data.tobytes()


def label_rgb(label: str) -> tuple[int, int, int]:
    """Return a label's colour: the same in every picture, grey for unknown objects."""
    if label == UNKNOWN_LABEL:
        return _UNKNOWN_RGB
    hue = int.from_bytes(hashlib.sha256(label.encode()).digest()[:2]) / 2**16
    red, green, blue = colorsys.hsv_to_rgb(hue, 0.8, 0.95)
    return round(255 * red), round(255 * green), round(255 * blue)


def _rings(detection: DetectionAnswer) -> list[NDArray[np.int32]]:
    return [
        np.array(ring, np.int32)
        for polygon in detection.polygons or []
        for ring in (polygon.outline_px, *polygon.holes_px)
    ]


def _draw_label(canvas: NDArray[np.uint8], detection: DetectionAnswer, thickness: int) -> None:
    """Write label and score above the object's box, or inside it at the picture's top edge."""
    text = f"{detection.label} {detection.score:.2f}"
    font = cv2.FONT_HERSHEY_SIMPLEX
    scale = max(_TEXT_HEIGHT * min(canvas.shape[:2]) / 22, 0.35)
    (width, height), below = cv2.getTextSize(text, font, scale, thickness)
    x = round(min(max(detection.xyxy_px[0], 0), max(canvas.shape[1] - width, 0)))
    y = round(max(detection.xyxy_px[1] - below, height))
    cv2.rectangle(canvas, (x, y - height), (x + width, y + below), (0, 0, 0), cv2.FILLED)
    cv2.putText(canvas, text, (x, y), font, scale, (255, 255, 255), thickness, cv2.LINE_AA)
