"""The smallest fault that can be seen, as the benchmark of faults found it, at any scale.

Sizes in pixels are what counts: at twice the px per mm a fault of half the size is seen as well.
"""

import math
from collections.abc import Mapping
from pathlib import Path

from components.modeling.defect_card import read_defects
from components.settings.measure import FaultName


def smallest_px(path: Path, otherwise: Mapping[FaultName, float]) -> dict[str, float]:
    """Return the smallest fault of each kind that is found often enough, in px.

    Args:
        path: Record of the own benchmark; it need not exist.
        otherwise: Shipped figures in px, by kind, for those without.

    Returns:
        By kind; infinite if not even the greatest was found often enough.

    Raises:
        ModelError: If the record is damaged.
    """
    figures = read_defects(path)
    if figures is None:
        return {str(kind): size for kind, size in otherwise.items()}
    return {
        row.kind: math.inf if row.smallest_mm is None else row.smallest_mm * figures.px_per_mm
        for row in figures.kinds
    }


def smallest_mm(sizes_px: Mapping[str, float], px_per_mm: float) -> dict[str, float]:
    """Return the smallest fault of each kind at a scale, in mm.

    Examples:
        >>> smallest_mm({"burr": 4.0}, 2.0)
        {'burr': 2.0}
    """
    return {kind: size / px_per_mm for kind, size in sizes_px.items()}
