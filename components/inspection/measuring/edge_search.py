"""Where the material ends, place by place along a contour.

1. *Appearance*: near each place the colours of the material and of what lies beside it are taken
   from the picture itself; the direction in colour space that tells them apart best (Fisher's)
   turns every profile into a *share of material* q, 1 inside and 0 outside. Only contrast of the
   right direction counts, so a line, a scratch or a glare that is brighter than both is no edge.
2. *Path*: the edge is the way along the contour that leaves most material inside it and most ground
   outside it, and jumps as little as the picture allows (dynamic programming). One strong false
   edge cannot pull it away; a burr or a notch can, for all its pixels agree.
3. *Sub-pixel place*: near the path the area under q is the edge's place: blur does not move it.
4. *Band*: the edge lies between where the picture surely shows material and where it surely shows
   ground. A shadow or a worn rim, which is neither, makes the band wide.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components.inspection.measuring.traces import STEP_PX, Profiles, Trace

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Bools = NDArray[np.bool_]

NEAR_PX = 1.25
"""Closer to an edge a pixel is mixed."""

FAR_PX = 5.5
"""Farther away from an edge a pixel tells nothing about the colours at it."""

FIRST_FAR_PX = 11.0
"""Likewise while the edge may still be anywhere: nearer it could all be on its wrong side."""

_POOL_PX = 24.0
"""Along the contour, colours are taken from so far to either side."""

_LEAST_VALUES = 12.0
"""So many values of the whole contour's mean are added to the local ones."""

_RIDGE = 4.0
"""Variance in grey levels squared that every colour has besides: quantisation, compression."""

_CLIP = 2.0
"""Greatest weight of one value, as the logarithm of odds: no pixel is that sure."""

_JUMP = 1.2
"""Cost of a jump of one pixel between neighbours, as a logarithm of odds."""

_WINDOW = round(6.0 / STEP_PX)
"""Values on either side that a step is judged by."""

_FAR_COST = 0.1
"""Cost of an edge a pixel away from the drawing, as a logarithm of odds."""

_UNSEEN = 6.0
"""Cost of an edge where nothing is seen, as a logarithm of odds."""

_BESIDE_PX = 1.5, 4.5
"""Between these distances from the edge the picture shows what material and ground look like."""

_USUAL = 0.05
"""What fewer places there look like is not surely material, or ground ..."""

_SURE = 0.65, 0.92
"""... but the share of material from which on it is stays within these bounds."""

_ALIKE_PX = 1.0
"""Shares of material are averaged over so much of the contour to either side, against noise."""

_HALF_PX = 2.5
"""Half the length over which the place of an edge is taken from the area."""


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """What lies to both sides of an edge.

    Attributes:
        places_px: Distances from the contour, shape (T,): below 0 inside the material.
        share: Of material at each, shape (N, T), float32; the drawing's where nothing was seen.
        edge_px: Where the edge was found, shape (N,).
        inner_px: Up to there the picture surely shows material, at most `edge_px`, shape (N,).
        outer_px: From there on it surely shows ground, at least `edge_px`, shape (N,).
        beyond_px: How much was seen on the material's side of the edge and on the ground's, which
            is little in corners and between near contours, each of shape (N,).
    """

    places_px: Floats
    share: Singles
    edge_px: Floats
    inner_px: Floats
    outer_px: Floats
    beyond_px: tuple[Floats, Floats]


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """The edge that was found along a trace.

    Attributes:
        offset_px: Along the normal, above 0 where there is more material than drawn, shape (N,).
        found: Whether the picture shows an edge there, shape (N,).
        contrast: Of material and ground, in standard deviations of one value, shape (N,).
        noise_px: Standard deviation of one offset, from the jitter of its neighbours.
        band: What lies to both sides.
    """

    offset_px: Floats
    found: Bools
    contrast: Floats
    noise_px: float
    band: Band


@dataclass(frozen=True, slots=True, eq=False)
class _Appearance:
    share: Singles
    contrast: Floats


def edges_of(trace: Trace, profiles: Profiles, least_contrast: float) -> Edges:
    """Return the edge along a trace.

    Args:
        trace: The contour.
        profiles: The picture across it.
        least_contrast: Below this contrast there is no edge.
    """
    offset = np.zeros(len(trace.points_px))
    appearance = _appearance(trace, profiles, offset, FIRST_FAR_PX)
    path = _path(appearance, profiles, trace.step_px)
    # Once more with the colours beside the edge that was found: faults mixed them.
    again = _appearance(trace, profiles, path, FAR_PX)
    path = _path(again, profiles, trace.step_px)
    offset, sharp = _sub_pixel(again.share, profiles, path)
    found = sharp & (again.contrast >= least_contrast)
    band = _band(again.share, profiles, offset, trace.step_px)
    return Edges(offset, found, again.contrast, _jitter(offset, found), band)


