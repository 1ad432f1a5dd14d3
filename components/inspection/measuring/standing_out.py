"""Burrs and notches: where the edge leaves its stretch for a short way.

Shadows, print and the ground's pattern move an edge, too. A burr is *material* that *ends*:

- it stands out with what is surely material, not only with what is rather material than ground: a
  shadow beside a dark part is between the two;
- beyond it there is ground: a line of the ground's pattern that meets the part goes on.

Likewise a notch is ground that ends in material. What stands out and is neither is *unclear*:
nobody can say whether it is a fault.
"""

import math
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from components.inspection.measuring.edge_search import Band
from components.inspection.measuring.features import K, Measured, robust_spread
from components.inspection.measuring.findings import Fault, Measure, Segment

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Places = NDArray[np.intp]

_LEAST_RUN_PX = 2.5
_MOST_OF = 0.6
"""A fault that takes more of a stretch is the stretch's own offset."""

_MOST_SOFT = 0.6
"""What is surely material, or ground, may lack so much of what stands out. In own scenes it lacks
less than half of most burrs and notches of 1 to 2 mm at 4 px per mm, and all of shadows."""

_LEAST_BEYOND_PX, _ROUNDED_PX = 3.0, 6.0
"""So much of what ends it must be seen: in a corner that is another side's. Blur, shadow and tools
round corners by a few px; what is bigger is none of that."""

_AT_REACH_PX = 2.75
"""An edge that is so near to the end of what is looked at has followed what stands out that far."""

_BESIDE_PX = 1.0
"""So near to the drawn edge material and ground are mixed."""


@dataclass(frozen=True, slots=True)
class StandingOut:
    """What leaves the outline for a short way.

    Attributes:
        faults: Burrs and notches.
        unclear: What looks like one and may be shadow or pattern.
    """

    faults: tuple[Fault, ...]
    unclear: tuple[Fault, ...]


def least_run_px(measured: Measured, least_px: float, sure: float) -> float:
    """Return how far an edge must leave its stretch to be a fault, in px."""
    usable = measured.found & measured.trace.clear
    scatter = robust_spread(measured.offset_px[usable]) if usable.sum() > 8 else math.inf
    return max(least_px, sure * math.hypot(scatter, measured.noise_px))


def standing_out(
    measured: Measured, segments: list[tuple[Places, Segment]], threshold_px: float
) -> StandingOut:
    """Return burrs and notches of the outline.

    Args:
        measured: Its edge.
        segments: Its stretches; what a whole stretch is off is no burr or notch of it.
        threshold_px: See `least_run_px`.
    """
    offset = measured.offset_px.copy()
    for places, segment in segments:
        if segment.offset.significant:
            offset[places] -= segment.offset.value / float(np.median(measured.per_px[places]))
    middle = np.median(np.stack([np.roll(offset, k) for k in (-1, 0, 1)]), axis=0)
    faults: list[Fault] = []
    unclear: list[Fault] = []
    for sign in (1.0, -1.0):
        out = sign * middle
        for run in _runs(measured.found & (out > threshold_px)):
            fault = _fault(run, sign, out, measured, threshold_px)
            if fault is not None:
                (faults if _sure(run, out, measured, sign > 0) else unclear).append(fault)
    return StandingOut(tuple(faults), tuple(unclear))


def _sure(run: Places, out: Floats, measured: Measured, burr: bool) -> bool:
    """Return whether what stands out is material, or ground, that ends."""
    top = run[out[run] >= np.median(out[run])]
    soft = np.median(measured.soft_px[0 if burr else 1][top])
    size = float(np.median(out[top]))
    band = measured.band
    beyond = float(np.median(band.beyond_px[1 if burr else 0][top]))
    left = float(band.places_px[-1] - abs(np.median(band.edge_px[top])))
    if soft > _MOST_SOFT * size or (size < _ROUNDED_PX and beyond < _LEAST_BEYOND_PX):
        return False
    # Whoever looks no farther cannot say that it goes on; so wide a line is not usual.
    return left < _AT_REACH_PX or bool(ending(band, burr)[top].all())


def ending(band: Band, burr: bool) -> Bools:
    """Return of each place whether what lies between drawing and edge ends, shape (N,).

    Args:
        band: What lies to both sides of the edge.
        burr: Whether it is material outside the drawing; else it is ground inside.
    """
    side: Literal[1, -1] = 1 if burr else -1
    # From the drawing outwards, or inwards: a picture of the contour laid out straight.
    beyond = np.flatnonzero(side * band.places_px > _BESIDE_PX)[::side]
    alike = (band.share[:, beyond] > 0.5) == burr
    # Laid out once and a half, nothing is cut where the contour closes.
    count = len(alike)
    rows = np.arange(count + count // 2) % count
    regions, labels = cv2.connectedComponents(alike[rows].astype(np.uint8), connectivity=8)
    endless = np.zeros(regions, dtype=np.bool_)
    endless[labels[:, -1]] = True
    endless[0] = False
    between = side * band.places_px[beyond] <= (side * band.edge_px)[rows][:, None]
    open_rows = (endless[labels] & between).any(axis=1)
    open_places = np.zeros(count, dtype=np.bool_)
    np.logical_or.at(open_places, rows, open_rows)
    return ~open_places


def _fault(
    run: Places, sign: float, out: Floats, measured: Measured, threshold_px: float
) -> Fault | None:
    """Return what a run of places stands out as; None if that is too little to tell."""
    trace = measured.trace
    if len(run) * trace.step_px < _LEAST_RUN_PX or len(run) > _MOST_OF * len(out):
        return None
    # At a corner the normal says little: what is seen there alone is no fault.
    if not trace.clear[run].any() and np.abs(out[run]).max() < 2 * threshold_px:
        return None
    size_px = float(np.quantile(out[run], 0.9))
    place = run[len(run) // 2]
    sd = math.hypot(measured.noise_px, float(measured.sd_px[place]))
    scale = float(measured.per_px[place])
    x, y = trace.xy_mm[place]
    return Fault(
        kind="burr" if sign > 0 else "notch",
        contour=trace.number,
        at_mm=(float(x), float(y)),
        size=Measure(sign * size_px * scale, K * sd * scale),
    )


def _runs(chosen: Bools) -> list[Places]:
    """Return the stretches of a closed row that are chosen; breaks of two places are bridged."""
    count = len(chosen)
    if chosen.all() or not chosen.any():
        return [np.arange(count)] if chosen.all() else []
    bridged = chosen.copy()
    for gap in (1, 2):
        bridged |= np.roll(chosen, gap) & (np.roll(chosen, -1) | np.roll(chosen, -2))
    first = int(np.argmin(bridged))
    order = np.roll(np.arange(count), -first)
    steps = np.flatnonzero(np.diff(bridged[order].astype(np.int8), prepend=0, append=0))
    return [order[low:high] for low, high in steps.reshape(-1, 2)]
