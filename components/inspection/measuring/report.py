"""Findings and verdicts as plain JSON, and drawn on the picture."""

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from components.inspection.measuring.findings import ContourDeviation, Deviation, Fault, Measure
from components.inspection.measuring.tolerances import Judged, Judgement

MORE_RGB, LESS_RGB, UNKNOWN_RGB = (227, 74, 51), (49, 130, 189), (150, 150, 150)
"""More material than drawn, less, and places where no edge was found."""

_GOOD_RGB = np.array((120.0, 200.0, 120.0))
_VERDICT_RGB = {"ok": (49, 163, 84), "not ok": (222, 45, 38), "cannot judge": (240, 170, 0)}


def deviation_record(
    deviation: Deviation, judgement: Judgement, contours: bool = True
) -> dict[str, Any]:
    """Return what was measured on a part as plain JSON.

    Args:
        deviation: The findings.
        judgement: The verdict on them.
        contours: Whether every place of every contour is told, not features alone.
    """
    record: dict[str, Any] = {
        "verdict": judgement.verdict,
        "reason": judgement.reason,
        "unit": deviation.unit,
        "judged_share": round(deviation.judged_share, 4),
        "scatter_px": _number(deviation.scatter_px),
        "least_fault": _number(deviation.least),
        "size": _measure(deviation.scale),
        "features": [_judged(feature) for feature in judgement.features],
        "faults": [_fault(fault) for fault in deviation.faults],
        "segments": [
            {
                "number": s.number,
                "start_mm": _rounded(s.start_mm),
                "end_mm": _rounded(s.end_mm),
                "offset": _measure(s.offset),
                "judged_share": round(s.judged_share, 4),
            }
            for s in deviation.segments
        ],
        "holes": [
            {
                "number": h.number,
                "at_mm": _rounded(h.at_mm),
                "diameter_mm": _number(h.diameter_mm),
                "state": h.state,
                "position": _measure(h.position),
                "size": _measure(h.size),
                "judged_share": round(h.judged_share, 4),
            }
            for h in deviation.holes
        ],
    }
    if contours:
        record["contours"] = [_contour(contour) for contour in deviation.contours]
    return record


def _contour(contour: ContourDeviation) -> dict[str, Any]:
    return {
        "number": contour.number,
        "points_px": np.round(contour.points_px, 2).tolist(),
        "deviation": [
            round(value, 4) if known else None
            for value, known in zip(
                contour.deviation.tolist(), contour.judged.tolist(), strict=True
            )
        ],
        "uncertainty": _number(float(np.median(contour.uncertainty))),
    }


def _measure(measure: Measure | None) -> dict[str, Any] | None:
    if measure is None:
        return None
    return {"value": _number(measure.value), "uncertainty": _number(measure.uncertainty)}


def _judged(feature: Judged) -> dict[str, Any]:
    return {
        "feature": feature.feature,
        "verdict": feature.verdict,
        "deviation_mm": _measure(feature.deviation_mm),
        "tolerance_mm": feature.tolerance_mm,
        "reason": feature.reason,
    }


def _fault(fault: Fault) -> dict[str, Any]:
    return {
        "kind": fault.kind,
        "contour": fault.contour,
        "at_mm": _rounded(fault.at_mm),
        "size": _measure(fault.size),
    }


def _rounded(xy: tuple[float, float]) -> list[float]:
    return [round(value, 3) for value in xy]


def _number(value: float) -> float | None:
    """Return a number that JSON knows: infinity, for what is not known at all, becomes null."""
    return round(value, 4) if math.isfinite(value) else None


