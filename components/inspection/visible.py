"""The smallest fault that can be seen, as the benchmark of faults found it, at any scale.

Sizes in pixels are what counts: at twice the px per mm a fault of half the size is seen as well.
"""

import json
import math
from collections.abc import Mapping
from pathlib import Path

from components.errors import SettingsError
from components.settings.measure import FaultName

FORMAT = "dxfvision-defects-1"


def smallest_px(path: Path, otherwise: Mapping[FaultName, float]) -> dict[str, float]:
    """Return the smallest fault of each kind that is found often enough, in px.

    Args:
        path: Record of the own benchmark; it need not exist.
        otherwise: Shipped figures in px, by kind, for those without.

    Raises:
        SettingsError: If the record is damaged.
    """
    if not path.exists():
        return {str(kind): size for kind, size in otherwise.items()}
    try:
        record = json.loads(path.read_text("utf-8"))
        scale = float(record["px_per_mm"]) if record["format"] == FORMAT else math.nan
        found = {
            str(row["kind"]): math.inf if row["smallest_mm"] is None else row["smallest_mm"] * scale
            for row in record["kinds"]
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(
            f"{path}: is no record of what can be seen ({type(error).__name__}: {error}); remove "
            "it or make it again with `dxfvision bench defects`"
        ) from error
    if any(math.isnan(size) for size in found.values()):
        raise SettingsError(
            f"{path}: is not of the format {FORMAT}; make it again with `dxfvision bench defects`"
        )
    return found


def smallest_mm(sizes_px: Mapping[str, float], px_per_mm: float) -> dict[str, float]:
    """Return the smallest fault of each kind at a scale, in mm.

    Examples:
        >>> smallest_mm({"burr": 4.0}, 2.0)
        {'burr': 2.0}
    """
    return {kind: size / px_per_mm for kind, size in sizes_px.items()}
