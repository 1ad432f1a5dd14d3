"""The last fraction of a pixel: a pose is settled on the edges that were found.

Registration lays the drawing on a mask; here the drawing follows the picture's own edges. It may
move, turn and grow; what tilt does to it (stretching, perspective) is held near the pose it has, so
that no fault of the part is explained away. Places far from the rest count for nothing.

A thick part shows its side walls towards the camera. There the edge may be the face's own or the
wall's lower end, whichever stands out more: any distance between 0 and the wall's length fits. The
walls' length is settled with the pose; see `refinement`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components.geometry.transforms import transformed
from components.inspection.measuring.edge_search import Edges
from components.inspection.measuring.traces import ToPx, Trace

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

RIGID = (0, 1, 2)
"""Moves and turn: of a calibrated camera the scale is known."""

FREE = (0, 1, 2, 3, 4, 5, 6, 7)
"""With growth, two ways of stretching, two of perspective."""

_GROWTH = 3
"""Where the scale is known, growth is found all the same, so that a part of the wrong size pulls
the drawing to none of its sides; but it is the part's own and stays in the residuals."""

_WALLS = (8, 9)
_STEPS = 6
_TUKEY = 4.7
_LEAST_SCALE_PX = 0.15
_POSE_SD_PX = 0.7
"""How well a pose is known before: it tells a shift from a wall."""
_CORRELATED_PX = 30.0
"""Edges this near to each other err alike: shadows and walls run along whole sides."""

_WRONG_SIZE_PX = 5.0
_WALL_SHARE = 0.008
"""Expected length of walls over the part's diameter, where they can be seen."""

_FIRST_WALL_PX = 0.25
_SIDEWAYS = 0.35
"""Walls that do not look at the picture's middle are so much less expected."""


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """A drawing on its edges.

    Attributes:
        to_px: Map of the drawing's points in mm to the picture.
        change: Map of the drawing onto itself that was found, shape (3, 3).
        wall_px: What pushes the face over its walls, columns and rows, shape (2,).
        residual_px: Of each trace: signed distance of the edge from the drawing, above 0 where
            there is more material, walls taken off, shape (N,).
        slack_px: Of each trace: length of the wall there, 0 where none shows, shape (N,).
        place_px: Of each trace: standard deviation of the drawing's own place, shape (N,).
        scatter_px: Robust standard deviation of the residuals.
    """

    to_px: ToPx
    change: Floats
    wall_px: Floats
    residual_px: tuple[Floats, ...]
    slack_px: tuple[Floats, ...]
    place_px: tuple[Floats, ...]
    scatter_px: float


class _Unknowns:
    """Slopes of every place along its normal, by the ten unknowns, in px at the part's rim."""

    def __init__(self, traces: Sequence[Trace], to_px: ToPx, half_mm: float) -> None:
        self.half_mm, self.to_px = half_mm, to_px
        self.points = np.concatenate([trace.points_px for trace in traces])
        self.normals = np.concatenate([trace.normals_px for trace in traces])
        self.xy_mm = np.concatenate([trace.xy_mm for trace in traces])
        self.px_per_mm = float(np.median(np.concatenate([t.px_per_mm for t in traces])))
        self.rim_px = half_mm * self.px_per_mm
        small = 1e-4
        columns = [self.moved_px(np.eye(8)[k] * small * self.rim_px) / small for k in FREE]
        self.slopes = np.column_stack(columns) / self.rim_px

    def change(self, values: Floats) -> Floats:
        """Return the map of the drawing onto itself of eight unknowns in px at the rim."""
        tx, ty, turn, grow, one, two, p, q = values / self.rim_px
        unit = np.array([[1 + grow + one, two - turn, tx], [two + turn, 1 + grow - one, ty]])
        size = np.diag([1 / self.half_mm, 1 / self.half_mm, 1.0])
        matrix = np.linalg.inv(size) @ np.vstack([unit, [p, q, 1.0]]) @ size
        return np.asarray(matrix, dtype=np.float64)

    def moved_px(self, values: Floats) -> Floats:
        """Return how far the drawing moves along each normal, px, shape (N,)."""
        off = self.to_px(transformed(self.xy_mm, self.change(values))) - self.points
        return np.asarray((off * self.normals).sum(axis=1), dtype=np.float64)


