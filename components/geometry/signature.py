"""What a shape looks like around a point, in cells of equal angle and equal ratio of radii.

In such cells a turn is a shift along the angle and another size is a shift along the radius, so
that one transform per shape answers for every angle and every scale how much two shapes overlap.

    cell (j, t):  radius exp(j d) to exp((j + 1) d) mm,  angle t to t + 1 of ANGLES
"""

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from shapely import Polygon

RINGS, ANGLES = 96, 1440
"""Cells along the radius and round the turn."""

RING_STEP = 1 / 32
"""Logarithm of the ratio of two radii: 3 %; the rings reach down to 5 % of the radius."""

HARMONICS = 361
"""Terms kept of the transform: what repeats up to 360 times a turn."""

FINE = 4
"""Samples along the radius that a cell averages."""

RADIUS_PX = 512
SUBPIXEL_BITS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Signature:
    """The share of each cell that a shape covers, transformed along the angle.

    Attributes:
        centre: The point (x, y) around which it was taken, in mm.
        top: Number j of the ring beyond the outermost one.
        spectrum: Transform of each ring, weighted, shape (RINGS, HARMONICS), complex64; scaled so
            that the shape laid on itself overlaps by 1.
        profile: Share of each ring that is covered, weighted likewise, shape (RINGS,).
    """

    centre: tuple[float, float]
    top: int
    spectrum: NDArray[np.complex64]
    profile: NDArray[np.float64]


def signature_of(polygon: Polygon, centre: tuple[float, float]) -> Signature:
    """Return the signature of an area.

    Args:
        polygon: A polygon with holes, in mm.
        centre: Around which point.
    """
    outline = np.asarray(polygon.exterior.coords) - centre
    top = math.ceil(math.log(float(np.hypot(*outline.T).max())) / RING_STEP)
    covered = _cells(polygon, centre, math.exp(top * RING_STEP))
    # The area of a cell grows with the square of its radius.
    weight = np.exp((np.arange(RINGS) - RINGS) * RING_STEP)[:, None]
    spectrum = np.fft.rfft(covered * weight, axis=1)[:, :HARMONICS]
    doubled = np.where(np.arange(HARMONICS) == 0, 1.0, 2.0)
    size = math.sqrt(float((np.abs(spectrum) ** 2 @ doubled).sum()))
    profile = np.sqrt((np.abs(spectrum) ** 2) @ doubled) / size
    return Signature(centre, top, (spectrum / size).astype(np.complex64), profile)


def _cells(polygon: Polygon, centre: tuple[float, float], radius_mm: float) -> NDArray[np.float32]:
    """Return the covered share of each cell, shape (RINGS, ANGLES), 0..1."""
    side = 2 * RADIUS_PX + 1
    picture = np.zeros((side, side), dtype=np.uint8)
    for number, ring in enumerate((polygon.exterior, *polygon.interiors)):
        pixels = (np.asarray(ring.coords) - centre) * (RADIUS_PX / radius_mm) + RADIUS_PX
        corners = np.round(pixels * 2**SUBPIXEL_BITS).astype(np.int32)
        cv2.fillPoly(picture, [corners], 0 if number else 255, cv2.LINE_8, SUBPIXEL_BITS)
    # OpenCV spreads the logarithm of 1..RADIUS_PX pixels evenly over the columns.
    columns = round(math.log(RADIUS_PX) / RING_STEP * FINE)
    polar: NDArray[np.uint8] = np.asarray(
        cv2.warpPolar(
            picture,
            (columns, ANGLES),
            (RADIUS_PX, RADIUS_PX),
            RADIUS_PX,
            cv2.INTER_LINEAR | cv2.WARP_POLAR_LOG,
        ),
        dtype=np.uint8,
    )
    outer = polar[:, columns - RINGS * FINE :].reshape(ANGLES, RINGS, FINE)
    return np.asarray(outer.mean(axis=2).T / 255, dtype=np.float32)


def _aligned(one: Signature, other: Signature, scale: float) -> tuple[slice, slice]:
    """Return the rings of both that lie on each other when the second is enlarged by `scale`."""
    shift = other.top + round(math.log(scale) / RING_STEP) - one.top
    low, high = max(0, shift), min(RINGS, RINGS + shift)
    return slice(low, max(high, low)), slice(low - shift, max(high, low) - shift)


def likeness_bound(one: Signature, other: Signature, scale: float) -> float:
    """Return an overlap of two shapes that no angle exceeds, 0..1; see `likeness`."""
    here, there = _aligned(one, other, scale)
    return float(one.profile[here] @ other.profile[there])


def likeness(one: Signature, other: Signature, scale: float, mirrored: bool) -> NDArray[np.float64]:
    """Return the overlap of two shapes for each turn of the second, shape (ANGLES,), up to 1.

    It is the cosine between the covered shares of all cells; for shapes of equal area the common
    area as a share of one. The second is mirrored to (-x, y) first if wanted, then turned.
    """
    here, there = _aligned(one, other, scale)
    moved: NDArray[Any] = other.spectrum[there]
    if mirrored:
        # The angle t becomes 180 - t: conjugate, and half a turn on.
        moved = np.conj(moved) * (-1.0) ** np.arange(HARMONICS)
    product = np.einsum("ij,ij->j", one.spectrum[here], np.conj(moved))
    terms = np.zeros(ANGLES // 2 + 1, dtype=np.complex128)
    terms[:HARMONICS] = product
    return np.asarray(np.fft.irfft(terms, ANGLES) * ANGLES)


def peaks_of(values: NDArray[np.float64], count: int) -> list[float]:
    """Return the angles in degrees of the highest maxima of values round a turn, highest first."""
    around = np.maximum(np.roll(values, 1), np.roll(values, -1))
    places = np.flatnonzero(values >= around)
    best = places[np.argsort(-values[places], kind="stable")][:count]
    return [float(place) * 360.0 / len(values) for place in best]
