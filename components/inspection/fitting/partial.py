"""Lays of drawings of which only a piece is seen.

A piece has neither the area nor the centroid of the whole. But two places of its edge, each with
its normal, have two angles against the line that joins them that neither place, turn nor size
change; pairs of places of a drawing with the same two angles say how the drawing may lie. Most of
these lays are wrong; a few edge points tell which are worth a closer look.

References:
    Drost et al., "Model globally, match locally: efficient and robust 3D object recognition",
    CVPR 2010, reduced to the plane and to any scale.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from components.domain import Part
from components.geometry.contours import perimeter, resampled
from components.inspection.fitting.alignment import Lays, misfits
from components.inspection.fitting.fields import FieldStack
from components.inspection.fitting.views import View

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Complexes = NDArray[np.complex128]
Indices = NDArray[np.intp]

PLACES = 72
"""Places along the edges of a drawing."""

BINS = 30
"""Steps of 12 degrees of each angle."""

_SHORTEST = 0.15
"""Length of a drawing's shortest pair over its longer side: normals of shorter ones say little."""

_SHORTEST_PX = 4.0
"""Pairs of edge points closer to each other say nothing."""

_PAIRS = 160
"""Pairs of edge points of an object."""

_BLUR_PX = 2.0
"""Normals of an object's edge are taken from its mask, so much blurred."""

_SLACK = 1.1
"""An object may be this much bigger than its drawing: walls, rough masks."""


def _places(part: Part) -> tuple[Complexes, Complexes]:
    """Return places x + iy along the edges of a part and the outward normals there."""
    rings = [part.outline.xy_mm, *(hole.xy_mm[::-1] for hole in part.holes)]
    lengths = np.array([perimeter(ring) for ring in rings])
    counts = np.maximum(6, np.round(PLACES * lengths / lengths.sum())).astype(int)
    places, normals = [], []
    for ring, count in zip(rings, counts.tolist(), strict=True):
        # The direction is taken over an eighth of a step to either side: corners have none.
        fine = resampled(ring, 8 * count) @ np.array([1, 1j])
        places.append(fine[::8])
        along = (np.roll(fine, -1) - np.roll(fine, 1))[::8]
        normals.append(-1j * along / np.maximum(np.abs(along), 1e-12))
    return np.concatenate(places), np.concatenate(normals)


def _keys(chords: Complexes, first: Complexes, second: Complexes) -> Indices:
    """Return the bin of the two angles of each pair."""
    steps = [
        (np.angle(normals * np.conj(chords)) / (2 * np.pi) * BINS).astype(np.intp) % BINS
        for normals in (first, second)
    ]
    return np.asarray(steps[0] * BINS + steps[1])


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """Pairs of places of one or more drawings.

    Attributes:
        keys: Bin of the two angles, shape (M,).
        first: Place of each pair, x + iy in mm; mirrored for the back.
        chord: From there to the second place.
        numbers: Of the drawing.
        flips: -1 for its back, else 1.
    """

    keys: Indices
    first: Complexes
    chord: Complexes
    numbers: Indices
    flips: Singles


def _pairs(part: Part, number: int, back: bool) -> _Pairs:
    """Return the pairs of one drawing, or of its back."""
    places, normals = _places(part)
    if back:
        # Mirrored to -x, a + ib becomes -a + ib: minus the conjugate.
        places, normals = -places.conj(), -normals.conj()
    one, other = (index.ravel() for index in np.indices((len(places),) * 2))
    chord = places[other] - places[one]
    far = np.abs(chord) > _SHORTEST * max(part.size_mm)
    one, other, chord = one[far], other[far], chord[far]
    keys = _keys(chord, normals[one], normals[other])
    numbers = np.full(len(one), number, dtype=np.intp)
    flips = np.full(len(one), -1 if back else 1, dtype=np.float32)
    return _Pairs(keys, places[one], chord, numbers, flips)