def settled(
    traces: Sequence[Trace],
    edges: Sequence[Edges],
    to_px: ToPx,
    free: Sequence[int],
    tilt_sd_px: float,
    towards_px: Floats,
) -> Settled:
    """Return a drawing settled on its edges.

    Args:
        traces: Outline first, where `to_px` lays them.
        edges: Found along each.
        to_px: Map of the drawing to the picture to begin with.
        free: `RIGID` or `FREE`.
        tilt_sd_px: How far stretching and perspective may move the rim (standard deviation).
        towards_px: From the part to the point under the camera, shape (2,).
    """
    half_mm = float(np.abs(traces[0].xy_mm).max())
    unknowns = _Unknowns(traces, to_px, half_mm)
    offset = np.concatenate([edge.offset_px for edge in edges])
    usable = np.concatenate([e.found & t.clear for e, t in zip(edges, traces, strict=True)])
    step = np.concatenate([np.full(len(t.points_px), t.step_px) for t in traces])
    active = [*free, *([] if _GROWTH in free else [_GROWTH]), *_WALLS]
    prior = _precisions(unknowns, tilt_sd_px, towards_px)
    if _GROWTH not in free:
        prior[_GROWTH, _GROWTH] = 1 / _WRONG_SIZE_PX**2
    prior = prior[np.ix_(active, active)]
    values, scatter = np.zeros(10), _LEAST_SCALE_PX
    # At 0 nobody would know which places look at the wall.
    values[8:] = towards_px / max(float(np.hypot(*towards_px)), 1e-9) * _FIRST_WALL_PX
    covariance = np.zeros((len(active), len(active)))
    for _ in range(_STEPS if usable.any() else 0):
        wall = _wall(unknowns, values)
        slopes = np.column_stack([unknowns.slopes, unknowns.normals * (wall > 0)[:, None]])
        off = offset - unknowns.moved_px(values[:8]) - wall
        scatter = max(1.4826 * float(np.median(np.abs(off[usable]))), _LEAST_SCALE_PX)
        share = np.minimum(np.abs(off) / (_TUKEY * scatter), 1.0)
        weight = usable * np.square(1 - share * share) * np.minimum(step / _CORRELATED_PX, 1.0)
        weight /= scatter**2
        a = slopes[:, active]
        covariance = np.linalg.inv(a.T @ (a * weight[:, None]) + prior)
        values[active] += covariance @ (a.T @ (weight * off) - prior @ values[active])
    wall = _wall(unknowns, values)
    if _GROWTH not in free:
        values[_GROWTH] = 0.0
    off = offset - unknowns.moved_px(values[:8])
    kept = [active.index(k) for k in free]
    slopes = unknowns.slopes[:, list(free)]
    place = np.sqrt(np.einsum("ni,ij,nj->n", slopes, covariance[np.ix_(kept, kept)], slopes))
    off = off - np.clip(off, 0.0, wall)
    ends = np.cumsum([len(trace.points_px) for trace in traces])[:-1]
    return Settled(
        to_px=_joined(to_px, unknowns.change(values[:8])),
        change=unknowns.change(values[:8]),
        wall_px=values[8:],
        residual_px=tuple(np.split(off, ends)),
        slack_px=tuple(np.split(wall, ends)),
        place_px=tuple(np.split(place, ends)),
        scatter_px=scatter,
    )


def _joined(to_px: ToPx, change: Floats) -> Callable[[Floats], Floats]:
    return lambda xy_mm: to_px(transformed(xy_mm, change))


def _wall(unknowns: _Unknowns, values: Floats) -> Floats:
    """Return the length of the wall at each place, shape (N,)."""
    return np.maximum(unknowns.normals @ values[8:], 0.0)


def _precisions(unknowns: _Unknowns, tilt_sd_px: float, towards_px: Floats) -> Floats:
    """Return what holds the unknowns near 0, shape (10, 10)."""
    precision = np.zeros((10, 10))
    precision[range(4), range(4)] = 1 / _POSE_SD_PX**2
    precision[range(4, 8), range(4, 8)] = 1 / tilt_sd_px**2
    expected = max(_WALL_SHARE * 2 * unknowns.rim_px, 0.3)
    way = towards_px / max(float(np.hypot(*towards_px)), 1e-9)
    along, across = np.outer(way, way), np.eye(2) - np.outer(way, way)
    precision[8:, 8:] = along / expected**2 + across / (_SIDEWAYS * expected) ** 2
    return precision