def _appearance(trace: Trace, profiles: Profiles, edge_px: Floats, far_px: float) -> _Appearance:
    """Return the share of material of every value of the profiles.

    Args:
        trace: The contour.
        profiles: The picture across it.
        edge_px: Where the edge was found, shape (N,).
        far_px: Colours are taken from so far.
    """
    # Between the drawn edge and the one that was found nobody knows: it belongs to neither side.
    inner = profiles.places_px - np.minimum(edge_px, 0.0)[:, None]
    outer = profiles.places_px - np.maximum(edge_px, 0.0)[:, None]
    inside = profiles.seen & (inner < -NEAR_PX) & (inner > -far_px)
    outside = profiles.seen & (outer > NEAR_PX) & (outer < far_px)
    reach = max(2, round(_POOL_PX / trace.step_px))
    mean_in, own_in = _pooled(profiles.colours, inside, reach)
    mean_out, own_out = _pooled(profiles.colours, outside, reach)
    spread = _spread(profiles.colours, inside, mean_in) + _spread(
        profiles.colours, outside, mean_out
    )
    spread = spread / max(float(own_in + own_out), 1.0) + _RIDGE * np.eye(spread.shape[0])
    step = mean_in - mean_out
    weights = np.linalg.solve(spread, step.T).T
    power = np.maximum((weights * step).sum(axis=1), 1e-9)
    middle = (mean_in + mean_out) / 2
    along = np.einsum("ntc,nc->nt", profiles.colours, weights.astype(np.float32))
    share = (along - (weights * middle).sum(axis=1)[:, None]) / power[:, None] + 0.5
    return _Appearance(share.astype(np.float32), np.sqrt(power))


def _pooled(colours: Singles, chosen: Bools, reach: int) -> tuple[Floats, int]:
    """Return the mean colour round each place, shape (N, C), and the number of values."""
    counts = chosen.sum(axis=1).astype(np.float64)
    sums = np.einsum("ntc,nt->nc", colours, chosen.astype(np.float32)).astype(np.float64)
    total = max(counts.sum(), 1.0)
    whole = sums.sum(axis=0) / total
    local = _circular_sum(np.column_stack([sums, counts]), reach)
    mean = (local[:, :-1] + _LEAST_VALUES * whole) / (local[:, -1:] + _LEAST_VALUES)
    return mean, int(total)


def _circular_sum(values: Floats, reach: int) -> Floats:
    """Return sums of rows over `reach` neighbours to either side, round a closed row."""
    count = len(values)
    if 2 * reach + 1 >= count:
        return np.broadcast_to(values.sum(axis=0), values.shape)
    wrapped = np.concatenate([values[-reach:], values, values[:reach]])
    sums = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(wrapped, axis=0)])
    return np.asarray(sums[2 * reach + 1 :] - sums[: -(2 * reach + 1)])


def _spread(colours: Singles, chosen: Bools, mean: Floats) -> Floats:
    """Return the sum of the squares of colours about their local means, shape (C, C)."""
    rows, columns = np.nonzero(chosen)
    off = colours[rows, columns] - mean[rows].astype(np.float32)
    # A few values of something else must not hide the contrast: what is far counts less.
    size = np.sqrt((off * off).sum(axis=1))
    limit = 3.0 * float(np.median(size)) if len(size) else 1.0
    off = off * np.minimum(1.0, limit / np.maximum(size, 1e-6))[:, None]
    return np.asarray(off.T @ off, dtype=np.float64)


def _path(appearance: _Appearance, profiles: Profiles, step_px: float) -> Floats:
    """Return the likeliest edge, shape (N,), in px from the drawing."""
    odds = np.square(appearance.contrast)[:, None] * (appearance.share - 0.5)
    odds = np.where(profiles.seen, np.clip(odds, -_CLIP, _CLIP), 0.0) * STEP_PX
    # Material just before the edge and ground just after it; farther away it may be anything.
    sums = np.cumsum(np.pad(odds, ((0, 0), (1, 0))), axis=1)
    here = np.arange(odds.shape[1])
    before, after = np.maximum(here - _WINDOW, 0), np.minimum(here + _WINDOW, odds.shape[1])
    gain = 2 * sums[:, here] - sums[:, before] - sums[:, after]
    states = len(profiles.places_px)
    apart = np.abs(np.subtract.outer(np.arange(states), np.arange(states))) * STEP_PX
    cost = (_JUMP * np.minimum(apart, 4.0) / max(step_px, 0.25)).astype(np.float32)
    # The drawing is right unless the picture says otherwise, and what is unseen holds no edge.
    prior = _FAR_COST * np.abs(profiles.places_px) + _UNSEEN * ~profiles.seen
    return profiles.places_px[_best_cycle((gain - prior).astype(np.float32), cost)]