class PairTable:
    """Pairs of places of all drawings and of their backs, by their angles."""

    def __init__(self, parts: Sequence[Part], mirror_symmetric: Sequence[bool]) -> None:
        """Collect the pairs.

        Args:
            parts: The drawings.
            mirror_symmetric: Of each whether its back looks the same and need not be tried.
        """
        found = [
            _pairs(part, number, back)
            for number, (part, same) in enumerate(zip(parts, mirror_symmetric, strict=True))
            for back in ((False,) if same else (False, True))
        ]
        keys = np.concatenate([pairs.keys for pairs in found])
        order = np.argsort(keys, kind="stable")
        self._bounds = np.searchsorted(keys[order], np.arange(BINS * BINS + 1))
        self._first = np.concatenate([pairs.first for pairs in found])[order]
        self._chord = np.concatenate([pairs.chord for pairs in found])[order]
        self._numbers = np.concatenate([pairs.numbers for pairs in found])[order]
        self._flips = np.concatenate([pairs.flips for pairs in found])[order]

    def lays(self, view: View, most: int) -> Lays:
        """Return lays in which two edge points of an object lie on edges of a drawing.

        Args:
            view: What is seen.
            most: Largest number of lays.
        """
        rng = np.random.default_rng(1)
        points, normals = _edge_normals(view)
        one, other = rng.integers(max(len(points), 1), size=(2, 4 * _PAIRS if len(points) else 0))
        chord = points[other] - points[one]
        # Long pairs fix a lay better: keep the longer half of each draw.
        longest = np.argsort(-np.abs(chord))[: 2 * _PAIRS : 2]
        longest = longest[np.abs(chord[longest]) > _SHORTEST_PX]
        one, other, chord = one[longest], other[longest], chord[longest]
        keys = _keys(chord, normals[one], normals[other])
        low, high = self._bounds[keys], self._bounds[keys + 1]
        each = max(most // max(len(keys), 1), 1)
        drawn = low[:, None] + (rng.random((len(keys), each)) * (high - low)[:, None]).astype(int)
        pair = np.repeat(np.arange(len(keys)), each)
        row = drawn.ravel()
        full = (high > low)[pair]
        pair, row = pair[full], row[full]
        turn = self._chord[row] / chord[pair]
        moved = self._first[row] - turn * points[one[pair]]
        values = np.column_stack([turn.real, -turn.imag, moved.real, moved.imag])
        return Lays(
            self._numbers[row],
            self._flips[row][:, None],
            values,
            view.centre_px,
            np.full(len(row), np.inf),
        )


def _edge_normals(view: View) -> tuple[Complexes, Complexes]:
    """Return edge points as offsets x + iy, y up, and the outward normals there."""
    blurred = cv2.GaussianBlur(
        view.mask.astype(np.float32), (0, 0), _BLUR_PX, borderType=cv2.BORDER_REPLICATE
    )
    columns, rows = np.round(view.edge_px - (view.left, view.top)).astype(int).T
    along_x, along_y = (cv2.Sobel(blurred, cv2.CV_32F, *d) for d in ((1, 0), (0, 1)))
    normals = -along_x[rows, columns] + 1j * along_y[rows, columns]
    offset = (view.edge_px - view.centre_px) @ np.array([1, -1j])
    clear = np.abs(normals) > 1e-3
    return offset[clear], normals[clear]


def likely_lays(
    lays: Lays,
    fields: FieldStack,
    view: View,
    areas_mm2: Floats,
    least_visible: float,
    px_per_mm: tuple[float, float] | None,
    most: int,
) -> Lays:
    """Return the lays that agree best with a few edge points, those of no possible size left out.

    Args:
        lays: From `PairTable.lays`.
        fields: Of all parts.
        view: What is seen.
        areas_mm2: Of the parts, holes cut out.
        least_visible: Smallest share of a drawing that may be seen.
        px_per_mm: Least and greatest scale; None if nothing is known.
        most: Largest number of lays.
    """
    scale = lays.px_per_mm()
    share = view.own_area_px / (areas_mm2[lays.numbers] * scale**2)
    possible = (share < _SLACK) & (share > least_visible)
    if px_per_mm is not None:
        possible &= (scale >= px_per_mm[0]) & (scale <= px_per_mm[1])
    lays = lays.chosen(np.flatnonzero(possible))
    # Sieves of growing cost: few points for many lays, more points for few lays.
    for points, keep in ((10, 12 * most), (24, 3 * most), (64, most)):
        if len(lays.numbers) > keep:
            limit = 0.08 * view.size_px
            misfit = misfits(lays, fields, view.edge_px[:points], limit)
            lays = lays.chosen(np.argpartition(misfit, keep)[:keep])
    return lays
