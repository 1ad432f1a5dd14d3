"""The benchmark of faults as the figures that its file and the model card hold."""

import math

from components.inspection.defects.bench import DefectBenchmark, Share
from components.modeling.defect_card import (
    DefectFigure,
    DefectFigures,
    DefectKindFigures,
    ShareFigure,
)


def defect_figures(found: DefectBenchmark) -> DefectFigures:
    """Return a benchmark as figures."""
    return DefectFigures(
        px_per_mm=found.px_per_mm,
        seed=found.seed,
        least_detection=found.least_detection,
        false_alarms=share_figure(found.false_alarms),
        doubt=share_figure(found.doubt),
        kinds=tuple(
            DefectKindFigures(
                kind=curve.kind,
                smallest_mm=curve.smallest_mm,
                points=tuple(
                    DefectFigure(
                        size_mm=point.size_mm,
                        found=share_figure(point.found),
                        named=share_figure(point.named),
                        doubt=share_figure(point.doubt),
                    )
                    for point in curve.points
                ),
            )
            for curve in found.curves
        ),
    )


def share_figure(share: Share) -> ShareFigure:
    """Return a share with its interval."""
    low, high = share.interval
    return ShareFigure(
        count=share.count,
        of=share.of,
        share=None if math.isnan(share.value) else round(share.value, 4),
        low=round(low, 4),
        high=round(high, 4),
    )