def drawn_deviation(
    image_rgb: NDArray[np.uint8],
    found: list[tuple[Deviation, Judgement]],
    full: float,
    zoom: int = 2,
) -> NDArray[np.uint8]:
    """Return a picture with contours coloured by the sign and the size of their deviation.

    Args:
        image_rgb: Shape (H, W, 3), uint8; left as it is.
        found: Parts in it.
        full: Deviation, in the parts' unit, that gets the full colour.
        zoom: Enlargement.
    """
    size = image_rgb.shape[1] * zoom, image_rgb.shape[0] * zoom
    large = cv2.resize(image_rgb, size, interpolation=cv2.INTER_CUBIC)
    # Colours of contours stand out from a paler picture.
    canvas = np.asarray(cv2.addWeighted(large, 0.75, large, 0.0, 64), dtype=np.uint8)
    for deviation, judgement in found:
        for contour in deviation.contours:
            _draw_contour(canvas, contour, full, zoom)
        for fault in deviation.faults:
            _draw_fault(canvas, deviation, fault, zoom)
        _draw_verdict(canvas, deviation, judgement, zoom)
    return canvas


def _at(points_px: NDArray[np.float64], zoom: int) -> NDArray[np.int32]:
    """Return places of the picture in sixteenths of the enlarged one's pixels."""
    return np.rint(((points_px + 0.5) * zoom - 0.5) * 16).astype(np.int32)


def _draw_contour(
    canvas: NDArray[np.uint8], contour: ContourDeviation, full: float, zoom: int
) -> None:
    places = _at(contour.points_px, zoom)
    share = np.clip(np.abs(contour.deviation) / full, 0, 1)[:, None]
    side = np.where(contour.deviation[:, None] > 0, MORE_RGB, LESS_RGB)
    colours = (1 - share) * _GOOD_RGB + share * side
    colours[~contour.judged] = UNKNOWN_RGB
    for k, colour in enumerate(colours.round().astype(int).tolist()):
        ends = tuple(places[k - 1].tolist()), tuple(places[k].tolist())
        cv2.line(canvas, *ends, colour, 2, cv2.LINE_AA, 4)


def _draw_fault(canvas: NDArray[np.uint8], deviation: Deviation, fault: Fault, zoom: int) -> None:
    xy = np.concatenate([c.xy_mm for c in deviation.contours])
    at = np.concatenate([c.points_px for c in deviation.contours])
    # The map of the drawing's plane, as its contours show it.
    matrix, _ = cv2.findHomography(xy, at)
    place = cv2.perspectiveTransform(np.array([[fault.at_mm]]), np.asarray(matrix))[0]
    x, y = (_at(place, zoom)[0] // 16).tolist()
    colour = _VERDICT_RGB["not ok"]
    cv2.circle(canvas, (x, y), 9 * zoom, colour, 2, cv2.LINE_AA)
    text = f"{fault.kind.replace('_', ' ')} {fault.size.value:+.2f} {deviation.unit}"
    _write(canvas, text, x + 10 * zoom, y, colour)


def _draw_verdict(
    canvas: NDArray[np.uint8], deviation: Deviation, judgement: Judgement, zoom: int
) -> None:
    x, y = (_at(deviation.contours[0].points_px.min(axis=0)[None], zoom)[0] // 16).tolist()
    text = f"{deviation.part}: {judgement.verdict}"
    _write(canvas, text, max(x, 2), max(y - 6, 16), _VERDICT_RGB[judgement.verdict])


def _write(
    canvas: NDArray[np.uint8], text: str, x: int, y: int, colour: tuple[int, int, int]
) -> None:
    font = cv2.FONT_HERSHEY_SIMPLEX
    (width, height), below = cv2.getTextSize(text, font, 0.5, 1)
    x, y = min(x, canvas.shape[1] - width - 2), min(max(y, height), canvas.shape[0] - below)
    cv2.rectangle(canvas, (x - 2, y - height - 2), (x + width, y + below), (20, 20, 20), cv2.FILLED)
    light = tuple(min(channel + 60, 255) for channel in colour)
    cv2.putText(canvas, text, (x, y), font, 0.5, light, 1, cv2.LINE_AA)