def _best_cycle(gain: Singles, cost: Singles) -> NDArray[np.intp]:
    """Return the state of each place of a closed row that gains most, shape (N,)."""
    count = len(gain)
    # Begun early and ended late: where it closes, neither end is felt any more.
    lead = min(count, 40)
    order = np.concatenate([np.arange(count - lead, count), np.arange(count), np.arange(lead)])
    best = gain[order[0]]
    came = np.empty((len(order), gain.shape[1]), dtype=np.intp)
    for row in range(1, len(order)):
        ways = best - cost
        came[row] = ways.argmax(axis=1)
        best = ways.max(axis=1) + gain[order[row]]
    states = np.empty(len(order), dtype=np.intp)
    states[-1] = best.argmax()
    for row in range(len(order) - 1, 0, -1):
        states[row - 1] = came[row, states[row]]
    return states[lead : lead + count]


def _sub_pixel(share: Singles, profiles: Profiles, path: Floats) -> tuple[Floats, Bools]:
    """Return the place of the edge near the path, and whether there is a step at all."""
    from_path = profiles.places_px - path[:, None]

    def mean_between(low: float, high: float) -> Floats:
        chosen = (from_path >= low) & (from_path <= high) & profiles.seen
        count = chosen.sum(axis=1)
        values = (share * chosen).sum(axis=1) / np.maximum(count, 1)
        return np.asarray(np.where(count > 0, values, np.nan), dtype=np.float64)

    inner, outer = mean_between(-_HALF_PX - 1.0, -1.5), mean_between(1.5, _HALF_PX + 1.0)
    inner, outer = np.nan_to_num(inner, nan=1.0), np.nan_to_num(outer, nan=0.0)
    step = inner - outer
    near = np.abs(from_path) <= _HALF_PX + 1e-9
    # Ends of the stretch count half: the sum is the trapezium rule.
    weight = np.where(np.abs(from_path) > _HALF_PX - 1e-9, 0.5, 1.0) * near
    level = (share - outer[:, None]) / np.maximum(step, 0.2)[:, None]
    area = (np.clip(level, -0.5, 1.5) * weight).sum(axis=1) * STEP_PX
    whole = weight.sum(axis=1) * STEP_PX
    shift = np.where(whole > 2 * _HALF_PX - 1e-6, area - _HALF_PX, 0.0)
    sharp = (step > 0.35) & (np.abs(shift) < _HALF_PX * 0.8)
    known = profiles.seen[:, len(profiles.places_px) // 2]
    return path + shift * sharp, sharp & known


def _band(share: Singles, profiles: Profiles, edge_px: Floats, step_px: float) -> Band:
    """Return what lies to both sides of an edge."""
    places = profiles.places_px
    drawn = (places < 0).astype(np.float32)
    reach = max(1, round(_ALIKE_PX / step_px))
    known = np.where(profiles.seen, np.clip(share, -0.5, 1.5), drawn)
    means = _circular_sum(known.astype(np.float64), reach) / min(2 * reach + 1, len(share))
    level = np.asarray(means, dtype=np.float32)
    edge = edge_px[:, None]
    # What lies between the drawn edge and the one that was found may be neither.
    inside, outside = np.minimum(edge, 0.0) - places, places - np.maximum(edge, 0.0)
    near, far = _BESIDE_PX
    material = _usual(level[(inside > near) & (inside < far) & profiles.seen])
    ground = _usual(1 - level[(outside > near) & (outside < far) & profiles.seen])
    inner = np.where((level >= material) & (places <= edge), places, places[0]).max(axis=1)
    outer = np.where((1 - level >= ground) & (places >= edge), places, places[-1]).min(axis=1)
    seen = [(profiles.seen & side).sum(axis=1) * STEP_PX for side in (places < edge, places > edge)]
    return Band(places, level, edge_px, inner, outer, (seen[0], seen[1]))


def _usual(share: Singles) -> float:
    """Return the share of itself that nearly all places of a side have, within bounds."""
    return float(np.clip(np.quantile(share, _USUAL), *_SURE)) if len(share) else _SURE[1]


def _jitter(offset: Floats, found: Bools) -> float:
    """Return the standard deviation of one offset: neighbours of one edge differ by noise."""
    # Two samples apart: profiles of next neighbours share pixels.
    second = offset - (np.roll(offset, 2) + np.roll(offset, -2)) / 2
    whole = found & np.roll(found, 2) & np.roll(found, -2)
    if whole.sum() < 8:
        return float("inf")
    return float(1.4826 * np.median(np.abs(second[whole])) / np.sqrt(1.5))
