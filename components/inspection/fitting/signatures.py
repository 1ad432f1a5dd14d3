"""Which part in which turn may a mask show: compared on a polar grid about the centroid.

The grid's radius is counted in radii of the disc that has the area inside the outline, so that
size does not matter. A cell holds the mean of two masks, one with holes and one without: thin
rings still overlap when they are a little off, and holes still count. All turns of all parts and
of their backs are compared at once by the Fourier transform along the angle.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from components.domain import Part
from components.geometry.contours import resampled
from components.inspection.fitting.views import View

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

ANGLES = 96
RADII = 20
_LEAST, _MOST = 0.12, 3.4
"""Radii of the innermost and of the outermost ring of cells."""

_TEMPLATE_PX = 240
"""Longer side of the picture from which a part's own signature is taken."""

_RADII = np.geomspace(_LEAST, _MOST, RADII)
_TURNS = 2 * np.pi * np.arange(ANGLES) / ANGLES
# Columns and rows of the cells about the centre; a turn goes counter-clockwise as seen.
_X = (_RADII[:, None] * np.cos(_TURNS)).astype(np.float32)
_Y = (-_RADII[:, None] * np.sin(_TURNS)).astype(np.float32)
# The area of a cell grows with the square of the radius on a geometric scale.
_WEIGHTS = (_RADII**2 / (_RADII**2).sum()).astype(np.float32)[:, None]


@dataclass(frozen=True, slots=True)
class Start:
    """One way in which a part may lie in the picture.

    Attributes:
        number: Of the part.
        mirrored: Whether it shows its back.
        angle_rad: Turn, as in `Pose`.
        likeness: Overlap of the signatures, 0..1.
    """

    number: int
    mirrored: bool
    angle_rad: float
    likeness: float


def _signature(mask: NDArray[np.uint8], x: float, y: float, radius: float) -> Singles:
    """Return the cells of a mask with values 0 (ground), 128 (in a hole) and 255, as 0..1."""
    cells = cv2.remap(
        mask,
        _X * np.float32(radius) + np.float32(x),
        _Y * np.float32(radius) + np.float32(y),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
    )
    return np.asarray(cells, dtype=np.float32) * np.float32(1 / 255)


def view_signature(view: View) -> Singles:
    """Return the signature of an object, shape (RADII, ANGLES)."""
    both = view.mask * np.uint8(127)
    both += view.filled * np.uint8(128)
    x, y = view.centre_px
    return _signature(both, x - view.left, y - view.top, view.size_px / 2)


@dataclass(frozen=True, slots=True, eq=False)
class PartShape:
    """Size and signature of a part.

    Attributes:
        area_mm2: Inside the outline, holes filled.
        centroid_mm: Of that area.
        signature: Of the part and of its back, shape (2, RADII, ANGLES).
    """

    area_mm2: float
    centroid_mm: tuple[float, float]
    signature: Singles


def part_shape(part: Part) -> PartShape:
    """Return size and signature of a part."""
    longer = max(part.size_mm)
    scale = _TEMPLATE_PX / longer
    outline, *holes = (
        c.xy_mm * (scale, -scale) + _TEMPLATE_PX / 2 for c in (part.outline, *part.holes)
    )
    both = np.zeros((_TEMPLATE_PX + 1,) * 2, dtype=np.uint8)
    cv2.fillPoly(both, [np.round(outline * 16).astype(np.int32)], 255, shift=4)
    moments = cv2.moments(resampled(outline, 2000).astype(np.float32)[:, None])
    area = abs(moments["m00"])
    x, y = moments["m10"] / moments["m00"], moments["m01"] / moments["m00"]
    for hole in holes:
        cv2.fillPoly(both, [np.round(hole * 16).astype(np.int32)], 128, shift=4)
    front = _signature(both, x, y, float(np.sqrt(area / np.pi)))
    # The back: x becomes -x, so the turn a becomes pi - a.
    back = front[:, (ANGLES // 2 - np.arange(ANGLES)) % ANGLES]
    middle = _TEMPLATE_PX / 2
    return PartShape(
        area / scale**2, ((x - middle) / scale, (middle - y) / scale), np.stack([front, back])
    )


class SignatureSet:
    """Signatures of several parts, ready for comparison."""

    def __init__(self, shapes: Sequence[PartShape], orders: Sequence[tuple[int, bool]]) -> None:
        """Keep what comparisons need.

        Args:
            shapes: Of the parts.
            orders: Of each part: in how many positions a turn shows the same shape, 0 for all; and
                whether its back looks the same.
        """
        cells = np.stack([shape.signature for shape in shapes])
        spectra = np.conj(np.fft.rfft(cells * _WEIGHTS, axis=-1)).astype(np.complex64)
        # By frequency: fronts and backs of all parts times rings, for one product of matrices.
        rows = spectra.reshape(2 * len(shapes), RADII, -1)
        self._spectra = np.ascontiguousarray(rows.transpose(2, 0, 1))
        self._power = (cells**2 * _WEIGHTS).sum(axis=(2, 3))
        self._allowed = np.ones((len(shapes), 2, ANGLES), dtype=np.float32)
        for number, (order, mirror) in enumerate(orders):
            if order != 1:
                span = 1 if order == 0 else int(np.ceil(ANGLES / order))
                self._allowed[number, :, span:] = 0.0
            if mirror:
                self._allowed[number, 1] = 0.0

    def likenesses(self, signature: Singles) -> Singles:
        """Return the overlap with each part, front and back, in each turn, shape (P, 2, ANGLES)."""
        spectrum = np.fft.rfft(signature, axis=-1).astype(np.complex64, copy=False)
        products = (self._spectra @ spectrum.T[:, :, None])[:, :, 0]
        common = np.fft.irfft(products.T, ANGLES).reshape(self._allowed.shape)
        own = float((signature**2 * _WEIGHTS).sum())
        overlap = common / (own + self._power[..., None] - common)
        return np.asarray(overlap * self._allowed, dtype=np.float32)

    def starts(self, view: View, most: int, spread: float) -> list[Start]:
        """Return the most likely ways to lie, best first.

        Args:
            view: What is seen.
            most: Largest number of starts.
            spread: How far below the best likeness a start may be.
        """
        values = self.likenesses(view_signature(view))
        return _peaks(values, max(float(values.max()) - spread, 0.0), most)

    def starts_above(self, signature: Singles, least: float) -> list[Start]:
        """Return all ways to lie with at least some likeness to a signature, best first."""
        return _peaks(self.likenesses(signature), least, ANGLES)


def _peaks(values: Singles, least: float, most: int) -> list[Start]:
    """Return the turns of the best likeness among their neighbours, best first."""
    round_about = np.concatenate([values[..., -1:], values, values[..., :1]], axis=-1)
    top = np.maximum(round_about[..., 2:], round_about[..., :-2])
    peaks = np.flatnonzero((values >= top) & (values >= least) & (values > 0))
    flat = values.ravel()[peaks]
    order = np.argsort(-flat)[:most]
    found = []
    for value, place in zip(flat[order].tolist(), peaks[order].tolist(), strict=True):
        side, turn = divmod(place, ANGLES)
        found.append(Start(side // 2, side % 2 == 1, float(_TURNS[turn]), value))
    return found
