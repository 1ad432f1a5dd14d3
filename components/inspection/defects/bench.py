"""How small a fault is still found? Faults are planted, pictures drawn, parts measured.

For every kind and size of fault some parts are made with it, and pictured beside good twins under
the same lamps. The pose that measuring starts from is the true one, disturbed as registration
disturbs it. A fault counts as found if something is told at its place; a twin of which anything is
told is a false alarm; a part about which nothing can be said is neither. Shares are of the parts
that were judged: of the others `inspect` says that it cannot, never that they are good.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from shapely import Point, Polygon
from shapely.geometry.base import BaseGeometry

from components.data_preprocessing.scene import Scene
from components.domain import Part, Pose
from components.geometry.transforms import pose_from_matrix, pose_matrix
from components.inspection.defects.planted import KINDS, with_defect, with_hole
from components.inspection.defects.scenes import inspection_settings, part_scene, pictured
from components.inspection.deviation import measured_part
from components.inspection.measuring.findings import Deviation
from components.inspection.measuring.laid_drawing import Ruler
from components.progress import Progress
from components.settings.data import DataSettings
from components.settings.measure import FaultName, MeasureSettings

Rng = np.random.Generator

_NEAR_MM = 1.5
"""A fault that is told this near to the planted one is the planted one."""

_SCENES = 4
"""Scenes that are tried for one picture: some parts have no room for some faults."""

_Z = 1.959964
"""Quantile of the normal distribution for 95 %."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its 95 % interval.

    Attributes:
        count: How often.
        of: Out of how many.
    """

    count: int
    of: int

    @property
    def value(self) -> float:
        """The share, 0..1; NaN out of none."""
        return self.count / self.of if self.of else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's interval of 95 %.

        References:
            Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", Journal
            of the American Statistical Association 22 (1927).

        Examples:
            >>> [round(v, 3) for v in Share(9, 10).interval]
            [0.596, 0.982]
        """
        if not self.of:
            return 0.0, 1.0
        n, p = self.of, self.value
        middle = (p + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
        half = _Z / (1 + _Z**2 / n) * math.sqrt(p * (1 - p) / n + _Z**2 / (4 * n * n))
        return max(middle - half, 0.0), min(middle + half, 1.0)


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One kind of fault in one size.

    Attributes:
        size_mm: Of the fault.
        found: Judged parts of which it was told.
        named: Judged parts of which it was told by its name.
        doubt: Parts about which nothing could be said, out of all.
    """

    size_mm: float
    found: Share
    named: Share
    doubt: Share


@dataclass(frozen=True, slots=True)
class DefectCurve:
    """One kind of fault.

    Attributes:
        kind: Of the fault.
        points: By size, smallest first.
        smallest_mm: From this size on every size was found often enough; None if the greatest was
            not.
    """

    kind: FaultName
    points: tuple[CurvePoint, ...]
    smallest_mm: float | None


@dataclass(frozen=True, slots=True)
class DefectBenchmark:
    """What can be seen at one scale.

    Attributes:
        px_per_mm: Of the pictures, at their middle.
        curves: Of each kind.
        false_alarms: Judged good parts of which a fault was told.
        doubt: Good parts about which nothing could be said, out of all.
        least_detection: Share that `smallest_mm` stands for.
        seed: Of the pictures.
    """

    px_per_mm: float
    curves: tuple[DefectCurve, ...]
    false_alarms: Share
    doubt: Share
    least_detection: float
    seed: int


@dataclass(frozen=True, slots=True)
class _Trial:
    kind: FaultName
    size_mm: float
    found: bool
    named: bool
    doubt: bool


def benchmark_defects(
    parts: Sequence[Part],
    data: DataSettings,
    settings: MeasureSettings,
    progress: Progress,
    seed: int = 0,
) -> DefectBenchmark:
    """Measure what can be seen.

    Args:
        parts: Drawings to plant faults in.
        data: Materials, grounds, lamps and camera.
        settings: How parts are measured, and the extent of the benchmark.
        progress: Is told of every picture.
        seed: Decides everything random.
    """
    bench = settings.bench
    scenes = inspection_settings(data, bench)
    trials: list[_Trial] = []
    good: list[Deviation] = []
    cases = [
        (number, kind, picture, k)
        for number, kind in enumerate(KINDS)
        for picture in range(bench.pictures)
        for k in range(len(bench.sizes_mm))
    ]
    progress.begin("faults", len(cases), "pictures")
    for number, kind, picture, k in cases:
        rng = np.random.default_rng([seed, 30, number, picture, k])
        pair = _pair(rng, parts, kind, bench.sizes_mm[k], scenes, seed, picture)
        if pair is not None:
            trials.append(_trial(rng, pair, settings))
            # One twin stands for all sizes: they share a scene.
            if k == 0:
                good.append(_measured(rng, pair, pair.should, settings))
        progress.advance(1, kind)
    progress.end()
    return DefectBenchmark(
        px_per_mm=bench.px_per_mm,
        curves=tuple(_curve(kind, trials, settings) for kind in KINDS),
        false_alarms=Share(
            sum(bool(d.faults) for d in good), sum(not says_nothing(d) for d in good)
        ),
        doubt=Share(sum(says_nothing(d) for d in good), len(good)),
        least_detection=settings.least_detection,
        seed=seed,
    )


def smallest_found(points: Sequence[CurvePoint], least: float) -> float | None:
    """Return the size from which on all sizes were found with at least a share; None without."""
    smallest = None
    for point in sorted(points, key=lambda p: -p.size_mm):
        if not point.found.of or point.found.value < least:
            break
        smallest = point.size_mm
    return smallest


def disturbed(rng: Rng, pose: Pose, part: Part, noise_px: float) -> Pose:
    """Return a pose that is off as registration is: moved, turned and sized, each at the rim."""
    half_mm = max(part.size_mm) / 2
    dx, dy, turn, grow = rng.normal(0.0, noise_px / 2, 4) / (pose.px_per_mm * half_mm)
    change = np.array([[1 + grow, -turn, dx * half_mm], [turn, 1 + grow, dy * half_mm], [0, 0, 1]])
    return pose_from_matrix(pose_matrix(pose) @ change)


@dataclass(frozen=True, slots=True, eq=False)
class _Pair:
    """A part as it should be, as it was made, and where it lies."""

    kind: FaultName
    size_mm: float
    should: Part
    made: Part
    scene: Scene


def _pair(
    rng: Rng,
    parts: Sequence[Part],
    kind: FaultName,
    size_mm: float,
    scenes: DataSettings,
    seed: int,
    picture: int,
) -> _Pair | None:
    """Return a part with a fault in a scene; None if no part has room for it."""
    for attempt in range(_SCENES):
        # No two kinds share a scene: good parts would be counted again and again.
        index = picture + 10_000 * (KINDS.index(kind) + len(KINDS) * attempt)
        part = parts[(picture + attempt) % len(parts)]
        missing = kind == "missing_hole"
        should = with_hole(rng, part, size_mm) if missing else part
        made = part if missing else with_defect(rng, part, kind, size_mm)
        if should is None or made is None:
            continue
        scene = part_scene(part, scenes, seed, index)
        if scene is not None:
            return _Pair(kind, size_mm, should, made, scene)
    return None


def _measured(rng: Rng, pair: _Pair, made: Part, settings: MeasureSettings) -> Deviation:
    """Return what is measured on a picture of a part."""
    shown = pictured(pair.scene, made)
    pose = disturbed(rng, shown.pose, pair.should, settings.bench.pose_noise_px)
    ruler = Ruler(px_per_mm=settings.bench.px_per_mm)
    return measured_part(shown.image, pair.should, pose, settings, ruler)


def _trial(rng: Rng, pair: _Pair, settings: MeasureSettings) -> _Trial:
    """Return the answer about one faulty part."""
    found = _measured(rng, pair, pair.made, settings)
    at_place = [fault for fault in found.faults if _is_at(fault.at_mm, pair.should, pair.made)]
    named = any(fault.kind == pair.kind for fault in at_place)
    return _Trial(pair.kind, pair.size_mm, bool(at_place), named, says_nothing(found))


def says_nothing(found: Deviation) -> bool:
    """Return whether nothing is told of a part but that it cannot be judged."""
    unclear = bool(found.unclear) or any(hole.state == "unclear" for hole in found.holes)
    return bool(found.doubt) or (unclear and not found.faults)


def _is_at(at_mm: tuple[float, float], should: Part, made: Part) -> bool:
    """Return whether a place lies at what two parts differ in."""
    change = _region(should).symmetric_difference(_region(made))
    return bool(change.convex_hull.distance(Point(at_mm)) <= _NEAR_MM)


def _region(part: Part) -> BaseGeometry:
    return Polygon(part.outline.xy_mm, [hole.xy_mm for hole in part.holes])


def _curve(kind: FaultName, trials: Sequence[_Trial], settings: MeasureSettings) -> DefectCurve:
    points = []
    for size in sorted(settings.bench.sizes_mm):
        rows = [t for t in trials if t.kind == kind and t.size_mm == size]
        judged = sum(not t.doubt for t in rows)
        points.append(
            CurvePoint(
                size_mm=size,
                found=Share(sum(t.found for t in rows), judged),
                named=Share(sum(t.named for t in rows), judged),
                doubt=Share(sum(t.doubt for t in rows), len(rows)),
            )
        )
    return DefectCurve(kind, tuple(points), smallest_found(points, settings.least_detection))
