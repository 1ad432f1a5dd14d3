"""The benchmark of faults as plain JSON, for files and model cards."""

import math
from typing import Any

from components.inspection.defect_bench import DefectBenchmark, Share
from components.inspection.visible import FORMAT


def benchmark_record(found: DefectBenchmark) -> dict[str, Any]:
    """Return a benchmark as plain JSON."""
    return {
        "format": FORMAT,
        "px_per_mm": found.px_per_mm,
        "seed": found.seed,
        "least_detection": found.least_detection,
        "false_alarms": share_record(found.false_alarms),
        "doubt": share_record(found.doubt),
        "kinds": [
            {
                "kind": curve.kind,
                "smallest_mm": curve.smallest_mm,
                "points": [
                    {
                        "size_mm": point.size_mm,
                        "found": share_record(point.found),
                        "named": share_record(point.named),
                        "doubt": share_record(point.doubt),
                    }
                    for point in curve.points
                ],
            }
            for curve in found.curves
        ],
    }


def share_record(share: Share) -> dict[str, Any]:
    """Return a share with its interval as plain JSON."""
    low, high = share.interval
    value = None if math.isnan(share.value) else round(share.value, 4)
    return {
        "count": share.count,
        "of": share.of,
        "share": value,
        "low": round(low, 4),
        "high": round(high, 4),
    }
